"""A transport that sees which operations an engine answered, and whether the answers were true."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, TypeVar

from attrs import evolve

from moorage.contract import NO_OPTIONS, Options, Request
from moorage.host import find_host
from moorage.streams.events import Events
from moorage.streams.json_stream import JsonStream
from moorage.transport.exchange import Exchange
from moorage.transport.sync import Transport
from moorage.transport.wire import Answer
from tests.engines.scenario.truth import differences, models_of
from tests.engines.scenario.world import operations_of

__all__ = ["Witness"]

T = TypeVar("T")


class Witness(Transport):
    """Sends and reads as its base does, and compares each JSON document with what it became."""

    def __init__(self, host: str, api: ModuleType) -> None:
        super().__init__(find_host(host), version=api.Engine.api_version, timeout=60)
        self.engine = api.Engine(self)
        self.answered: set[str] = set()
        self.findings: dict[str, list[str]] = {}
        self._api = api
        self._names: dict[str, str] = {}
        self._hints: dict[str, Any] = {}
        for name in operations_of(api.Engine.api_version):
            namespace, _, method = name.partition(".")
            function = getattr(type(getattr(self.engine, namespace)), method)
            operation = function.__qualname__.partition("Operation.")[0]
            self._names[operation] = name
            build = sys.modules[function.__module__].request
            (self._hints[operation],) = eval(
                build.__annotations__["return"], vars(sys.modules[build.__module__]), models_of(api)
            ).__args__

    def json(self, request: Request[T]) -> T:
        return super().json(self._watched(request))

    def json_stream(self, request: Request[T], options: Options = NO_OPTIONS) -> JsonStream[T]:
        return super().json_stream(self._watched(request), options)

    def events(self, request: Request[T], options: Options = NO_OPTIONS) -> Events[T]:
        return super().events(self._watched(request), options)

    def answer(self, request: Request[Any], limit: float | None = None) -> Answer:
        answer = super().answer(request, limit)
        if answer.status < 400:
            self.answered.add(self._names[request.operation])
        return answer

    def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Exchange:
        exchange = super().open(request, options)
        self.answered.add(self._names[request.operation])
        return exchange

    def _watched(self, request: Request[T]) -> Request[T]:
        hint = self._hints[request.operation]
        if hint is Any:  # the question whether a stream is raw
            return request

        def decode(raw: Any) -> T:
            decoded = request.decode(raw)
            found = differences(raw, decoded, hint, self._api)
            if found:
                self.findings.setdefault(self._names[request.operation], []).extend(found)
            return decoded

        return evolve(request, decode=decode)
