"""From a connection's bytes to an operation's function, and back."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from typing import Any

from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State
from moorage.testing.operations.system import ping_headers
from moorage.testing.server.answers import Answer
from moorage.testing.server.call import HANDLERS, Call
from moorage.testing.server.connection import Connection, Cut, RequestHead
from moorage.testing.server.contract import Contract, contract_of
from moorage.testing.server.routing import Route, find_route, split_version
from moorage.testing.server.scripts import Scripts
from moorage.testing.server.seen import SeenRequest
from moorage.testing.server.shapes import shaped
from moorage.testing.server.validation import Problem, body_problems, query_problems, respelt
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import version_key

__all__ = ["Dispatcher"]

_REASONS = {
    101: "UPGRADED",
    200: "OK",
    201: "Created",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_NO_BODY = (204, 304)


class Dispatcher:
    """Answers the requests of connections.

    Attributes:
        strict: Whether to refuse requests that engines accept although the version lacks a part of
            them.
        requests: All received requests.
    """

    def __init__(self, state: State, scripts: Scripts, *, strict: bool) -> None:
        self.strict = strict
        self.requests: list[SeenRequest] = []
        self._state = state
        self._scripts = scripts

    def serve(self, connection: Connection) -> None:
        """Answer requests until the client hangs up."""
        while (head := connection.read_head()) is not None:
            content = connection.body(head)
            keeps = self._answer(connection, head, content)
            if not keeps or head.headers.get("connection", "").lower() == "close":
                return
            for _ in content:  # the rest that the operation did not read
                pass

    def _answer(self, connection: Connection, head: RequestHead, content: Iterator[bytes]) -> bool:
        """Answer a request; returns whether the connection carries another one."""
        seen = SeenRequest("", self._state.version, head.method, head.path, {})
        self.requests.append(seen)
        try:
            call, route, contract = self._understood(connection, head, content, seen)
            self._check(head, call, route, contract, seen)
            answer = self._troubled(connection, call) or HANDLERS[route.operation](call)
        except Refused as refused:
            for _ in content:
                pass
            answer = Answer(refused.status, {"message": refused.message})
        except Cut:
            raise
        except Exception:
            # A fault of the fake itself: the client, and so the test, sees it.
            answer = Answer(500, {"message": f"moorage.testing: {traceback.format_exc()}"})
        seen.status = answer.status
        return self._write(connection, head, seen, answer)

    def _understood(
        self,
        connection: Connection,
        head: RequestHead,
        content: Iterator[bytes],
        seen: SeenRequest,
    ) -> tuple[Call, Route, Contract]:
        asked, path = split_version(head.path)
        seen.path = path
        if asked is not None:
            self._check_version(asked)
        version = self._known(asked or self._state.version)
        found = find_route(version, head.method, path)
        if found is None:
            # Clients ask any engine this before they know the version.
            probes = path == "/_ping"
            text = f"API {version} has no {head.method} {path}"
            seen.problems.append(Problem(text, harmless=probes))
            raise Refused(404, "page not found")
        route, names = found
        query: dict[str, list[str]] = {}
        for name, value in head.query:
            query.setdefault(name, []).append(value)
        seen.operation, seen.version, seen.headers = route.operation, version, head.headers
        seen.query = {name: v[0] if len(v) == 1 else v for name, v in query.items()}
        contract = contract_of(version, route.operation)
        body = self._body(head, content, seen) if contract.body is not None else None
        seen.body = body
        if contract.body is not None:
            body = respelt(body, contract.body)
        return (
            Call(
                self._state,
                version,
                route.operation,
                names,
                query,
                head.headers,
                body,
                content,
                connection,
            ),
            route,
            contract,
        )

    def _check_version(self, asked: str) -> None:
        state = self._state
        try:
            key = version_key(asked)
        except ValueError:
            raise Refused(400, f"invalid API version {asked}") from None
        if key > version_key(state.version):
            raise Refused(
                400,
                f"client version {asked} is too new. Maximum supported API version is "
                f"{state.version}",
            )
        if key < version_key(state.min_version):
            raise Refused(
                400,
                f"client version {asked} is too old. Minimum supported API version is "
                f"{state.min_version}, please upgrade your client to a newer version",
            )

    def _known(self, version: str) -> str:
        """Return the version itself, or the oldest one that is bundled."""
        bundled = bundled_versions()
        return version if version in bundled else bundled[0]

    def _body(self, head: RequestHead, content: Iterator[bytes], seen: SeenRequest) -> Any:
        data = b"".join(content)
        if not data.strip():
            return None
        kind = head.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/json":
            raise Refused(
                400, f'unsupported Content-Type header ({kind}): must be "application/json"'
            )
        try:
            return json.loads(data)
        except ValueError as error:
            seen.problems.append(Problem(f"the body is not JSON: {error}", refuses=True))
            raise Refused(400, f"invalid JSON: {error}") from None

    def _check(
        self, head: RequestHead, call: Call, route: Route, contract: Contract, seen: SeenRequest
    ) -> None:
        found: list[Problem] = [*query_problems(route, contract, head.query, call.version)]
        if contract.body is not None:
            found += body_problems(seen.body, contract.body, call.version, call.path.values())
        seen.problems += found
        refused = [each for each in found if each.refuses or (self.strict and not each.harmless)]
        if refused:
            raise Refused(400, "; ".join(refused))

    def _troubled(self, connection: Connection, call: Call) -> Answer | None:
        for trouble in self._scripts.take(call.operation):
            if trouble.seconds:
                self._pause(connection, trouble.seconds)
            if trouble.drop:
                raise Cut
            if trouble.status is not None:
                raise Refused(trouble.status, trouble.message)
            connection.allowance = trouble.after
        return None

    def _pause(self, connection: Connection, seconds: float) -> None:
        with self._state.lock:
            over = self._state.lock.wait_for(lambda: self._state.closed, seconds)
        if over or connection.is_gone():
            raise Cut

    def _write(
        self, connection: Connection, head: RequestHead, seen: SeenRequest, answer: Answer
    ) -> bool:
        headers = {**ping_headers(self._state), **answer.headers}
        if answer.hijack is not None:
            self._hijack(connection, head, answer, headers)
            return False
        if answer.kind and answer.status not in _NO_BODY:
            headers["Content-Type"] = answer.kind
        pieces = answer.pieces
        if answer.body is not None:
            body = answer.body
            if answer.status < 300:
                body = shaped(seen.version, seen.operation, body)
            pieces = [json.dumps(body).encode() + b"\n"]
        if pieces is None and answer.status not in _NO_BODY:
            pieces = []
            headers.pop("Content-Type", None)
        chunked = pieces is not None and not isinstance(pieces, list)
        if isinstance(pieces, list):
            if answer.body is None and not pieces:
                headers["Content-Length"] = "0"
            else:
                headers["Content-Length"] = str(sum(map(len, pieces)))
        elif chunked:
            headers["Transfer-Encoding"] = "chunked"
        connection.write_head(answer.status, _REASONS.get(answer.status, "Error"), headers)
        if head.method == "HEAD" or pieces is None:
            return True
        for piece in pieces:
            if piece:
                connection.write(piece, chunk=chunked)
        if chunked:
            if connection.allowance is not None:
                raise Cut
            connection.write(b"0\r\n\r\n")
        elif connection.allowance is not None:
            raise Cut
        return True

    def _hijack(
        self, connection: Connection, head: RequestHead, answer: Answer, headers: dict[str, str]
    ) -> None:
        assert answer.hijack is not None  # noqa: S101
        upgrades = "upgrade" in head.headers.get("connection", "").lower()
        headers = {name: v for name, v in headers.items() if name not in ("Server",)}
        if answer.kind:
            headers["Content-Type"] = answer.kind
        if upgrades:
            headers |= {"Connection": "Upgrade", "Upgrade": answer.headers.get("Upgrade", "tcp")}
            connection.write_head(101, _REASONS[101], headers)
        else:
            connection.write_head(200, _REASONS[200], headers)
        connection.let_read()
        answer.hijack(connection)
