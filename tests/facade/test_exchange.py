"""Connections that streams and uploads have for themselves, against a peer that misbehaves."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

from moorage import errors
from moorage.host import parse_host
from moorage.request import Options, Process
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.sync import Transport
from moorage.wire.frames import Frame
from tests.facade.call import MODES, begun, call, request
from tests.facade.peer import Peer, answer, chunked, head

UPGRADED = head(101, {"Connection": "Upgrade", "Upgrade": "tcp"})
FRAME = b"\1\0\0\0\0\0\0\1a"
each_mode = pytest.mark.parametrize("mode", MODES)


def attach(**more: Any) -> Any:
    process = Process("/x/json", ("Tty",), running=("Status",), started=("At",), **more)
    return request("POST", process=process, upgrade="tcp")


def told(status: str = "exited", **more: Any) -> bytes:
    return answer(200, {"Tty": False, "Status": status, "At": "2026-01-01"} | more)


def silent(connection: socket.socket) -> None:
    assert connection.recv(1) == b"", "the client did not close"


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


# Uploads


class Source:
    """Make everything that can be sent, anew for each test."""

    data = bytes(range(256)) * 12_000

    def __init__(self, folder: Path) -> None:
        self.path = folder / "archive"
        self.path.write_bytes(self.data)

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), 100_000):
            yield self.data[start : start + 100_000]

    async def chunks_async(self) -> AsyncIterator[bytes]:
        for each in self.chunks():
            yield each


SOURCES: dict[str, Callable[[Source], Any]] = {
    "bytes": lambda source: source.data,
    "bytearray": lambda source: bytearray(source.data),
    "memoryview": lambda source: memoryview(source.data),
    "str": lambda source: str(source.path),
    "path": lambda source: source.path,
    "file": lambda source: source.path.open("rb"),
    "unbuffered": lambda source: source.path.open("rb", buffering=0),
    "memory": lambda source: io.BytesIO(source.data),
    "iterator": Source.chunks,
    "list": lambda source: [source.data[:5], b"", source.data[5:]],
    "asynchronous": Source.chunks_async,
}
KNOWN = {"bytes", "bytearray", "memoryview", "str", "path", "file", "unbuffered"}


def dechunked(text: bytes) -> bytes:
    data = b""
    while text:
        size, _, text = text.partition(b"\r\n")
        data, text = data + text[: int(size, 16)], text[int(size, 16) + 2 :]
    return data


@each_mode
@pytest.mark.parametrize("name", SOURCES)
def test_what_can_be_sent(mode: str, name: str, tmp_path: Path) -> None:
    if (mode, name) == ("sync", "asynchronous"):
        pytest.skip("for asynchronous engines only")
    source = Source(tmp_path)
    sent: list[int] = []
    content = SOURCES[name](source)
    options = Options(progress=sent.append)
    with Peer(answer()) as peer:
        call(mode, peer.host, "nothing", request("PUT", content=content), options=options)
    if name in ("file", "unbuffered"):
        assert not content.closed  # it is its owner's to close
        content.close()
    known = "content-length: 3072000" in peer.requests[0].lower()
    assert known == (name in KNOWN)
    assert (peer.bodies[0] if known else dechunked(peer.bodies[0])) == source.data
    assert sent == sorted(sent)
    assert sent[-1] == len(source.data)


@each_mode
def test_a_file_is_sent_from_where_it_stands(mode: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"0123456789")
    with Peer(answer()) as peer, (tmp_path / "f").open("rb") as file:
        file.seek(4)
        call(mode, peer.host, "nothing", request("PUT", content=file))
    assert peer.bodies == [b"456789"]


@each_mode
@pytest.mark.parametrize("content", ["/nowhere/x", ["text"], io.StringIO("text")])
def test_what_can_not_be_sent(mode: str, content: Any) -> None:
    files = open_files()
    with Peer() as peer, pytest.raises((FileNotFoundError, TypeError)):
        call(mode, peer.host, "nothing", request("PUT", content=content))
    assert open_files() == files


@each_mode
def test_a_file_that_becomes_shorter_meanwhile(mode: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 3_000_000)
    cutting = Options(progress=lambda sent: os.truncate(tmp_path / "f", 1_500_000))
    sent = request("PUT", content=tmp_path / "f")
    with Peer() as peer, pytest.raises(errors.EngineError, match="bytes shorter while"):
        call(mode, peer.host, "nothing", sent, options=cutting)


@each_mode
def test_an_engine_that_refuses_before_all_is_sent(mode: str) -> None:
    sent: list[int] = []

    def refuse(connection: socket.socket) -> None:
        connection.sendall(answer(404, {"message": "no such container"}))
        while connection.recv(65536):
            pass

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 100_000

    class Refusing(Peer):
        def _read(self, connection: socket.socket) -> bool:
            return connection.recv(100) != b""

    with Refusing(refuse) as peer, pytest.raises(errors.NotFound):
        options = Options(progress=sent.append)
        call(mode, peer.host, "nothing", request("PUT", content=endless()), options=options)
    assert max(sent, default=0) < 50_000_000


# Hijacked connections


def sessions(
    mode: str, host: str, talk: Callable[[Any], Iterator[Any]], sent: Any = None
) -> list[Frame]:
    """Open a session, do what `talk` yields, e.g. ("write", b"in"), and read to the end."""
    asked = attach() if sent is None else sent

    async def talk_async() -> list[Frame]:
        transport = AsyncTransport(parse_host(host))
        try:
            async with begun(transport, "hijack", asked) as session:
                for name, *args in talk(session):
                    await getattr(session, name)(*args)
                return [frame async for frame in session]
        finally:
            await transport.aclose()

    if mode == "async":
        return asyncio.run(talk_async())
    transport = Transport(parse_host(host))
    try:
        with begun(transport, "hijack", asked) as session:
            for name, *args in talk(session):
                getattr(session, name)(*args)
            return list(session)
    finally:
        transport.close()


def nothing(session: Any) -> Iterator[Any]:
    yield from ()


@each_mode
def test_an_upgrade_that_is_granted(mode: str) -> None:
    def echo(connection: socket.socket) -> None:
        connection.sendall(UPGRADED)
        assert connection.recv(10) == b"in"
        connection.sendall(FRAME)

    with Peer(echo, told(), told()) as peer:
        got = sessions(mode, peer.host, lambda session: iter([("write", b"in")]))
    assert got == [("stdout", b"a")]


@each_mode
def test_output_without_an_upgrade(mode: str) -> None:
    # Engines behind a proxy that drops the header answer by a plain 200, and the end ends it.
    plain = head(200, {"Content-Type": "raw-stream"}) + FRAME
    with Peer(plain, told(), told()) as peer:
        assert sessions(mode, peer.host, nothing) == [("stdout", b"a")]


@each_mode
@pytest.mark.parametrize(
    "plain", [chunked(FRAME, kind="raw-stream"), head(200, {"Content-Type": "raw-stream"}) + FRAME]
)
def test_input_needs_an_upgrade(mode: str, plain: bytes) -> None:
    with (
        Peer(plain, told()) as peer,
        pytest.raises(errors.EngineError, match=r"not upgraded .*takes no input"),
    ):
        sessions(mode, peer.host, lambda session: iter([("write", b"in")]))


@each_mode
def test_an_end_while_the_process_runs_is_a_cut(mode: str) -> None:
    running = [told("running")] * 10
    with (
        Peer(UPGRADED + FRAME, *running) as peer,
        pytest.raises(errors.StreamInterrupted, match="and the process has not, after 9 bytes"),
    ):
        sessions(mode, peer.host, nothing)


@each_mode
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (told("running"), told("exited")),
        (told("running"), answer(404, {"message": "no such container"})),
        (told("running"), told("running", At="2026-01-02")),  # it is another run
    ],
)
def test_an_end_that_the_engine_explains(mode: str, before: bytes, after: bytes) -> None:
    with Peer(UPGRADED + FRAME, before, after) as peer:
        assert sessions(mode, peer.host, nothing) == [("stdout", b"a")]


@each_mode
def test_an_end_that_the_engine_does_not_explain(mode: str) -> None:
    with (
        Peer(UPGRADED + FRAME, told("running"), answer(500, {"message": "oh"})) as peer,
        pytest.raises(errors.StreamInterrupted, match="does not say why"),
    ):
        sessions(mode, peer.host, nothing)


@each_mode
def test_an_end_after_the_detach_keys(mode: str) -> None:
    def detached(connection: socket.socket) -> None:
        connection.sendall(UPGRADED)
        # One by one, as Podman wants them.
        assert [connection.recv(10), connection.recv(10)] == [b"\x01", b"x"]

    tty = {"Tty": True}
    asked = attach().changed(query={"detachKeys": "ctrl-a,x"})
    with Peer(detached, *[told("running", **tty)] * 3) as peer:
        assert sessions(mode, peer.host, lambda session: iter([("detach",)]), asked) == []


def echo_of(length: int) -> Callable[[socket.socket], None]:
    def echo(connection: socket.socket) -> None:
        # Without anyone who reads, this stops as soon as the buffers are full.
        connection.sendall(UPGRADED)
        left = length
        while left:
            piece = connection.recv(65536)
            left -= len(piece)
            connection.sendall(b"\1\0\0\0" + len(piece).to_bytes(4, "big") + piece)

    return echo


@each_mode
def test_who_writes_more_than_is_taken_keeps_what_comes(mode: str) -> None:
    data = b"x" * 5_000_000

    with Peer(echo_of(len(data)), told(), told()) as peer:
        got = sessions(mode, peer.host, lambda session: iter([("write", data)]))
    assert b"".join(frame.data for frame in got) == data


def test_one_thread_reads_while_another_writes() -> None:
    data = b"x" * 3_000_000

    with Peer(echo_of(len(data)), told(), told()) as peer:
        transport = Transport(parse_host(peer.host))
        with begun(transport, "hijack", attach()) as session:
            writer = threading.Thread(target=session.write, args=[data])
            writer.start()
            assert sum(len(frame.data) for frame in session) == len(data)
            writer.join()
        transport.close()


# Ends


def test_a_stream_is_closed_by_another_thread() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(UPGRADED)
        silent(connection)

    reading = threading.Event()
    with Peer(endless, told()) as peer:
        transport = Transport(parse_host(peer.host))
        session = begun(transport, "hijack", attach())
        caught: list[Exception] = []

        def read() -> None:
            closed = pytest.raises(errors.EngineError, match="the connection is closed")
            with closed as error, session:
                reading.set()
                list(session)
            caught.append(error.value)

        reader = threading.Thread(target=read)
        reader.start()
        assert reading.wait(10)
        session.close()
        reader.join(10)
        assert not reader.is_alive()
        transport.close()
    assert len(caught) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_stream_is_closed_by_another_task(backend: str) -> None:
    async def main() -> None:
        transport = AsyncTransport(parse_host(peer.host))
        stream = begun(transport, "json_stream", request())

        async def read() -> None:
            with pytest.raises(errors.EngineError, match="the connection is closed"):
                async for item in stream:
                    got.append(item)
                    arrived.set()

        got: list[Any] = []
        arrived = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            await arrived.wait()
            await stream.aclose()
        assert got == [{"a": 1}]
        await transport.aclose()

    def endless(connection: socket.socket) -> None:
        connection.sendall(chunked(b'{"a":1}\n', end=False))
        silent(connection)

    with Peer(endless) as peer:
        anyio.run(main, backend=backend)


@each_mode
def test_closing_the_engine_closes_its_streams(mode: str) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(chunked(b'{"a":1}\n', end=False))
        silent(connection)

    async def main() -> None:
        transport = AsyncTransport(parse_host(peer.host))
        stream = begun(transport, "json_stream", request())
        assert await anext(stream) == {"a": 1}
        await transport.aclose()
        with pytest.raises(errors.EngineError, match="closed"):
            await anext(stream)
        with pytest.raises(errors.EngineError, match="this engine was closed"):
            await anext(begun(transport, "json_stream", request()))

    with Peer(endless) as peer:
        if mode == "async":
            asyncio.run(main())
            return
        transport = Transport(parse_host(peer.host))
        stream = begun(transport, "json_stream", request())
        assert next(stream) == {"a": 1}
        transport.close()
        with pytest.raises(errors.EngineError, match="closed"):
            next(stream)
        with pytest.raises(errors.EngineError, match="this engine was closed"):
            next(begun(transport, "json_stream", request()))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_task_that_is_cancelled_lets_go(backend: str) -> None:
    files = open_files()

    def endless(connection: socket.socket) -> None:
        connection.sendall(chunked(b'{"a":1}\n', end=False))
        silent(connection)
        closed.set()

    async def main() -> None:
        transport = AsyncTransport(parse_host(peer.host))
        with anyio.CancelScope() as scope:
            async for _ in begun(transport, "json_stream", request()):
                scope.cancel()
        assert scope.cancelled_caught
        assert await anyio.to_thread.run_sync(closed.wait, 10)
        await transport.aclose()

    closed = threading.Event()
    with Peer(endless) as peer:
        anyio.run(main, backend=backend)
    assert open_files() == files


@each_mode
def test_a_stream_that_is_dropped_lets_go(mode: str) -> None:
    closed = threading.Event()

    def endless(connection: socket.socket) -> None:
        connection.sendall(chunked(b'{"a":1}\n', end=False))
        silent(connection)
        closed.set()

    async def main(unread: bool) -> None:
        transport = AsyncTransport(parse_host(peer.host))
        stream = begun(transport, "json_stream", request())
        await (stream.__aenter__() if unread else anext(stream))
        del stream
        assert await anyio.to_thread.run_sync(closed.wait, 10)
        await transport.aclose()

    for unread in (False, True):
        closed.clear()
        with Peer(endless) as peer:
            if mode == "async":
                asyncio.run(main(unread))
                continue
            transport = Transport(parse_host(peer.host))
            stream = begun(transport, "json_stream", request())
            stream.__enter__() if unread else next(stream)
            del stream
            assert closed.wait(10)
            transport.close()


# Timeouts


@each_mode
@pytest.mark.parametrize("which", ["idle", "total"])
def test_a_stream_times_out_only_if_asked_to(mode: str, which: str) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(chunked(b'{"a":1}\n', end=False))
        silent(connection)

    got: list[Any] = []
    options = Options(idle_timeout=0.1) if which == "idle" else Options(total_timeout=0.1)
    with (
        Peer(endless) as peer,
        pytest.raises(errors.TimedOut, match=f"the {which} timeout .0.1 s. expired") as caught,
    ):
        # The limit of ordinary answers is none of its.
        call(mode, peer.host, "json_stream", request(), got=got, limit=0.01, options=options)
    assert got == [{"a": 1}]
    assert caught.value.received == len(b'{"a":1}\n')


@each_mode
def test_the_idle_timeout_begins_anew_with_every_byte(mode: str) -> None:
    def slow(connection: socket.socket) -> None:
        connection.sendall(chunked(end=False))
        for _ in range(6):
            paused.wait(0.1)
            connection.sendall(b"1\r\na\r\n")
        connection.sendall(b"0\r\n\r\n")

    paused = threading.Event()  # never set: this is the time that passes
    with Peer(slow) as peer:
        got = call(mode, peer.host, "download", request(), options=Options(idle_timeout=0.5))
    assert b"".join(got) == b"aaaaaa"


@each_mode
def test_an_engine_that_takes_nothing_times_out(mode: str) -> None:
    class Deaf(Peer):
        def _read(self, connection: socket.socket) -> bool:
            closed.wait(10)
            return False

    closed = threading.Event()
    sent = request("PUT", content=b"x" * 10_000_000)
    with Deaf() as peer:
        with pytest.raises(errors.TimedOut, match="the idle timeout"):
            call(mode, peer.host, "nothing", sent, options=Options(idle_timeout=0.1))
        closed.set()


@each_mode
@pytest.mark.parametrize("kind", ["json", "json_stream"])
def test_a_connection_times_out(mode: str, kind: str) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.create_connection(full.getsockname())]
        host = parse_host(f"tcp://127.0.0.1:{full.getsockname()[1]}")

        async def main() -> None:
            transport = AsyncTransport(host, connect_timeout=0.1)
            with pytest.raises(errors.TimedOut):
                result = begun(transport, kind, request())
                await (result if kind == "json" else anext(result))
            await transport.aclose()

        if mode == "async":
            asyncio.run(main())
        else:
            transport = Transport(host, connect_timeout=0.1)
            with pytest.raises(errors.TimedOut):
                result = begun(transport, kind, request())
                next(result)
            transport.close()
        for each in waiting:
            each.close()


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_timeouts_that_are_none(seconds: float) -> None:
    with pytest.raises(ValueError, match="idle_timeout must be above zero"):
        Options(idle_timeout=seconds)


# Items


@each_mode
def test_errors_as_items(mode: str) -> None:
    said = chunked(b'{"stream":"1"}\n{"errorDetail":{"message":"no"}}\n{"stream":"2"}\n')
    with Peer(said) as peer:
        options = Options(raise_errors=False)
        got = call(mode, peer.host, "json_stream", request("POST"), options=options)
    assert got == [{"stream": "1"}, {"errorDetail": {"message": "no"}}, {"stream": "2"}]


@each_mode
def test_json_sequences_and_a_last_line_without_an_end(mode: str) -> None:
    said = chunked(b'\x1e{"a":1}\n\x1e{"a"', b':2}\n\x1e{"a":3}', kind="application/json-seq")
    with Peer(said) as peer:
        assert call(mode, peer.host, "events", request()) == [{"a": 1}, {"a": 2}, {"a": 3}]


@each_mode
def test_the_time_of_the_last_event_is_kept(mode: str) -> None:
    said = b'{"timeNano":1700000000000000001}\n{"timeNano":1700000001500000000}\n'

    async def main(host: str) -> list[str | None]:
        transport = AsyncTransport(parse_host(host))
        events = begun(transport, "events", request())
        times = [events.last_time]
        with pytest.raises(errors.StreamInterrupted):
            async for _ in events:
                times.append(events.last_time)  # noqa: PERF401 - it changes meanwhile
        times.append(events.last_time)
        await transport.aclose()
        return times

    with Peer(chunked(said, end=False)) as peer:
        if mode == "async":
            times = asyncio.run(main(peer.host))
        else:
            transport = Transport(parse_host(peer.host))
            events = begun(transport, "events", request())
            times = [events.last_time]
            with pytest.raises(errors.StreamInterrupted):
                for _ in events:
                    times.append(events.last_time)
            times.append(events.last_time)
            transport.close()
    first, last = "1700000000.000000001", "1700000001.500000000"
    assert times == [None, first, last, last]


@each_mode
def test_the_one_item_of_a_stream(mode: str) -> None:
    async def main(host: str) -> Any:
        transport = AsyncTransport(parse_host(host))
        item = await begun(transport, "json_stream", request()).one()
        with pytest.raises(errors.InvalidAnswer, match="reported nothing"):
            await begun(transport, "json_stream", request()).one()
        await transport.aclose()
        return item

    with Peer(chunked(b'{"a":1}\n'), chunked()) as peer:
        if mode == "async":
            assert asyncio.run(main(peer.host)) == {"a": 1}
            return
        transport = Transport(parse_host(peer.host))
        assert begun(transport, "json_stream", request()).one() == {"a": 1}
        with pytest.raises(errors.InvalidAnswer, match="reported nothing"):
            begun(transport, "json_stream", request()).one()
        transport.close()


def test_streams_under_trio() -> None:
    async def main() -> None:
        transport = AsyncTransport(parse_host(peer.host))
        assert [item async for item in begun(transport, "json_stream", request())] == [{"a": 1}]
        await transport.nothing(request("PUT", content=io.BytesIO(b"x" * 3_000_000)))
        await transport.aclose()

    with Peer(chunked(b'{"a":1}\n'), answer()) as peer:
        trio.run(main)
