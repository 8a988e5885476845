from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any, cast

import pytest

import moorage
from moorage.engine_base import AsyncEngineBase, EngineBase
from moorage.errors import (
    APIError,
    ConnectionFailed,
    InvalidAnswer,
    OperationUnavailable,
    UnsupportedVersion,
)
from moorage.guard import guarded
from moorage.namespace import Namespace
from moorage.negotiation import negotiation
from moorage.request import Request
from moorage.response import Response
from moorage.transport.steps import Steps
from moorage.transport.threads import run
from tests.facade import peer
from tests.facade.peer import Peer, answer

BUNDLED = ["1.25", "1.41", "1.45"]


class Containers(Namespace):
    name = "containers"

    def list(self, *, all: bool | None = None) -> list[bool | None]:
        """Say what it got."""
        return [all]

    def broken(self) -> None:
        raise TypeError("within")


class Engine(EngineBase):
    api_version = "1.41"

    @property
    def containers(self) -> Containers:
        return Containers(self._transport)


class AsyncEngine(AsyncEngineBase):
    api_version = "1.41"


@pytest.fixture(autouse=True)
def _generated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_API_VERSION", raising=False)
    package, known = ModuleType("moorage_api"), ModuleType("moorage_api.availability")
    version = ModuleType("moorage_api.v1_41")
    vars(package)["VERSIONS"] = tuple(BUNDLED)
    vars(known)["OPERATIONS"] = {
        "containers.list": ("1.25", "1.45"),
        "containers.old": ("1.25", "1.30"),
        "session.start": ("1.42", "1.45"),
    }
    vars(known)["VERBS"] = {}
    vars(known)["KEYWORDS"] = {"containers.list": {"new": ("1.42", "1.45")}}
    vars(version).update(Engine=Engine, AsyncEngine=AsyncEngine)
    for module in (package, known, version):
        monkeypatch.setitem(sys.modules, module.__name__, module)


class Asked:
    """A pool that is answered by a script."""

    timeout = None

    def __init__(self, script: Iterable[tuple[int, dict[str, str], bytes]]) -> None:
        self.script = iter(script)
        self.asked: list[str] = []

    def call(self, request: Request[Any], options: object) -> Steps[Response]:
        self.asked.append(f"{request.method} {request.path}")
        yield from ()
        return Response(*next(self.script))


def ask(*answers: tuple[int, dict[str, str], bytes]) -> tuple[str, list[str]]:
    pool: Any = Asked(answers)
    return run(negotiation(BUNDLED, pool)), pool.asked


def ping(version: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {"api-version": version}, b""


def versions(body: bytes) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, body


def test_negotiation_asks_once_when_the_engine_is_the_older() -> None:
    assert ask(ping("1.41")) == ("1.41", ["HEAD /_ping"])


def test_negotiation_falls_back_to_get_and_to_version() -> None:
    assert ask((404, {}, b""), ping("1.41")) == ("1.41", ["HEAD /_ping", "GET /_ping"])
    body = versions(b'{"ApiVersion":"1.41"}')
    assert ask((405, {}, b""), (200, {}, b"OK"), body)[0] == "1.41"


def test_negotiation_with_a_newer_engine_minds_its_minimum() -> None:
    assert ask(ping("1.60"), versions(b'{"MinAPIVersion":"1.44"}'))[0] == "1.45"
    assert ask(ping("1.60"), (500, {}, b""))[0] == "1.45"


@pytest.mark.parametrize(
    ("newest", "oldest", "message"),
    [
        ("1.60", "1.50", r"API 1\.50 to 1\.60; .* has 1\.25, 1\.41, 1\.45: upgrade moorage"),
        ("1.24", "1.12", r"API 1\.12 to 1\.24; .*: upgrade the engine"),
        ("1.44", "1.42", r"install a moorage"),
    ],
)
def test_negotiation_without_a_common_version(newest: str, oldest: str, message: str) -> None:
    with pytest.raises(UnsupportedVersion, match=message):
        ask(ping(newest), versions(b'{"MinAPIVersion":"%s"}' % oldest.encode()))


@pytest.mark.parametrize(
    ("last", "error"),
    [((500, {}, b"x"), APIError), ((200, {"content-type": "text/html"}, b"x"), InvalidAnswer)],
)
def test_negotiation_with_no_engine(last: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask((404, {}, b""), last)
    with pytest.raises(InvalidAnswer):
        ask(ping("abc"))
    with pytest.raises(InvalidAnswer):
        ask((404, {}, b""), (200, {}, b"hi"), (200, {}, b"[]"))


def test_a_pinned_engine_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_API_VERSION", "1.25")
    with moorage.connect(Engine, host="unix:///none") as engine:
        assert type(engine) is Engine
    with moorage.connect(version="1.41", host="unix:///none") as dynamic:
        assert isinstance(dynamic, Engine)
    monkeypatch.setenv("DOCKER_API_VERSION", "9.99")
    with pytest.raises(UnsupportedVersion, match=r"no client for API 9\.99; it has 1\.25, 1\.41"):
        moorage.connect(host="unix:///none")
    monkeypatch.setenv("DOCKER_API_VERSION", "v1")
    with pytest.raises(ValueError, match="DOCKER_API_VERSION: 'v1' is not"):
        moorage.connect(host="unix:///none")


def test_a_negotiated_engine() -> None:
    async def negotiate(host: str) -> None:
        async with moorage.connect_async(host=host) as engine:
            assert isinstance(engine, AsyncEngine)

    with Peer(peer.ping("1.41"), peer.ping(None), peer.ping("1.41")) as fake:
        with moorage.connect(host=fake.host) as engine:
            assert isinstance(engine, Engine)
        asyncio.run(negotiate(fake.host))
    assert fake.lines == ["HEAD /_ping", "HEAD /_ping", "GET /_ping"]
    failing = pytest.raises(UnsupportedVersion, match=r"API 1\.12 to 1\.24")
    with Peer(peer.ping("1.24"), answer(200, {"MinAPIVersion": "1.12"})) as fake, failing:
        moorage.connect(host=fake.host)
    with Peer(b"") as fake, pytest.raises(ConnectionFailed, match="not a Docker engine"):
        moorage.connect(host=fake.host)


def test_async_is_entered_or_awaited() -> None:
    async def both() -> None:
        async with moorage.connect_async(AsyncEngine, host="unix:///none") as engine:
            assert type(engine) is AsyncEngine
        other = await moorage.connect_async(AsyncEngine, host="unix:///none")
        await other.aclose()

    asyncio.run(both())


def test_wrong_arguments() -> None:
    connect: Any = moorage.connect
    with pytest.raises(TypeError, match="not both"):
        connect(Engine, version="1.41")
    with pytest.raises(TypeError, match=r"moorage\.connect_async"):
        connect(AsyncEngine)


def test_what_a_version_lacks_is_explained() -> None:
    typed = guarded(Engine)(cast("Any", None))
    assert isinstance(typed, Engine)
    assert isinstance(typed.containers, Containers)
    engine: Any = typed
    assert engine.containers.list(all=True) == [True]
    assert engine.containers.list.__doc__ == "Say what it got."
    needs = r"containers\.list\(new=\) needs API 1\.42; this engine speaks 1\.41"
    with pytest.raises(OperationUnavailable, match=needs):
        engine.containers.list(new=1)
    with pytest.raises(TypeError, match="never"):
        engine.containers.list(never=1)
    with pytest.raises(TypeError, match="within"):
        engine.containers.broken()
    with pytest.raises(OperationUnavailable, match=r"containers\.old was removed after API 1\.30"):
        engine.containers.old()
    with pytest.raises(OperationUnavailable, match=r"session needs API 1\.42"):
        engine.session.start()
    assert not hasattr(engine, "session")
    with pytest.raises(AttributeError, match="never") as caught:
        engine.containers.never()
    assert not isinstance(caught.value, OperationUnavailable)


def test_what_a_pinned_version_lacks_is_explained_too() -> None:
    needs = r"containers\.old was removed after API 1\.30; this engine speaks 1\.41"
    engine: Any
    with (
        moorage.connect(Engine, host="unix:///none") as engine,
        pytest.raises(OperationUnavailable, match=needs),
    ):
        engine.containers.old()


@pytest.mark.parametrize("module", [None, ModuleType("moorage_api")])
def test_an_installation_without_clients(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType | None
) -> None:
    monkeypatch.setitem(sys.modules, "moorage_api", cast("Any", module))
    message = "has no generated clients: reinstall it, or run `make generate`"
    with pytest.raises(UnsupportedVersion, match=message):
        moorage.connect(version="1.41", host="unix:///none")
    with (
        Peer(peer.ping("1.41"), answer(200, {"MinAPIVersion": "1.12"})) as fake,
        pytest.raises(UnsupportedVersion, match=rf"API 1\.12 to 1\.41; .* {message}"),
    ):
        moorage.connect(host=fake.host)
    assert moorage.VERSIONS == ()
