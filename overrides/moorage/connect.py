"""Open an engine: pinned by its class, at a version, or at the highest that both sides speak."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar, Unpack, overload

from moorage.engine_base import AsyncEngineBase, EngineBase
from moorage.host.find import find_host
from moorage.host.quoting import veiled
from moorage.namespace import not_opened
from moorage.timeouts import CONNECT_TIMEOUT
from moorage.versions.bundled import bundled_versions, find_version, version_module
from moorage.versions.numbers import VERSION_VARIABLE

if TYPE_CHECKING:
    import ssl

    from moorage.host.tls import TLS
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.hooks import EventHooks
    from moorage.transport.steps import Steps
    from moorage.transport.sync import Transport
    from moorage_api.newest import AsyncEngine, Engine

__all__ = ["Connecting", "connect", "connect_async"]

E = TypeVar("E", bound=EngineBase)
AE = TypeVar("AE", bound=AsyncEngineBase)


class ConnectOptions(TypedDict, total=False):
    """Keywords of connect() and connect_async(), however the version is chosen."""

    host: str | None
    context: str | None
    tls: ssl.SSLContext | TLS | None
    timeout: float | None
    connect_timeout: float | None
    event_hooks: EventHooks | None
    headers: Mapping[str, str] | None


@overload
def connect(api: type[E], **options: Unpack[ConnectOptions]) -> E: ...
@overload
def connect(
    api: None = None, *, version: str | None = None, **options: Unpack[ConnectOptions]
) -> Engine: ...
def connect(
    api: Any = None,
    *,
    version: str | None = None,
    host: str | None = None,
    context: str | None = None,
    tls: ssl.SSLContext | TLS | None = None,
    timeout: float | None = None,
    connect_timeout: float | None = CONNECT_TIMEOUT,
    event_hooks: EventHooks | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Open an engine; a context manager that closes it.

    Args:
        api: Generated class to pin the version to, e.g. `moorage_api.v1_44.Engine`.
        version: Version to pin instead, e.g. "1.44"; defaults to DOCKER_API_VERSION, else to
            negotiating the highest that both sides speak. The engine is typed as the newest.
        host: Address: unix:///path, tcp://address:port, https://address:port, ssh://user@address or
            fd://number. Defaults to DOCKER_HOST, else DOCKER_CONTEXT or the docker CLI's current
            context, else the first socket found. docs/hosts.md has the whole order.
        context: Name of a docker CLI context, instead of a host.
        tls: TLS for a tcp:// host, instead of DOCKER_TLS_VERIFY or the context's: a `moorage.TLS`
            with the paths of files, or an `ssl.SSLContext`.
        timeout: Seconds that a whole ordinary call may take; defaults to no limit. Streams have
            timeouts of their own. A call's own `timeout=` overrides it; `math.inf` waits.
        connect_timeout: Seconds that connecting may take, TLS and ssh included; None waits.
        event_hooks: Hooks of httpx, e.g. for tracing: `{"request": [...], "response": [...]}`,
            functions to call with each `httpx.Request` and `httpx.Response`, those of streams too.
            The operation's ID is in `request.extensions["operation"]`.
        headers: Headers to send with every request, e.g. for a proxy before the engine. A
            User-Agent is sent before moorage's own name.

    Returns:
        The engine. A pinned one has not connected yet: connection errors appear at the first call.

    Raises:
        TypeError: Both a host and a context are given, or both a class and a version; or an
            argument is of another type.
        ValueError: The host or the version is malformed, there is no such context, or the TLS
            material can't be used.
        UnsupportedVersion: The engine and moorage have no API version in common.
        ConnectionFailed: The engine can't be reached.
        InvalidAnswer: The server at the host is not a Docker engine.
    """
    _check(api, version, EngineBase)
    # Imported here, as below, to keep `import moorage` fast.
    from moorage.transport.headers import given_error
    from moorage.transport.sync import Transport
    from moorage.wire.message import Headers

    if (error := given_error(headers)) is not None:
        del headers  # a traceback may show them
        raise error
    headers = Headers(headers or {})
    host = None if host is None else veiled(host)
    transport = Transport(
        find_host(host, tls, context), None, timeout, connect_timeout, event_hooks, headers
    )
    try:
        if api is None:
            from moorage.transport.threads import run

            api = _engine(run(_negotiation(version, transport)), "Engine")
        transport.pool.version = api.api_version
        return api(transport)
    except BaseException:
        transport.close()
        raise


@overload
def connect_async(api: type[AE], **options: Unpack[ConnectOptions]) -> Connecting[AE]: ...
@overload
def connect_async(
    api: None = None, *, version: str | None = None, **options: Unpack[ConnectOptions]
) -> Connecting[AsyncEngine]: ...
def connect_async(
    api: Any = None,
    *,
    version: str | None = None,
    host: str | None = None,
    context: str | None = None,
    tls: ssl.SSLContext | TLS | None = None,
    timeout: float | None = None,
    connect_timeout: float | None = CONNECT_TIMEOUT,
    event_hooks: EventHooks | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Open an engine whose operations are awaited.

    Arguments and errors are those of `connect`; a class is e.g. `moorage_api.v1_44.AsyncEngine`.

    Returns:
        An object to enter, `async with connect_async() as engine`, or to await, `engine = await
        connect_async()`; errors appear then.
    """
    _check(api, version, AsyncEngineBase)
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.headers import given_error
    from moorage.wire.message import Headers

    if (error := given_error(headers)) is not None:
        del headers  # a traceback may show them
        raise error
    headers = Headers(headers or {})
    host = None if host is None else veiled(host)
    return Connecting(
        api,
        version,
        lambda: AsyncTransport(
            find_host(host, tls, context), None, timeout, connect_timeout, event_hooks, headers
        ),
    )


class Connecting(Generic[AE]):
    """An asynchronous engine to be opened: await it, or enter it."""

    def __init__(
        self, api: type[AE] | None, version: str | None, transport: Callable[[], AsyncTransport]
    ) -> None:
        self._api: Any = api
        self._version = version
        self._transport = transport
        self._engine: AE | None = None

    if not TYPE_CHECKING:
        __getattr__ = not_opened

    def __await__(self) -> Generator[Any, Any, AE]:
        return self._open().__await__()

    async def __aenter__(self) -> AE:
        self._engine = await self._open()
        return self._engine

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._engine is not None:
            await self._engine.aclose()

    async def _open(self) -> AE:
        transport = self._transport()
        try:
            api = self._api
            if api is None:
                from moorage.transport.tasks import run

                chosen = await run(_negotiation(self._version, transport))
                api = _engine(chosen, "AsyncEngine")
            transport.pool.version = api.api_version
            engine: AE = api(transport)
        except BaseException:
            await transport.aclose()
            raise
        return engine


def _check(api: Any, version: str | None, base: type) -> None:
    if api is None:
        return
    if version is not None:
        raise TypeError("give api= or version=, not both: the class has its version already")
    if not (isinstance(api, type) and issubclass(api, base)):
        name = base.__name__.removesuffix("Base")
        raise TypeError(
            f"api takes an engine's class, such as moorage_api.newest.{name}, not"
            f" {_described(api, name)}"
        )


def _described(api: Any, name: str) -> str:
    """Describe an argument that is not a class, and where it belongs; a str may be a secret."""
    match api:
        case str():
            return 'a str: a version is given as version="1.44", a host as host="unix:///…"'
        case ModuleType() if hasattr(api, name):
            return f"a module: write {api.__name__.rpartition('.')[2]}.{name}"
        case type() if issubclass(api, EngineBase):
            return f"{api.__module__}.{api.__name__}, which moorage.connect takes"
        case type() if issubclass(api, AsyncEngineBase):
            return f"{api.__module__}.{api.__name__}, which moorage.connect_async takes"
        case EngineBase() | AsyncEngineBase():
            return "an engine that is open already"
    return f"the class {api.__name__}" if isinstance(api, type) else type(api).__name__


def _engine(version: str, name: str) -> Any:
    from moorage.guard import guarded

    return guarded(getattr(version_module(version), name))


def _negotiation(version: str | None, transport: Transport | AsyncTransport) -> Steps[str]:
    """Find the version to speak: the requested one, or the newest of both sides."""
    from moorage.negotiation import negotiation

    chosen = find_version(version)
    if chosen is None:
        return (yield from negotiation(bundled_versions(), transport.pool))
    if version is None:
        transport.pool.version_variable = VERSION_VARIABLE
    return chosen
