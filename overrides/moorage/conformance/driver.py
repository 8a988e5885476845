"""Makes calls to an engine at one version, and keeps what came of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from attrs import evolve

from moorage.conformance import evidence, published, strict
from moorage.conformance.report import OUTCOMES, Departures, operations_of
from moorage.contract import EngineBase
from moorage.errors import APIError, ConnectionFailed, EngineError, StreamInterrupted, TimedOut
from moorage.transport.wire import target
from moorage.versions import number

__all__ = ["Driver", "Journal", "Stopped"]

_RANKS = list(OUTCOMES)


class Stopped(Exception):
    """The survey was interrupted: make no more calls."""


class Journal:
    """What came of the calls to one engine, at all versions."""

    def __init__(self) -> None:
        self.outcomes: dict[str, dict[str, str]] = {}
        self.departures: dict[tuple[str, ...], Departures] = {}
        self.left: list[str] = []
        self.stopped = False
        """Set by another thread: make no more calls."""

    def outcome(self, operation: str, version: str, outcome: str) -> None:
        """Keep how a call was answered; of several calls, the worst counts."""
        held = self.outcomes.setdefault(operation, {})
        held[version] = max(held.get(version, outcome), outcome, key=_RANKS.index)

    def departure(self, version: str, make: Callable[[], Departures], *key: str) -> None:
        """Keep a departure, or only that this version has it too."""
        known = self.departures.get(key)
        if known is None:
            self.departures[key] = make()
        elif version not in known.versions:
            versions = sorted({*known.versions, version}, key=number)
            self.departures[key] = evolve(known, versions=tuple(versions))


class Driver:
    """An engine at one version.

    Args:
        engine: it, pinned by its class.
        journal: where it is kept what comes of the calls.
    """

    def __init__(self, engine: EngineBase, journal: Journal) -> None:
        self.engine: Any = engine
        self.version = engine.api_version
        self.journal = journal
        self._has = operations_of(self.version)

    def call(
        self,
        operation: str,
        *args: Any,
        gone: Callable[[], bool] = lambda: False,
        **given: Any,
    ) -> Any:
        """Make a call, and check the answer.

        The request is the client's own; what comes is looked at as it is.

        Args:
            operation: its name, e.g. "containers.inspect".
            args: what the client's method takes by position.
            gone: tells whether what is asked for has been removed meanwhile, by others.
            given: what the client's method takes by name.

        Returns:
            The first JSON document of the answer, or else its bytes; None if the version lacks
            the operation, or the engine refuses.

        Raises:
            Stopped: the survey was interrupted.
            ConnectionFailed: the engine is not there.
        """
        if self.journal.stopped:
            raise Stopped
        if operation not in self._has:
            return None
        namespace, _, name = operation.partition(".")
        method = getattr(getattr(self.engine, namespace), name)
        # The module of an operation has the function that builds its request.
        request = sys.modules[method.__module__].request(*args, **given)
        line = f"{request.method} {target(request, self.version)}"
        try:
            answer = self.engine._transport.whole(request)
        except EngineError as error:
            if isinstance(error, ConnectionFailed) and not isinstance(
                error, StreamInterrupted | TimedOut
            ):
                raise
            if not (isinstance(error, APIError) and error.status == 404 and gone()):
                self._refused(operation, line, error)
            return None
        documents = _documents(answer.body)
        self._judge(operation, line, answer.status, documents)
        return documents[0] if documents else answer.body

    def _refused(self, operation: str, line: str, error: EngineError) -> None:
        status = error.status if isinstance(error, APIError) else 0
        message = error.message if isinstance(error, APIError) else str(error)
        found = f"the status {status}" if status else "no whole answer"

        def make() -> Departures:
            said = evidence.said(message)
            return Departures(
                operation, "", "an answer", found, (self.version,), line, status, said
            )

        self.journal.outcome(operation, self.version, "refuses")
        self.journal.departure(self.version, make, operation, "", found)

    def _judge(self, operation: str, line: str, status: int, documents: list[Any] | None) -> None:
        try:
            published.answer(operation, self.version)
        except ValueError:  # it is not said to answer with JSON
            self.journal.outcome(operation, self.version, "answers")
            return
        self.journal.outcome(operation, self.version, "conforms")
        if documents is None:
            no_json = strict.Fault((), "JSON", False, "bytes")
            self._departs(operation, line, status, "bytes", no_json)
        for document in documents or ():
            for fault in strict.faults(operation, self.version, document):
                self._departs(operation, line, status, document, fault)

    def _departs(
        self, operation: str, line: str, status: int, document: Any, fault: strict.Fault
    ) -> None:
        place, found = evidence.place(fault.steps), evidence.found(fault)

        def make() -> Departures:
            excerpt = evidence.excerpt(document, fault)
            versions = (self.version,)
            return Departures(
                operation, place, fault.expected, found, versions, line, status, excerpt
            )

        self.journal.outcome(operation, self.version, "departs")
        self.journal.departure(self.version, make, operation, place, fault.expected, found)


def _documents(body: bytes) -> list[Any] | None:
    """Decode the JSON documents of a body, one after the other; None if it has something else."""
    decoder = json.JSONDecoder()
    documents = []
    try:
        text = body.decode().strip()
        while text:
            document, end = decoder.raw_decode(text)
            documents.append(document)
            text = text[end:].lstrip(" \r\n\t\x1e")  # json-seq has a separator
    except (ValueError, RecursionError):
        return None
    return documents
