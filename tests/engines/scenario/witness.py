"""A transport that sees which operations an engine answered, and whether the answers were true."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias, TypeVar

from anyio.from_thread import BlockingPortal
from attrs import evolve

from moorage.answer import Answer
from moorage.contract import NO_OPTIONS, Options, Request
from moorage.host import find_host
from moorage.streams.events import AsyncEvents, Events
from moorage.streams.json_stream import AsyncJsonStream, JsonStream
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.exchange import Exchange
from moorage.transport.sync import Transport
from tests.engines.scenario.portal import Portal
from tests.engines.scenario.truth import differences, models_of
from tests.engines.scenario.world import operations_of

__all__ = ["AsyncWitness", "Record", "Witness"]

T = TypeVar("T")
Record: TypeAlias = Callable[[str, Any], None]
"""Takes an operation's name and the JSON of an answer."""


class Seen:
    """Compares each JSON document that an engine answers with what it became."""

    def __init__(self, api: ModuleType, engine: Any, record: Record | None) -> None:
        self.answered: set[str] = set()
        self.findings: dict[str, list[str]] = {}
        self._api = api
        self._record = record
        self._names: dict[str, str] = {}
        self._hints: dict[str, Any] = {}
        for name in operations_of(api.Engine.api_version):
            namespace, _, method = name.partition(".")
            function = getattr(type(getattr(engine, namespace)), method)
            operation = function.__qualname__.partition("Operation.")[0].removeprefix("Async")
            self._names[operation] = name
            build = sys.modules[function.__module__].request
            (self._hints[operation],) = eval(
                build.__annotations__["return"], vars(sys.modules[build.__module__]), models_of(api)
            ).__args__

    def succeeded(self, request: Request[Any]) -> None:
        self.answered.add(self._names[request.operation])

    def watched(self, request: Request[T]) -> Request[T]:
        hint = self._hints[request.operation]
        if hint is Any:  # a question about a process
            return request

        def decode(raw: Any) -> T:
            if self._record is not None:
                self._record(self._names[request.operation], raw)
            decoded = request.decode(raw)
            found = differences(raw, decoded, hint, self._api)
            if found:
                self.findings.setdefault(self._names[request.operation], []).extend(found)
            return decoded

        return evolve(request, decode=decode)


class Witness(Transport):
    """Sends and reads as its base does, and has it seen."""

    def __init__(self, host: str, api: ModuleType, record: Record | None = None) -> None:
        super().__init__(find_host(host), version=api.Engine.api_version, timeout=60)
        self.engine = api.Engine(self)
        self.seen = Seen(api, self.engine, record)

    def json(self, request: Request[T], options: Options = NO_OPTIONS) -> T:
        return super().json(self.seen.watched(request), options)

    def json_stream(self, request: Request[T], options: Options = NO_OPTIONS) -> JsonStream[T]:
        return super().json_stream(self.seen.watched(request), options)

    def events(self, request: Request[T], options: Options = NO_OPTIONS) -> Events[T]:
        return super().events(self.seen.watched(request), options)

    def answer(self, request: Request[Any], options: Options = NO_OPTIONS) -> Answer:
        answer = super().answer(request, options)
        if answer.status < 400:
            self.seen.succeeded(request)
        return answer

    def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Exchange:
        exchange = super().open(request, options)
        self.seen.succeeded(request)
        return exchange


class AsyncWitness(AsyncTransport):
    """As `Witness`, of an asynchronous engine, which a thread runs."""

    def __init__(self, host: str, api: ModuleType, portal: BlockingPortal) -> None:
        super().__init__(find_host(host), version=api.Engine.api_version, timeout=60)
        engine = api.AsyncEngine(self)
        self.engine = Portal(portal, engine)
        self.seen = Seen(api, engine, None)
        self._portal = portal

    def close(self) -> None:
        self._portal.call(self.aclose)

    async def json(self, request: Request[T], options: Options = NO_OPTIONS) -> T:
        return await super().json(self.seen.watched(request), options)

    def json_stream(self, request: Request[T], options: Options = NO_OPTIONS) -> AsyncJsonStream[T]:
        return super().json_stream(self.seen.watched(request), options)

    def events(self, request: Request[T], options: Options = NO_OPTIONS) -> AsyncEvents[T]:
        return super().events(self.seen.watched(request), options)

    async def answer(self, request: Request[Any], options: Options = NO_OPTIONS) -> Answer:
        answer = await super().answer(request, options)
        if answer.status < 400:
            self.seen.succeeded(request)
        return answer

    async def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Exchange:
        exchange = await super().open(request, options)
        self.seen.succeeded(request)
        return exchange
