"""Ordinary calls: the connections they share, retries, timeouts, hooks, the log, the escape."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from math import inf
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

import moorage
from moorage import RegistryAuth, errors
from moorage.host import parse_host
from moorage.request import Options
from moorage.transport.hooks import EventHooks
from moorage.transport.sync import Transport
from moorage_api import v1_41
from tests.facade.call import MODES, begun, call, request
from tests.facade.canary import CANARY, shown
from tests.facade.peer import Peer, Step, answer, chunked, head

each_mode = pytest.mark.parametrize("mode", MODES)


class Keeping:
    """An engine that keeps connections: each is a list of what to do with its requests."""

    def __init__(self, *connections: list[bytes | None]) -> None:
        self.requests: list[list[bytes]] = []
        self._connections = list(connections)

    def __call__(self, listener: socket.socket) -> None:
        for script in self._connections:
            with listener.accept()[0] as connection:
                connection.settimeout(10)
                self.requests.append([])
                for step in script:
                    data = b""
                    while b"\r\n\r\n" not in data:
                        more = connection.recv(65536)
                        if not more:
                            return
                        data += more
                    self.requests[-1].append(data.partition(b"\r\n")[0])
                    if step is None:
                        break
                    connection.sendall(step)


@contextlib.contextmanager
def keeping(peer: Keeping, path: Any) -> Iterator[str]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=peer, args=[listener], daemon=True)
        thread.start()
        yield f"unix://{path}"
        thread.join(10)
        assert not thread.is_alive()


OK = head(200, {"Content-Type": "application/json", "Content-Length": "2"}) + b"{}"


def calls(mode: str, host: str, *methods: str) -> list[Any]:
    """Make calls on one engine; returns what each gave, or raised."""
    found: list[Any] = []

    async def run() -> None:
        async with moorage.connect_async(v1_41.AsyncEngine, host=host) as engine:
            for method in methods:
                try:
                    found.append((await engine.request(method, "/x")).status)
                except moorage.EngineError as error:
                    found.append(error)

    if mode == "async":
        asyncio.run(run())
        return found
    with moorage.connect(v1_41.Engine, host=host) as engine:
        for method in methods:
            try:
                found.append(engine.request(method, "/x").status)
            except moorage.EngineError as error:
                found.append(error)
    return found


@each_mode
def test_calls_share_a_connection(mode: str, tmp_path: Any) -> None:
    peer = Keeping([OK, OK, OK])
    with keeping(peer, tmp_path / "s") as host:
        assert calls(mode, host, "GET", "POST", "GET") == [200, 200, 200]
    assert [len(each) for each in peer.requests] == [3]


@each_mode
def test_a_safe_call_is_repeated_once_on_a_new_connection(mode: str, tmp_path: Any) -> None:
    peer = Keeping([OK, None], [OK])
    with keeping(peer, tmp_path / "s") as host:
        assert calls(mode, host, "GET", "GET") == [200, 200]
    assert [len(each) for each in peer.requests] == [2, 1]


@each_mode
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_the_engine_may_have_done_is_not_repeated(
    mode: str, method: str, tmp_path: Any
) -> None:
    peer = Keeping([OK, None])
    with keeping(peer, tmp_path / "s") as host:
        first, second = calls(mode, host, "GET", method)
    assert first == 200
    assert type(second) is errors.ConnectionFailed
    assert "lost before a response came" in str(second)
    assert [len(each) for each in peer.requests] == [2]


@each_mode
def test_the_first_call_of_a_connection_is_not_repeated(mode: str, tmp_path: Any) -> None:
    peer = Keeping([None])
    with keeping(peer, tmp_path / "s") as host:
        (error,) = calls(mode, host, "GET")
    assert type(error) is errors.ConnectionFailed
    assert [len(each) for each in peer.requests] == [1]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_not_sent_is_sent_on_a_new_connection(
    method: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The pool looks whether the connection has ended; here it ends just after that.
    monkeypatch.setattr("moorage.transport.channel.Channel.readable", False)
    ended = threading.Event()

    class Ending(Keeping):
        def __call__(self, listener: socket.socket) -> None:
            connections, self._connections = self._connections, self._connections[:1]
            super().__call__(listener)
            ended.set()
            self._connections = connections[1:]
            super().__call__(listener)

    peer = Ending([OK], [OK])
    with (
        keeping(peer, tmp_path / "s") as host,
        moorage.connect(v1_41.Engine, host=host) as engine,
    ):
        engine.request("GET", "/x")
        assert ended.wait(10)
        assert engine.request(method, "/x").status == 200
    assert [len(each) for each in peer.requests] == [1, 1]


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


@each_mode
def test_a_timeout_of_a_call(mode: str) -> None:
    with Peer(silent) as peer, pytest.raises(errors.TimedOut, match="did not answer in time"):
        call(mode, peer.host, "json", request(), options=Options(timeout=0.05))


@each_mode
def test_a_call_may_wait_longer_than_others(mode: str) -> None:
    with Peer(answer(200, 1)) as peer:
        options = Options(timeout=inf)
        assert call(mode, peer.host, "json", request(), limit=0.001, options=options) == 1


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_no_such_timeout(timeout: float) -> None:
    with moorage.connect(v1_41.Engine, host="unix:///x") as engine:  # noqa: SIM117
        with pytest.raises(ValueError, match="timeout must be above zero"):
            engine.containers.list(timeout=timeout)


# Forks


def in_a_fork(child: Callable[[], str]) -> str:
    """Return what a function returns in a process that is forked off."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # there may be other threads
        pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            os.write(writing, child().encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said


def test_a_fork_has_connections_of_its_own(tmp_path: Any) -> None:
    peer = Keeping([OK, OK], [OK])

    class Both(Keeping):
        def __call__(self, listener: socket.socket) -> None:
            with listener.accept()[0] as first:
                self.requests.append([first.recv(65536)])
                first.sendall(OK)
                with listener.accept()[0] as second:
                    self.requests.append([second.recv(65536)])
                    second.sendall(OK)
                    assert second.recv(1) == b""
                # The child's end did not end it.
                self.requests[0].append(first.recv(65536))
                first.sendall(OK)

    peer = Both()
    with (
        keeping(peer, tmp_path / "s") as host,
        moorage.connect(v1_41.Engine, host=host) as engine,
    ):
        engine.request("GET", "/x")
        assert in_a_fork(lambda: str(engine.request("GET", "/y").status)) == "200"
        assert engine.request("GET", "/z").status == 200
    assert [[each.split()[1] for each in both] for both in peer.requests] == [
        [b"/v1.41/x", b"/v1.41/z"],
        [b"/v1.41/y"],
    ]


def test_a_stream_is_not_a_forks() -> None:
    def slow(connection: socket.socket) -> None:
        connection.sendall(chunked(b'{"a":1}', end=False))
        assert connection.recv(1) == b"x"
        connection.sendall(b"7\r\n" + b'{"a":2}' + b"\r\n0\r\n\r\n")

    with Peer(slow) as peer:
        transport = Transport(parse_host(peer.host), "1.41")
        stream = begun(transport, "json_stream", request())
        assert next(stream) == {"a": 1}

        def child() -> str:
            try:
                next(stream)
            except moorage.EngineError as error:
                return str(error)
            return "it went on"

        assert in_a_fork(child) == "Operation: the connection is closed"
        stream._source.exchange.channel._socket.send(b"x")
        assert next(stream) == {"a": 2}
        transport.close()


# The log, and hooks


@each_mode
def test_the_log(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    with Peer(answer(200, 1), answer(404, {"message": "x"}), chunked(b"{}")) as peer:
        call(mode, peer.host, "json", request())
        assert not [each for each in caplog.records if each.name.startswith("moorage")]
        caplog.set_level(logging.DEBUG, "moorage")
        with pytest.raises(errors.NotFound):
            call(mode, peer.host, "nothing", request())
        call(mode, peer.host, "json_stream", request())
    with pytest.raises(errors.ConnectionFailed):
        call(mode, peer.host, "json", request())
    lines = [each.getMessage() for each in caplog.records if each.name.startswith("moorage")]
    assert [line.partition(" in ")[0] for line in lines] == [
        "Operation 404",
        "Operation 200",
        "Operation ConnectionFailed",
    ]
    assert all(line.endswith(" ms") for line in lines)


@each_mode
def test_hooks_see_calls_and_streams_and_may_add_headers(mode: str) -> None:
    seen: list[str] = []

    def asked(sent: httpx.Request) -> None:
        seen.append(f"{sent.method} {sent.url.path}")
        sent.headers["Traceparent"] = "00-trace"

    def answered(got: httpx.Response) -> None:
        seen.append(f"{got.status_code} {got.request.url.path}")

    async def asked_async(sent: httpx.Request) -> None:
        asked(sent)

    async def answered_async(got: httpx.Response) -> None:
        answered(got)

    async def run(host: str) -> None:
        hooks: EventHooks = {"request": [asked_async], "response": [answered_async]}
        async with moorage.connect_async(v1_41.AsyncEngine, host=host, event_hooks=hooks) as engine:
            await engine.system.version()
            await engine.request("PUT", "/z", content=b"data")

    with Peer(answer(200, {}), answer()) as peer:
        if mode == "async":
            asyncio.run(run(peer.host))
        else:
            both: EventHooks = {"request": [asked], "response": [answered]}
            with moorage.connect(v1_41.Engine, host=peer.host, event_hooks=both) as engine:
                engine.system.version()
                engine.request("PUT", "/z", content=b"data")
    assert seen == ["GET /v1.41/version", "200 /v1.41/version", "PUT /v1.41/z", "200 /v1.41/z"]
    assert all("traceparent: 00-trace" in each.lower() for each in peer.requests)
    assert peer.bodies == [b"", b"data"]
    assert peer.requests[1].lower().count("content-length") == 1


# Requests outside the specifications


@each_mode
def test_the_escape_hatch(mode: str) -> None:
    with Peer(answer(200, {"a": 1}, X_Word="word"), answer(409, {"message": "no"})) as peer:

        async def run() -> Any:
            async with moorage.connect_async(v1_41.AsyncEngine, host=peer.host) as engine:
                got = await engine.request(
                    "get", "/a%20b/c:d", query={"x": ["1", True], "y": None}, headers={"X-A": "b"}
                )
                with pytest.raises(moorage.Conflict, match="POST /e: no"):
                    await engine.request("POST", "/e", json=v1_41.HostConfig(memory=1))
                return got

        if mode == "async":
            got = asyncio.run(run())
        else:
            with moorage.connect(v1_41.Engine, host=peer.host) as engine:
                got = engine.request(
                    "get", "/a%20b/c:d", query={"x": ["1", True], "y": None}, headers={"X-A": "b"}
                )
                with pytest.raises(moorage.Conflict, match="POST /e: no"):
                    engine.request("POST", "/e", json=v1_41.HostConfig(memory=1))
    assert (got.status, got.headers["x-word"], got.json()) == (200, "word", {"a": 1})
    assert peer.lines == ["GET /v1.41/a%20b/c:d?x=1&x=true", "POST /v1.41/e"]
    assert "X-A: b" in peer.requests[0]
    assert peer.bodies[1] == b'{"Memory":1}'


@pytest.mark.parametrize(
    "path",
    [
        "",
        "x",
        "/a b",
        "/a\r\nX: y",
        "/a\n",
        "/a?b",
        "/a#b",
        "/ä",
        "/%zz",
        "//a",
        "/a/../b",
        "/.",
        "/a/",
    ],
)
def test_no_such_path(path: str) -> None:
    with (
        moorage.connect(v1_41.Engine, host="unix:///x") as engine,
        pytest.raises(ValueError, match="is not a path: it begins with /"),
    ):
        engine.request("GET", path)


def test_what_is_no_request() -> None:
    with moorage.connect(v1_41.Engine, host="unix:///x") as engine:
        with pytest.raises(ValueError, match="not a method of HTTP"):
            engine.request("GET /x HTTP/1.1\r\n", "/x")
        with pytest.raises(ValueError, match="not both"):
            engine.request("POST", "/x", json=1, content=b"1")


# Nothing reaches the wire unescaped


NAMES = {
    "../x": None,
    "a/../b": None,
    "..": None,
    "": None,
    "/a": "a",
    "//a": None,
    "%2e%2e%2fx": "%252e%252e%252fx",
    "a%2fb": "a%252fb",
    "a b": "a%20b",
    "a?b=c": "a%3Fb%3Dc",
    "a#b": "a%23b",
    "a\r\nX: y": "a%0D%0AX:%20y",
    "ä": "%C3%A4",
    "a\\b": "a%5Cb",
    "registry:5000/a/b:1@sha256:0": "registry:5000/a/b:1@sha256:0",
}


@each_mode
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_names_in_paths(mode: str, name: str, stream: bool) -> None:
    quoted = NAMES[name]
    script: list[Step] = [answer(200, {} if not stream else b"")] if quoted else []

    async def run(host: str) -> None:
        async with moorage.connect_async(v1_41.AsyncEngine, host=host) as engine:
            if stream:
                await engine.containers.export(name).write_to(os.devnull)
            else:
                await engine.containers.inspect(name)

    def run_sync(host: str) -> None:
        with moorage.connect(v1_41.Engine, host=host) as engine:
            if stream:
                engine.containers.export(name).write_to(os.devnull)
            else:
                engine.containers.inspect(name)

    refused = pytest.raises(ValueError, match="can't be part of a path")
    with Peer(*script) as peer, contextlib.nullcontext() if quoted else refused:
        asyncio.run(run(peer.host)) if mode == "async" else run_sync(peer.host)
    what = "export" if stream else "json"
    assert peer.lines == ([f"GET /v1.41/containers/{quoted}/{what}"] if quoted else [])


@each_mode
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("value", [f"{CANARY}\r\nX: y", f"{CANARY}\n", f"{CANARY}\0", f"{CANARY}€"])
def test_headers_with_line_breaks(mode: str, value: str, stream: bool) -> None:
    kind = "json_stream" if stream else "json"
    with Peer() as peer, pytest.raises(errors.EngineError) as caught:
        call(mode, peer.host, kind, request(headers={"X-A": value}))
    assert "can't carry" in str(caught.value)
    assert shown(caught.value) == []


# Secrets


CUT: list[Step] = [b"", b"HTTP/1.1 200 OK\r\n", b"nonsense\r\n\r\n", answer(500, {"message": "x"})]


@each_mode
@pytest.mark.parametrize("step", CUT)
@pytest.mark.parametrize("listens", [True, False])
def test_no_error_shows_a_secret(
    mode: str, step: Step, listens: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    auth = RegistryAuth("me", CANARY, identity_token=CANARY, registry_token=CANARY)
    acts: list[Callable[[Any], Any]] = [
        lambda engine: engine.system.auth(password=CANARY),
        lambda engine: engine.system.auth(v1_41.AuthConfig(password=CANARY)),
        lambda engine: engine.swarm.join(join_token=CANARY),
        lambda engine: engine.swarm.unlock(unlock_key=CANARY),
        lambda engine: engine.secrets.create(name="x", data=CANARY.encode()),
        lambda engine: engine.images.push("x", registry_auth=auth).one(),
        lambda engine: engine.images.create(from_image="x", registry_auth=auth).one(),
        lambda engine: engine.distribution.inspect("x", registry_auth=auth),
        lambda engine: engine.request("GET", "/x", headers={"X-Registry-Auth": CANARY}),
        lambda engine: engine.request("POST", "/x", json={"a": CANARY}),
    ]

    async def awaited(host: str, act: Callable[[Any], Any]) -> None:
        async with moorage.connect_async(v1_41.AsyncEngine, host=host) as engine:
            await act(engine)

    def run(host: str, act: Callable[[Any], Any]) -> None:
        if mode == "async":
            asyncio.run(awaited(host, act))
        else:
            with moorage.connect(v1_41.Engine, host=host) as engine:
                act(engine)

    for act in acts:
        with Peer(*([step] if listens else [])) as peer:
            host = peer.host if listens else f"{peer.host}-none"
            with pytest.raises(moorage.EngineError) as caught:
                run(host, act)
        assert shown(caught.value) == []
    assert CANARY not in caplog.text
    assert CANARY not in repr(auth)


# Cancellation


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_call_that_is_cancelled_closes_its_connection(backend: str) -> None:
    arrived, ended = threading.Event(), threading.Event()

    def wait_for_the_end(connection: socket.socket) -> None:
        arrived.set()
        while connection.recv(65536):
            pass
        ended.set()

    async def run(host: str) -> None:
        async with moorage.connect_async(v1_41.AsyncEngine, host=host) as engine:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(engine.system.version)
                assert await anyio.to_thread.run_sync(arrived.wait, 10)
                tasks.cancel_scope.cancel()
            # Now, not when the engine is closed.
            assert await anyio.to_thread.run_sync(ended.wait, 10)
            assert (await engine.system.version()).version == "1"

    with Peer(wait_for_the_end, answer(200, {"Version": "1"})) as peer:
        anyio.run(run, peer.host, backend=backend)


def test_one_asynchronous_engine_in_two_event_loops_at_once() -> None:
    both = threading.Barrier(2, timeout=10)
    results: list[Any] = []

    def slow(connection: socket.socket) -> None:
        both.wait()  # until each loop waits for its response
        connection.sendall(answer(200, {"Version": "1"}))

    async def ask(engine: v1_41.AsyncEngine) -> None:
        results.append((await engine.system.version()).version)

    with Peer(slow, slow) as peer:

        async def made() -> v1_41.AsyncEngine:
            return await moorage.connect_async(v1_41.AsyncEngine, host=peer.host)

        engine = asyncio.run(made())
        threads = [
            threading.Thread(target=lambda: asyncio.run(ask(engine)), daemon=True) for _ in "ab"
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join(10)
        asyncio.run(engine.aclose())
    assert results == ["1", "1"]
