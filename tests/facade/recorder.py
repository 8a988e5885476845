"""Engines whose transport keeps what it is to send."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from moorage.engine_base import AsyncEngineBase, EngineBase
from moorage.request import Request
from moorage.streams.base import Source

E = TypeVar("E", bound=EngineBase | AsyncEngineBase)


class Recorder:
    """A transport that keeps the last request, whatever its kind is."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.pool = self
        self.sent: Request[Any]

    def __getattr__(self, kind: str) -> Any:
        def keep(request: Request[Any], _options: object = None) -> None:
            self.sent = request

        return keep


_init = Source.__init__


def _kept(source: Source[Any], pool: Any, request: Request[Any], options: Any) -> None:
    # A stream is never opened here: what it would send is known when it is made.
    if isinstance(pool, Recorder):
        pool.sent = request
    _init(source, pool, request, options)
    if isinstance(pool, Recorder):
        source.phase = "kept"


Source.__init__ = _kept  # type: ignore[assignment, method-assign]


def recorded(engine: type[E]) -> tuple[E, Recorder]:
    """Make an engine, and what keeps its requests."""
    recorder = Recorder(engine.api_version)
    return engine(cast("Any", recorder)), recorder
