"""Make calls to an engine at one version, and record their outcomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from copy import copy
from functools import partial
from typing import Any

from moorage.conformance import evidence, strict
from moorage.conformance.always import lacking
from moorage.conformance.journal import Journal
from moorage.conformance.report import Departures, operations_of
from moorage.engine_base import EngineBase
from moorage.errors import APIError, ConnectionFailed, EngineError, StreamInterrupted, TimedOut
from moorage.namespace import request_builder
from moorage.parameters.paths import segment
from moorage.request import Request
from moorage.response import Response
from moorage.wire.message import target

__all__ = ["Driver", "Stopped"]


class Stopped(Exception):
    """The survey was interrupted."""


class Driver:
    """An engine at one version.

    Args:
        engine: The engine, pinned by its class.
        journal: The record of outcomes.
    """

    def __init__(self, engine: EngineBase, journal: Journal) -> None:
        self.engine: Any = engine
        self.version: str = engine.api_version
        self.journal = journal
        self._has = operations_of(self.version)

    def call(
        self,
        operation: str,
        *args: Any,
        gone: Callable[[], bool] = lambda: False,
        **given: Any,
    ) -> Any:
        """Make a call, and check the response.

        The client builds the request; the response is checked undecoded.

        Args:
            operation: The operation, e.g. "containers.inspect".
            args: Positional arguments of the client's method.
            gone: Returns whether the object has been removed by others meanwhile.
            given: Keyword arguments of the client's method.

        Returns:
            The first JSON document of the response, else its bytes; None if the version lacks the
            operation, or the engine answers with an error.

        Raises:
            Stopped: The survey was interrupted.
            ConnectionFailed: The engine can't be reached.
        """
        if self.journal.stopped:
            raise Stopped
        if operation not in self._has:
            return None
        namespace, _, name = operation.partition(".")
        method = getattr(getattr(self.engine, namespace), name)
        build = request_builder(method)
        first = (self.version,) if "api_version" in build.__annotations__ else ()
        request = build(*first, *args, **given)
        line = _line(request, self.version, args)
        try:
            answer = self.engine._transport.good(request)
        except EngineError as error:
            if isinstance(error, ConnectionFailed) and not isinstance(
                error, StreamInterrupted | TimedOut
            ):
                raise
            if not (isinstance(error, APIError) and error.status == 404 and gone()):
                self._refused(operation, line, error)
            return None
        documents = _documents(answer.body)
        self._judge(operation, line, answer, documents, request)
        return documents[0] if documents else answer.body

    def _refused(self, operation: str, line: str, error: EngineError) -> None:
        status, message, found = 0, str(error), "no whole answer"
        if isinstance(error, APIError):
            status, message, found = error.status, error.message, f"the status {error.status}"
        self.journal.outcome(operation, self.version, "refuses")
        self._keep(operation, "", "an answer", found, line, status, lambda: evidence.said(message))

    def _judge(
        self,
        operation: str,
        line: str,
        answer: Response,
        documents: list[Any] | None,
        request: Request[Any],
    ) -> None:
        try:
            strict.answer_schema(operation, self.version)
        except ValueError:  # no JSON response is specified
            self.journal.outcome(operation, self.version, "answers")
            return
        self.journal.outcome(operation, self.version, "conforms")
        if documents is None:
            found = answer.headers.get("content-type", "no type").partition(";")[0]
            size = f"{len(answer.body)} bytes"
            self.journal.outcome(operation, self.version, "departs")
            self._keep(operation, "$", "JSON", found, line, answer.status, lambda: size)
        for document in documents or ():
            faults = list(strict.faults(operation, self.version, document))
            known = {fault.steps for fault in faults}
            if () not in known:
                # Decoding takes the items out of a list.
                more = lacking(request.decode(copy(document)))
                faults += [fault for fault in more if fault.steps not in known]
            for fault in faults:
                self.journal.outcome(operation, self.version, "departs")
                self._keep(
                    operation,
                    evidence.place(fault.steps),
                    fault.expected,
                    evidence.found(fault),
                    line,
                    answer.status,
                    partial(evidence.excerpt, document, fault),
                )

    def _keep(
        self,
        operation: str,
        place: str,
        expected: str,
        found: str,
        line: str,
        status: int,
        proof: Callable[[], str],
    ) -> None:
        """Record a departure; the first of its kind gets evidence."""

        def make() -> Departures:
            versions = (self.version,)
            return Departures(operation, place, expected, found, versions, line, status, proof())

        self.journal.departure(self.version, make, operation, place, expected, found)


def _line(request: Request[Any], version: str, args: Iterable[Any]) -> str:
    """Write the first line of a request, without names of objects."""
    line = f"{request.method} {target(request, version)}"
    for each in args:
        if isinstance(each, str):
            line = line.replace(f"/{segment('part', each)}", f"/{evidence.HIDDEN}")
    return line


def _documents(body: bytes) -> list[Any] | None:
    """Decode the JSON documents of a body; None if it has other content."""
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
