"""Whatever answers, a call ends with a result or with one of moorage's errors, and leaves nothing.

The table stands in `hostile.py`; below it, the answers whose meaning is known.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import inspect
import math
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

import moorage
from moorage import errors
from moorage_api import v1_41
from tests.facade.call import MODES
from tests.facade.hostile import BOMB, KINDS, Kind, page, path_stat, reply

each_mode = pytest.mark.parametrize("mode", MODES)

_PATIENCE = 30.0
"""Seconds after which a call counts as hung; the timeouts that end it are far shorter."""
_LIMIT = 10.0
"""The timeout of calls whose answer comes."""
_STALL = 0.03
"""The timeout of calls whose answer does not."""


@pytest.fixture(scope="module")
def peers() -> Iterator[Path]:
    """Run the peer; the folder has a socket for each kind."""
    with tempfile.TemporaryDirectory(prefix="hostile") as folder:
        command = [sys.executable, "-m", "tests.facade.hostile", folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield Path(folder)
            process.stdin.close()


FRAMES = "application/vnd.docker.multiplexed-stream"
Use = Callable[[Any, dict[str, float]], Any]
"""An operation: takes the engine, and a stream's timeout."""
Route = bytes | Callable[[socket.socket], None]


def _ping(engine: Any, wait: dict[str, float]) -> Any:
    return engine.system.ping()


NEGOTIATION: Use = _ping
"""The engine of this one is not pinned."""
OPERATIONS: dict[str, Use] = {
    "negotiation": NEGOTIATION,
    "list": lambda engine, wait: engine.containers.list(),
    "object": lambda engine, wait: engine.containers.inspect("x"),
    "nothing": lambda engine, wait: engine.containers.start("x"),
    "text": lambda engine, wait: engine.system.ping(),
    "headers": lambda engine, wait: engine.system.ping_head(),
    "path-stat": lambda engine, wait: engine.containers.archive_info("x", path="/"),
    "frames": lambda engine, wait: engine.containers.logs("x", stdout=True, **wait),
    "attach": lambda engine, wait: engine.containers.attach("x", stream=True, **wait),
    "exec": lambda engine, wait: engine.exec.start("x", detach=False, **wait),
    "websocket": lambda engine, wait: engine.containers.attach_websocket("x", **wait),
    "pull": lambda engine, wait: engine.images.create(from_image="x", **wait),
    "events": lambda engine, wait: engine.system.events(**wait),
    "export": lambda engine, wait: engine.containers.export("x", **wait),
    "upload": lambda engine, wait: engine.containers.put_archive("x", b"tar", path="/", **wait),
    "build": lambda engine, wait: engine.images.build(b"tar", **wait),
    "request": lambda engine, wait: engine.request("GET", "/x"),
    "execute": lambda engine, wait: engine.execute("x", ["true"]),
}


def use(host: str, operation: Use, limit: float = _LIMIT) -> Any:
    """Do one operation on an engine of its own; a stream's items are returned as a list."""
    api = None if operation is NEGOTIATION else v1_41.Engine
    with moorage.connect(api, host=host, timeout=limit) as engine:
        result = operation(engine, {"total_timeout": limit})
        if not hasattr(result, "__enter__"):
            return result
        with result:
            return list(result)


async def use_async(host: str, operation: Use, limit: float = _LIMIT) -> Any:
    api = None if operation is NEGOTIATION else v1_41.AsyncEngine
    async with moorage.connect_async(api, host=host, timeout=limit) as engine:
        result = operation(engine, {"total_timeout": limit})
        if inspect.isawaitable(result):
            return await result
        async with result:
            return [item async for item in result]


def descriptors() -> set[str]:
    return {
        f"{each} {Path('/proc/self/fd', each).readlink()}"
        for each in os.listdir("/proc/self/fd")  # noqa: PTH208
        if os.path.lexists(f"/proc/self/fd/{each}")
    }


class Tries(threading.Thread):
    """Does one operation with each kind of answer, in a thread, so that who hangs is named."""

    def __init__(self, folder: Path, name: str, mode: str) -> None:
        super().__init__(daemon=True)
        self.folder, self.operation, self.mode = folder, name, mode
        self.wrong: list[str] = []
        self.kind = ""
        self.since = time.monotonic()

    def run(self) -> None:
        if self.mode == "sync":
            for kind in KINDS:
                with self._watched(kind):
                    use(self._host(kind), self._use, _STALL if kind.stays else _LIMIT)
        else:
            asyncio.run(self._run())
        self.kind = ""

    async def _run(self) -> None:
        for kind in KINDS:
            with self._watched(kind):
                await use_async(self._host(kind), self._use, _STALL if kind.stays else _LIMIT)

    @property
    def _use(self) -> Use:
        return OPERATIONS[self.operation]

    def _host(self, kind: Kind) -> str:
        return f"unix://{self.folder / kind.name}"

    def _watched(self, kind: Kind) -> Watched:
        self.kind, self.since = kind.name, time.monotonic()
        return Watched(self)

    def verdict(self) -> list[str]:
        """Wait for the end; returns what went wrong."""
        self.start()
        while self.is_alive():
            self.join(0.5)
            if self.kind and time.monotonic() - self.since > _PATIENCE:
                frame = sys._current_frames().get(self.ident or 0)
                where = "".join(traceback.format_stack(frame)[-3:])
                return [*self.wrong, f"{self.operation} * {self.kind} hangs:\n{where}"]
        return self.wrong


_LONGEST_WORK = 1.0
"""Seconds of processor time that one answer may take."""


class Watched:
    """Notes what one try raises, but for moorage's errors; what it leaves open; its work."""

    def __init__(self, tries: Tries) -> None:
        self._tries = tries

    def __enter__(self) -> None:
        self._before = descriptors()
        self._start = time.thread_time()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        tries = self._tries
        name = f"{tries.operation} * {tries.kind}"
        if (taken := time.thread_time() - self._start) > _LONGEST_WORK:
            tries.wrong.append(f"{name} takes {taken:.1f} s of processor time")
        if error is not None and not isinstance(error, errors.EngineError):
            tries.wrong.append(f"{name} raises {type(error).__name__}: {error!s:.200}")
        elif error is not None and not 0 < len(str(error)) < 5000:
            tries.wrong.append(f"{name} raises a message of {len(str(error))} characters")
        if left := descriptors() - self._before:
            tries.wrong.append(f"{name} leaves {left}")
        return True


@each_mode
@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_kind_ends_in_a_result_or_in_an_error(peers: Path, operation: str, mode: str) -> None:
    wrong = Tries(peers, operation, mode).verdict()
    assert not wrong, "\n" + "\n".join(wrong)


class Routed:
    """A peer that answers by the path, on a connection for each request.

    Args:
        routes: The answer of each path, without the version: bytes, or a function. The path
            "*" is any other.
        first: Sent as soon as somebody connects.
    """

    def __init__(self, routes: dict[str, Route], first: bytes = b"") -> None:
        self.lines: list[str] = []
        self._routes = routes
        self._first = first
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.host = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        with connection, contextlib.suppress(OSError):
            connection.sendall(self._first)
            data = b""
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            method, target, _ = data.decode("latin-1").split(" ", 2)
            self.lines.append(f"{method} {target}")
            path = re.sub(r"\A/v1\.[0-9]+|\?.*", "", target)
            route = self._routes.get(path, self._routes.get("*", reply(404, b'{"message":"none"}')))
            connection.sendall(route) if isinstance(route, bytes) else route(connection)
            connection.shutdown(socket.SHUT_WR)
            # Closing with something unread resets the connection: the answer could be lost.
            while connection.recv(65536):
                pass


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def in_time(call: Callable[[], Any], limit: float = _PATIENCE) -> tuple[Any, float]:
    """Return the result, or the error, and the seconds it took; fail if it is not done in time."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(call())
        except BaseException as error:
            found.append(error)

    begun = time.monotonic()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit)
    taken = time.monotonic() - begun
    assert found, f"did not end in {limit} s"
    return found[0], taken


def do(
    mode: str, host: str, operation: Use, limit: float = _LIMIT, hung: float = _PATIENCE
) -> tuple[Any, float]:
    """As `in_time`, of one operation.

    Args:
        mode: Whether it is awaited.
        host: The peer's address.
        operation: The call to make.
        limit: The timeout of the call.
        hung: The seconds after which it counts as hung.
    """
    if mode == "sync":
        return in_time(lambda: use(host, operation, limit), hung)
    return in_time(lambda: asyncio.run(use_async(host, operation, limit)), hung)


def outcome(mode: str, answer: bytes, operation: str) -> Any:
    """Return the result or the error of an operation that is answered so."""
    with Routed({"*": answer}) as peer:
        return do(mode, peer.host, OPERATIONS[operation])[0]


def text(status: int) -> bytes:
    return reply(status, b"no upstream\n", kind="text/plain")


@each_mode
@pytest.mark.parametrize("operation", ["list", "nothing", "frames", "exec", "pull", "upload"])
@pytest.mark.parametrize("shown", [page, text])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, errors.Forbidden),
        (502, errors.ServerError),
        (503, errors.Unavailable),
        (504, errors.ServerError),
    ],
)
def test_the_words_of_a_proxy(
    mode: str,
    operation: str,
    shown: Callable[[int], bytes],
    status: int,
    error: type[errors.APIError],
) -> None:
    found = outcome(mode, shown(status), operation)
    assert isinstance(found, error), repr(found)
    assert found.status == status
    assert "no upstream" in str(found)
    assert "<" not in str(found)


@each_mode
@pytest.mark.parametrize(
    "body", [b"", b'{"message":"x"}', b'"x"', b"5", b"true", b"{}", b'""', b'["x"]', b"[5]"]
)
def test_what_is_no_list(mode: str, body: bytes) -> None:
    found = outcome(mode, reply(200, body), "list")
    assert isinstance(found, errors.InvalidAnswer), repr(found)


@each_mode
def test_null_is_an_empty_list(mode: str) -> None:
    assert outcome(mode, reply(200, b"null"), "list") == []


@each_mode
@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"5", b"[1]"])
def test_what_is_no_object(mode: str, body: bytes) -> None:
    found = outcome(mode, reply(200, body), "object")
    assert isinstance(found, errors.InvalidAnswer), repr(found)


@each_mode
@pytest.mark.parametrize("operation", ["list", "nothing", "frames", "exec", "pull"])
def test_a_web_page_is_named(mode: str, operation: str) -> None:
    found = outcome(mode, page(200), operation)
    assert isinstance(found, errors.InvalidAnswer), repr(found)
    assert "web page" in str(found)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (
            "<html><head><title>502 Bad\n</title></head><body><h1>Bad &amp; so</h1>",
            "502 Bad: Bad & so",
        ),
        ("<head><title>502 Bad</title><style>a{}</style><body class='x'>Bad", "502 Bad: Bad"),
        ("<title>502</title >", "502: 502"),
        ("<title>502", "502: 502"),
        ("<title></title><p>a<b >b</b><!-- c --><p>d", "a b d"),
        ("<p>a<script>b = '</p>'", "a"),
        ("<SCRIPT x>b</Script >a", "a"),
        ("<p>a<!-- b", "a"),
        ("<p>a<b", "a"),
        ("<header>a</header>", "a"),
        ("<p>", "Reason"),
    ],
)
def test_the_text_of_a_web_page(sent: str, said: str) -> None:
    found = outcome("sync", reply(502, sent.encode(), kind="text/html"), "list")
    assert isinstance(found, errors.ServerError), repr(found)
    assert found.message == said


@each_mode
@pytest.mark.parametrize("operation", ["list", "frames", "exec", "upload"])
def test_an_ssh_server_is_named_at_once(mode: str, operation: str) -> None:
    with Routed({"*": silent}, first=b"SSH-2.0-OpenSSH_9.7\r\n") as peer:
        found, taken = do(mode, peer.host, OPERATIONS[operation])
    assert isinstance(found, errors.InvalidAnswer), repr(found)
    assert "ssh://" in str(found)
    assert taken < _LIMIT / 2


def connected(mode: str, host: str) -> Any:
    """Return the version that is negotiated, or the error."""

    async def connect() -> str:
        async with moorage.connect_async(host=host, timeout=_LIMIT) as engine:
            return engine.api_version

    def connect_sync() -> str:
        with moorage.connect(host=host, timeout=_LIMIT) as engine:
            return engine.api_version

    return in_time(connect_sync if mode == "sync" else lambda: asyncio.run(connect()))[0]


VERSION = reply(200, b'{"ApiVersion":"1.41","MinAPIVersion":"1.12"}')


@each_mode
@pytest.mark.parametrize(
    "ping",
    [reply(403, b'{"message":"no"}'), text(403), page(403), text(404)],
    ids=["refusal", "text", "page", "missing"],
)
def test_a_ping_that_is_refused_where_the_version_is_not(
    mode: str, ping: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_API_VERSION", raising=False)
    with Routed({"/_ping": ping, "/version": VERSION}) as peer:
        assert connected(mode, peer.host) == "1.41"


@each_mode
def test_a_version_of_three_numbers(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_API_VERSION", raising=False)
    ping = reply(200, b"", ("Api-Version", "1.40.0"), kind="text/plain")
    version = reply(200, b'{"ApiVersion":"1.40.0","MinAPIVersion":"1.12.0"}')
    with Routed({"/_ping": ping, "/version": version}) as peer:
        assert connected(mode, peer.host) == "1.40"


@each_mode
def test_a_refused_version_of_the_environment(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_API_VERSION", "1.44")
    refusal = b"client version 1.44 is too new. Maximum supported API version is 1.41"

    async def ask(host: str) -> None:
        async with moorage.connect_async(host=host, timeout=_LIMIT) as engine:
            await engine.containers.list()

    def ask_sync(host: str) -> None:
        with moorage.connect(host=host, timeout=_LIMIT) as engine:
            engine.containers.list()

    with Routed({"*": reply(400, b'{"message":"%s"}' % refusal)}) as peer:
        host = peer.host
        found, _ = in_time(
            (lambda: ask_sync(host)) if mode == "sync" else lambda: asyncio.run(ask(host))
        )
    assert isinstance(found, errors.UnsupportedVersion), repr(found)
    assert "DOCKER_API_VERSION" in str(found)
    assert "1.41" in str(found)


RAW = "application/vnd.docker.raw-stream"
UNFRAMED = reply(200, b"", kind=RAW, length=None)
CHUNKED = reply(200, b"", ("Transfer-Encoding", "chunked"), kind=RAW, length=None)


def staying(data: bytes) -> Route:
    def stay(connection: socket.socket) -> None:
        connection.sendall(data)
        # The end of the input is not the connection's.
        threading.Event().wait(_LIMIT)

    return stay


PROCESS = reply(
    200,
    b'{"Running":true,"ProcessConfig":{"tty":false},"Config":{"Tty":false},'
    b'"State":{"Running":true,"Status":"running"}}',
)


@each_mode
@pytest.mark.parametrize("head", [UNFRAMED, CHUNKED], ids=["until the end", "chunked"])
@pytest.mark.parametrize("path", ["/exec/x/start", "/containers/x/attach"])
def test_input_needs_an_upgraded_connection(mode: str, head: bytes, path: str) -> None:
    def begin(engine: Any) -> Any:
        if path.startswith("/exec"):
            return engine.exec.start("x", detach=False)
        return engine.containers.attach("x", stream=True, stdin=True, stdout=True)

    async def talk(host: str) -> None:
        async with (
            moorage.connect_async(v1_41.AsyncEngine, host=host, timeout=_LIMIT) as engine,
            begin(engine) as session,
        ):
            await session.write(b"input")

    def talk_sync(host: str) -> None:
        with (
            moorage.connect(v1_41.Engine, host=host, timeout=_LIMIT) as engine,
            begin(engine) as session,
        ):
            session.write(b"input")

    routes: dict[str, Route] = {path: staying(head), "*": PROCESS}
    with Routed(routes) as peer:
        host = peer.host
        found, taken = in_time(
            (lambda: talk_sync(host)) if mode == "sync" else lambda: asyncio.run(talk(host)), 5
        )
    assert isinstance(found, errors.EngineError), repr(found)
    assert taken < 5


@each_mode
@pytest.mark.parametrize("head", [UNFRAMED, CHUNKED], ids=["until the end", "chunked"])
def test_input_of_execute_needs_an_upgraded_connection(mode: str, head: bytes) -> None:
    routes: dict[str, Route] = {
        "/containers/x/exec": reply(201, b'{"Id":"x"}'),
        "/exec/x/start": staying(head),
        "*": PROCESS,
    }
    with Routed(routes) as peer:
        found, taken = do(
            mode,
            peer.host,
            lambda engine, wait: engine.execute("x", ["cat"], input=b"x"),
            hung=5,
        )
    assert isinstance(found, errors.EngineError), repr(found)
    assert taken < 5


@each_mode
def test_a_total_timeout_covers_the_question_for_a_terminal(mode: str) -> None:
    frames = reply(200, b"\1\0\0\0\0\0\0\1a", kind=RAW, length=None)
    with Routed({"/containers/x/logs": staying(frames), "*": silent}) as peer:
        found, taken = do(
            mode,
            peer.host,
            lambda engine, wait: engine.containers.logs("x", stdout=True, total_timeout=1),
            hung=5,
        )
    assert isinstance(found, errors.TimedOut), repr(found)
    assert 0.9 < taken < 5


@each_mode
@pytest.mark.parametrize("silence", ["/containers/x/exec", "/exec/x/start"])
def test_a_timeout_covers_all_that_execute_asks(mode: str, silence: str) -> None:
    routes: dict[str, Route] = {"/containers/x/exec": reply(201, b'{"Id":"x"}'), silence: silent}
    with Routed({**routes, "*": PROCESS}) as peer:
        found, taken = do(
            mode,
            peer.host,
            lambda engine, wait: engine.execute("x", ["true"], timeout=1, on_timeout="leave"),
            hung=5,
        )
    assert isinstance(found, errors.TimedOut | errors.ExecuteTimedOut), repr(found)
    assert 0.9 < taken < 5


@each_mode
@pytest.mark.parametrize("silence", ["/containers/x/exec", "/exec/x/json"])
def test_the_engine_s_timeout_covers_the_calls_of_execute(mode: str, silence: str) -> None:
    upgraded = b"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
    routes: dict[str, Route] = {
        "/containers/x/exec": reply(201, b'{"Id":"x"}'),
        "/exec/x/start": upgraded + b"\1\0\0\0\0\0\0\1a",
        "/exec/x/json": silent,
        silence: silent,
    }

    async def run(host: str) -> None:
        async with moorage.connect_async(v1_41.AsyncEngine, host=host, timeout=1) as engine:
            await engine.execute("x", ["true"])

    def run_sync(host: str) -> None:
        with moorage.connect(v1_41.Engine, host=host, timeout=1) as engine:
            engine.execute("x", ["true"])

    with Routed(routes) as peer:
        host = peer.host
        found, taken = in_time(
            (lambda: run_sync(host)) if mode == "sync" else lambda: asyncio.run(run(host)), 5
        )
    assert isinstance(found, errors.TimedOut | errors.ExecuteTimedOut), repr(found)
    assert str(found)
    assert 0.9 < taken < 5


@each_mode
@pytest.mark.parametrize("part", ["head", "body"])
def test_a_timeout_covers_an_answer_that_drips(mode: str, part: str) -> None:
    head, _, body = reply(200, b"[" + b" " * 500 + b"]").partition(b"\r\n\r\n")

    def drip(connection: socket.socket) -> None:
        whole = head + b"\r\n\r\n" + body
        begun = 0 if part == "head" else len(head) + 4
        connection.sendall(whole[:begun])
        closed = threading.Event()
        for place in range(begun, len(whole)):
            connection.sendall(whole[place : place + 1])
            closed.wait(0.2)

    with Routed({"*": drip}) as peer:
        found, taken = do(mode, peer.host, OPERATIONS["list"], 1, 6)
    assert isinstance(found, errors.TimedOut), repr(found)
    assert 0.9 < taken < 6


@each_mode
@pytest.mark.parametrize("seconds", [30 * 86400.0, 1e10, math.inf])
def test_long_timeouts_wait(mode: str, seconds: float) -> None:
    hello = reply(200, b"\1\0\0\0\0\0\0\1a", kind=FRAMES, length=None)
    upgraded = b"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
    # The peer closes each connection: without the header, a POST may be lost to that.
    last = ("Connection", "close")
    ended = reply(200, b'{"Running":false,"ExitCode":0,"ProcessConfig":{"tty":false}}', last)
    routes: dict[str, Route] = {
        "/containers/json": reply(200, b"[]", last),
        "/containers/x/logs": hello,
        "/containers/x/exec": reply(201, b'{"Id":"x"}', last),
        "/exec/x/start": upgraded + b"\1\0\0\0\0\0\0\1a",
        "/exec/x/json": ended,
        "/containers/x/archive": reply(200),
    }
    wait: dict[str, Any] = {"idle_timeout": seconds, "total_timeout": seconds}

    async def ask(host: str) -> None:
        async with moorage.connect_async(
            v1_41.AsyncEngine, host=host, timeout=seconds, connect_timeout=seconds
        ) as engine:
            assert await engine.containers.list() == []
            assert await engine.containers.list(timeout=seconds) == []
            async with engine.containers.logs("x", stdout=True, **wait) as logs:
                assert (await logs.read()).stdout == b"a"
            assert (await engine.execute("x", ["true"], timeout=seconds)).stdout == b"a"
            await engine.containers.put_archive("x", b"tar", path="/", **wait)

    def ask_sync(host: str) -> None:
        with moorage.connect(
            v1_41.Engine, host=host, timeout=seconds, connect_timeout=seconds
        ) as engine:
            assert engine.containers.list() == []
            assert engine.containers.list(timeout=seconds) == []
            with engine.containers.logs("x", stdout=True, **wait) as logs:
                assert logs.read().stdout == b"a"
            assert engine.execute("x", ["true"], timeout=seconds).stdout == b"a"
            engine.containers.put_archive("x", b"tar", path="/", **wait)

    with Routed(routes) as peer:
        host = peer.host
        found, _ = in_time(
            (lambda: ask_sync(host)) if mode == "sync" else lambda: asyncio.run(ask(host))
        )
    assert found is None, repr(found)


@each_mode
@pytest.mark.parametrize("operation", ["list", "frames", "upload", "exec", "request"])
@pytest.mark.parametrize(
    "body", [b"x" * 10_000_000, b'{"message":"' + b"x" * 10_000_000 + b'"}'], ids=["text", "JSON"]
)
def test_a_long_error_is_cut(mode: str, operation: str, body: bytes) -> None:
    found = outcome(mode, reply(500, body), operation)
    assert type(found) is errors.ServerError
    assert "xxx" in found.message
    assert len(found.message) < 5000
    assert len(str(found)) < 5000


@each_mode
@pytest.mark.parametrize("operation", ["list", "object", "text", "frames", "pull", "request"])
@pytest.mark.parametrize("coding", ["gzip", "br", "deflate"])
def test_an_encoded_body_is_not_decoded(mode: str, operation: str, coding: str) -> None:
    answer = reply(200, BOMB, ("Content-Encoding", coding))
    with Routed({"*": answer}) as peer:
        tracemalloc.start()
        try:
            found, _ = do(mode, peer.host, OPERATIONS[operation])
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert isinstance(found, errors.InvalidAnswer), repr(found)
    assert most < 30_000_000


@each_mode
def test_a_file_told_of_in_url_safe_base64(mode: str) -> None:
    data = '{"name":"~~~???>>>ÿÿÿ","size":3,"mode":420,"mtime":"2024-01-01T00:00:00Z"}'
    value = base64.urlsafe_b64encode(data.encode())
    assert {*b"-_"} & {*value}
    found = outcome(mode, path_stat(value), "path-stat")
    assert (found.name, found.size, found.mode & 0o777) == ("~~~???>>>ÿÿÿ", 3, 0o644)


@each_mode
def test_podman_says_no_to_a_push(mode: str) -> None:
    body = b'{"errorDetail":{"message":"denied: go away"},"error":"denied: go away"}\n'
    found = outcome(mode, reply(500, body), "pull")
    assert isinstance(found, errors.ServerError | errors.OperationFailed), repr(found)
    assert found.message == "denied: go away"


@each_mode
def test_podman_says_no_in_an_answer_that_began_well(mode: str) -> None:
    body = b'{"cause":"stopped","message":"the container is stopped","response":409}\n'
    with Routed({"*": reply(200, body)}) as peer:
        found, _ = do(
            mode,
            peer.host,
            lambda engine, wait: engine.containers.stats("x", stream=False, **wait),
        )
    assert isinstance(found, errors.APIError | errors.OperationFailed), repr(found)
    assert "the container is stopped" in str(found)
