"""Bytes that a peer sends after an answer are never the answer of another call.

Each answer and what follows it are cut in two at every place. The second part is sent when the
client has read the first; if the first holds the whole answer, when the call has returned.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
import struct
import termios
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage_api import v1_41
from tests.facade.call import MODES
from tests.facade.hostile import reply

each_mode = pytest.mark.parametrize("mode", MODES)

_LIMIT = 10.0

RIGHT = reply(200, b'[{"Id":"right"}]')
SMUGGLED = b'[{"Id":"smuggled"}]'
EXTRA = reply(200, SMUGGLED)
_CHUNK = b'10\r\n[{"Id":"right"}]\r\n'
_CHUNKS = ("Transfer-Encoding", "chunked")

LIST = (
    lambda engine: engine.containers.list(),
    lambda result: [each.id for each in result] == ["right"],
)
START = (lambda engine: engine.containers.start("x"), lambda result: result is None)
HEAD = (lambda engine: engine.system.ping_head(), lambda result: "api-version" in result)
PING = (lambda engine: engine.system.ping(), lambda result: result in ("", "OK"))

Call = tuple[Callable[[Any], Any], Callable[[Any], bool]]
"""A call, and whether its result is the right one."""

FIRST: dict[str, tuple[Call, bytes]] = {
    "length": (LIST, RIGHT),
    "chunks": (LIST, reply(200, _CHUNK + b"0\r\n\r\n", _CHUNKS, length=None)),
    "trailer": (LIST, reply(200, _CHUNK + b"0\r\nA: b\r\n\r\n", _CHUNKS, length=None)),
    "empty": (PING, reply(200, kind="text/plain")),
    "204": (START, reply(204, length=None, kind=None)),
    "204-length": (START, reply(204, length=str(len(SMUGGLED)))),
    "204-chunked": (START, reply(204, b"", _CHUNKS, length=None)),
    "304": (START, reply(304, length=None, kind=None)),
    "304-length": (START, reply(304, length=str(len(SMUGGLED)))),
    "head": (HEAD, reply(200, b"", ("Api-Version", "1.41"), length=str(len(SMUGGLED)))),
    "head-chunked": (HEAD, reply(200, b"", ("Api-Version", "1.41"), _CHUNKS, length=None)),
    "error": (LIST, reply(404, b'{"message":"gone"}')),
    "100": (LIST, b"HTTP/1.1 100 Continue\r\n\r\n" + RIGHT),
}
MALFORMED = {"204-length", "204-chunked", "head-chunked"}
"""Their heads may be reason enough not to keep the connection."""
AFTER: dict[str, bytes] = {
    "answer": EXTRA,
    "answers": EXTRA + EXTRA,
    "body-and-answer": SMUGGLED + EXTRA,
    "chunks-and-answer": b"13\r\n" + SMUGGLED + b"\r\n0\r\n\r\n" + EXTRA,
    "line-end-and-answer": b"\r\n" + EXTRA,
    "head": EXTRA[: -len(SMUGGLED)],
}


class Smuggler:
    """A peer whose first connection answers the first request in two parts.

    All else is answered rightly, also on that connection.
    """

    def __init__(self, path: Path) -> None:
        self.host = f"unix://{path}"
        self.connections = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._first: tuple[bytes, bytes, bool] | None = None
        self._go, self._sent = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(_LIMIT)

    def begin(self, answer: bytes, extra: bytes, place: int) -> None:
        """Set the answer to the next connection's first request."""
        data = answer + extra
        self.connections = 0
        self._go, self._sent = threading.Event(), threading.Event()
        self._first = (data[:place], data[place:], place >= len(answer))

    def release(self) -> None:
        """Send the second part, if the client has yet to get it, and wait until it is sent."""
        self._go.set()
        assert self._sent.wait(_LIMIT), "the second part was not sent"

    def _serve(self) -> None:
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            first, self._first = self._first, None
            arguments = (connection, first, self._go, self._sent)
            threading.Thread(target=self._answer, args=arguments, daemon=True).start()

    def _answer(
        self,
        connection: socket.socket,
        first: tuple[bytes, bytes, bool] | None,
        go: threading.Event,
        sent: threading.Event,
    ) -> None:
        connection.settimeout(_LIMIT)
        with connection, contextlib.suppress(OSError):
            while _request(connection):
                if first is None:
                    connection.sendall(RIGHT)
                    continue
                try:
                    connection.sendall(first[0])
                    if first[2]:
                        go.wait(_LIMIT)
                    else:
                        _wait_until_read(connection)
                    connection.sendall(first[1])
                finally:
                    first = None
                    sent.set()


def _request(connection: socket.socket) -> bool:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return False
        data += more
    return True


def _wait_until_read(connection: socket.socket) -> None:
    deadline = time.monotonic() + _LIMIT
    while time.monotonic() < deadline:
        if fcntl.ioctl(connection, termios.TIOCOUTQ, struct.pack("i", 0)) == struct.pack("i", 0):
            return
        os.sched_yield()


@pytest.fixture
def smuggler(tmp_path: Path) -> Iterator[Smuggler]:
    peer = Smuggler(tmp_path / "s")
    yield peer
    peer.close()


def ids(result: Any) -> Any:
    """Return what the second call gave, an error as it is."""
    if isinstance(result, moorage.EngineError):
        return result
    return [each.id for each in result]


class Try:
    """One place: both calls, and what came of them."""

    def __init__(self, peer: Smuggler, call: Call, answer: bytes, extra: bytes, place: int) -> None:
        self.peer = peer
        self.call, self.right = call
        self.name = f"cut after {place} of {len(answer)} and {len(extra)} bytes"
        self.refused = answer.startswith(b"HTTP/1.1 404")
        peer.begin(answer, extra, place)

    def run(self) -> str | None:
        with moorage.connect(v1_41.Engine, host=self.peer.host, timeout=_LIMIT) as engine:
            first = _outcome(lambda: self.call(engine))
            self.peer.release()
            return self.judge(first, _outcome(lambda: engine.containers.list()))

    async def run_async(self) -> str | None:
        async with moorage.connect_async(
            v1_41.AsyncEngine, host=self.peer.host, timeout=_LIMIT
        ) as engine:
            first = await _awaited(self.call(engine))
            # Nothing else runs meanwhile: what was sent has arrived, whoever is told of it.
            self.peer.release()
            return self.judge(first, await _awaited(engine.containers.list()))

    def judge(self, first: Any, second: Any) -> str | None:
        """Return what is wrong."""
        if not isinstance(first, moorage.EngineError):
            if self.refused or not self.right(first):
                return f"{self.name}: the first call gave {first!r:.200}"
        elif self.refused != isinstance(first, moorage.NotFound):
            return f"{self.name}: the first call raised {first!r:.200}"
        if ids(second) != ["right"] and not isinstance(second, moorage.EngineError):
            return f"{self.name}: the second call gave {ids(second)}"
        return None


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except moorage.EngineError as error:
        return error


async def _awaited(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except moorage.EngineError as error:
        return error


def _try_all(mode: str, tries: Iterator[Try]) -> list[str]:
    async def run() -> list[str | None]:
        return [await each.run_async() for each in tries]

    found = asyncio.run(run()) if mode == "async" else [each.run() for each in tries]
    assert len(found) > 40
    return [each for each in found if each is not None]


@each_mode
@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("first", FIRST)
def test_no_call_is_answered_by_what_follows_an_answer(
    mode: str, first: str, after: str, smuggler: Smuggler
) -> None:
    (call, answer), extra = FIRST[first], AFTER[after]
    # One answer after the other is tried at every place; of the others, where they meet.
    margin = len(answer) if after == "answer" else 30
    places = range(max(1, len(answer) - margin), min(len(answer) + margin, len(answer + extra)) + 1)
    wrong = _try_all(mode, (Try(smuggler, call, answer, extra, place) for place in places))
    assert not wrong, "\n" + "\n".join(wrong)


@each_mode
@pytest.mark.parametrize("first", sorted({*FIRST} - MALFORMED))
def test_a_connection_in_which_nothing_follows_is_kept(
    mode: str, first: str, smuggler: Smuggler
) -> None:
    call, answer = FIRST[first]
    tried = Try(smuggler, call, answer, b"", len(answer))
    wrong = asyncio.run(tried.run_async()) if mode == "async" else tried.run()
    assert wrong is None
    assert smuggler.connections == 1
