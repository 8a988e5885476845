"""A transport that sees which operations an engine answered, and whether the answers were true."""

from __future__ import annotations

import sys
from collections.abc import Callable
from copy import copy
from types import ModuleType
from typing import Any, TypeAlias

from anyio.from_thread import BlockingPortal

from moorage.archives.path_stat import PathStat
from moorage.host import find_host
from moorage.namespace import request_builder
from moorage.request import NO_OPTIONS, Options, Request
from moorage.response import Response
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.exchange import Exchange
from moorage.transport.pool import Pool
from moorage.transport.steps import Steps
from moorage.transport.sync import Transport
from tests.engines.scenario.portal import Portal
from tests.engines.scenario.truth import differences, models_of
from tests.engines.scenario.world import operations_of

__all__ = ["AsyncWitness", "Record", "Witness"]

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
            module = sys.modules[function.__module__]
            described = vars(module)[function.__qualname__.partition(".")[0]].__doc__
            operation = described.removeprefix("The operation ").partition(",")[0]
            self._names[operation] = name
            build = request_builder(function)
            (self._hints[operation],) = eval(
                build.__annotations__["return"],
                vars(module) | {"PathStat": PathStat},
                models_of(api),
            ).__args__

    def succeeded(self, request: Request[Any]) -> None:
        self.answered.add(self._names[request.operation])

    def watch(self, request: Request[Any]) -> None:
        """Have what the request decodes compared."""
        hint, decode = self._hints[request.operation], request.decode
        if hint is Any or request.method == "HEAD":  # a question about a process; headers
            return

        def compared(raw: Any) -> Any:
            if self._record is not None:
                self._record(self._names[request.operation], raw)
            decoded = decode(copy(raw))  # decoding takes the items out of a list
            found = differences(raw, decoded, hint, self._api)
            if found:
                self.findings.setdefault(self._names[request.operation], []).extend(found)
            return decoded

        request.decode = compared


class _SeenPool(Pool):
    """Sends and reads as its base does, and has it seen."""

    seen: Seen

    def call(self, request: Request[Any], options: Options = NO_OPTIONS) -> Steps[Response]:
        if request.content is not None:  # it goes on to `open`
            return (yield from super().call(request, options))
        self.seen.watch(request)
        response = yield from super().call(request, options)
        if response.status < 400:
            self.seen.succeeded(request)
        return response

    def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Steps[Exchange]:
        self.seen.watch(request)
        exchange = yield from super().open(request, options)
        self.seen.succeeded(request)
        return exchange


class Witness(Transport):
    """A transport of a synchronous engine."""

    pool_type = _SeenPool

    def __init__(self, host: str, api: ModuleType, record: Record | None = None) -> None:
        super().__init__(find_host(host), version=api.Engine.api_version, timeout=60)
        self.engine = api.Engine(self)
        self.seen = Seen(api, self.engine, record)
        _see(self, self.seen)


class AsyncWitness(AsyncTransport):
    """A transport of an asynchronous engine, which a thread runs."""

    pool_type = _SeenPool

    def __init__(self, host: str, api: ModuleType, portal: BlockingPortal) -> None:
        super().__init__(find_host(host), version=api.Engine.api_version, timeout=60)
        engine = api.AsyncEngine(self)
        self.engine = Portal(portal, engine)
        self.seen = Seen(api, engine, None)
        self._portal = portal
        _see(self, self.seen)

    def close(self) -> None:
        self._portal.call(self.aclose)


def _see(transport: Transport | AsyncTransport, seen: Seen) -> None:
    assert isinstance(transport.pool, _SeenPool)
    transport.pool.seen = seen
