"""Engines that label objects made through them.

The labels are added to requests, not to calls: so code that knows nothing of a sandbox can use one
as its engine.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from moorage.host import find_host
from moorage.private import busybox, busybox_tar
from moorage.request import NO_OPTIONS, Options, Request
from moorage.response import Response
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.exchange import Exchange
from moorage.transport.pool import Pool
from moorage.transport.steps import Steps
from moorage.transport.sync import Transport
from moorage_pytest.interrupts import uninterrupted
from moorage_pytest.target import EngineTarget, engine_class

if TYPE_CHECKING:
    from moorage_api.newest import AsyncEngine, Engine

__all__ = ["LABEL", "RUN_LABEL", "AsyncEngineSandbox", "EngineSandbox", "Mark", "labelled"]

LABEL, RUN_LABEL = "moorage.sandbox", "moorage.run"
_WITH_LABELS = frozenset(
    f"/{each}/create"
    for each in ("containers", "networks", "volumes", "services", "secrets", "configs")
)
_NO_FILES = bytes(10240)
"""An archive of nothing."""
T = TypeVar("T")


@frozen
class Mark:
    """Label of the objects in a test's sandbox; without an ID, of all sandboxes."""

    run: str
    id: str | None = None

    @property
    def labels(self) -> dict[str, str]:
        """The labels of each object."""
        return {RUN_LABEL: self.run} | ({LABEL: self.id} if self.id else {})

    @property
    def prefix(self) -> str:
        """Prefix of their unique names."""
        return f"moorage-{self.id or self.run}-"


def labelled(request: Request[T], labels: Mapping[str, str]) -> Request[T]:
    """Add labels to a request that makes an object; others stay unchanged."""
    if request.method != "POST" or not labels:
        return request
    path, query = request.path, request.query
    if path in _WITH_LABELS and isinstance(request.json, dict):
        given = request.json.get("Labels") or {}
        return request.changed(json=request.json | {"Labels": {**given, **labels}})
    if path == "/build":
        given = json.loads(query.get("labels") or "{}")
        return request.changed(query={**query, "labels": json.dumps({**given, **labels})})
    if path == "/commit" or (path == "/images/create" and query.get("fromSrc")):
        given = query.get("changes") or []
        changes = [given] if isinstance(given, str) else given
        more = [f"LABEL {name}={value}" for name, value in labels.items()]
        return request.changed(query={**query, "changes": [*changes, *more]})
    return request


class _LabellingPool(Pool):
    labels: Mapping[str, str]

    def call(self, request: Request[Any], options: Options = NO_OPTIONS) -> Steps[Response]:
        # A request with content goes on to `open`.
        labels = self.labels if request.content is None else {}
        return super().call(labelled(request, labels), options)

    def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Steps[Exchange]:
        return super().open(labelled(request, self.labels), options)


class _LabellingTransport(Transport):
    pool_type = _LabellingPool

    def response(self, request: Request[Any], options: Options = NO_OPTIONS) -> Response:
        # Signals are delayed, so that it is certain whether the engine made the object.
        quick = request.path in _WITH_LABELS
        with uninterrupted() if quick else contextlib.nullcontext():
            return super().response(request, options)


class _AsyncLabellingTransport(AsyncTransport):
    pool_type = _LabellingPool


class _Sandbox:
    """Members of a sandbox besides the engine."""

    _mark: Mark
    _target: EngineTarget

    @cached_property
    def image(self) -> str:
        """Name of a tiny busybox image, which is imported at first use: no registry is needed.

        A fake engine needs no busybox: it has a shell of its own.

        It is removed after the test. A container of it needs a command, such as `["sleep", "60"]`.

        Raises:
            moorage.private.PrivateEngineError: This machine has no static busybox, and is not
                Debian, which has one.
        """
        name = self.name("busybox")
        # It uses a connection of its own, so the asynchronous form needs no awaiting.
        with sandbox(self._target, self._mark) as engine:
            content = _busybox() if self._target.runs_programs else _NO_FILES
            engine.images.create(content, from_src="-", repo=name, tag="latest").finish()
        return f"{name}:latest"

    @property
    def labels(self) -> dict[str, str]:
        """The labels of objects made through it, for objects made otherwise."""
        return self._mark.labels

    def name(self, stem: str) -> str:
        """Make a name that no other test uses; an object with it is removed after the test.

        Args:
            stem: The end of the name; in lower case for an image.
        """
        return f"{self._mark.prefix}{stem}"


if TYPE_CHECKING:

    class EngineSandbox(_Sandbox, Engine):
        """An engine, like `moorage.connect`'s, that labels objects made through it."""

    class AsyncEngineSandbox(_Sandbox, AsyncEngine):
        """Asynchronous form of `EngineSandbox`."""

else:

    class EngineSandbox(_Sandbox):
        """An engine, like `moorage.connect`'s, that labels objects made through it."""

    class AsyncEngineSandbox(_Sandbox):
        """Asynchronous form of `EngineSandbox`."""


def sandbox(target: EngineTarget, mark: Mark) -> EngineSandbox:
    """Open an engine that labels objects made through it."""
    transport = _LabellingTransport(find_host(target.url), target.version)
    return _made(EngineSandbox, "Engine", transport, target, mark)


@contextlib.contextmanager
def async_sandbox(target: EngineTarget, mark: Mark) -> Iterator[AsyncEngineSandbox]:
    """Make one whose operations are awaited; it need not be entered."""
    transport = _AsyncLabellingTransport(find_host(target.url), target.version)
    yield _made(AsyncEngineSandbox, "AsyncEngine", transport, target, mark)
    transport.disconnect()


def _made(kind: type[T], name: str, transport: Any, target: EngineTarget, mark: Mark) -> T:
    transport.pool.labels = mark.labels
    bases = (kind, engine_class(target.version, name))
    made: Any = type(kind.__name__, bases, {"_mark": mark, "_target": target})(transport)
    return made  # type: ignore[no-any-return]


@cache
def _busybox() -> bytes:
    return busybox_tar(busybox())
