"""Connections by TCP: every address of a name is tried, and a peer that vanishes is noticed."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from moorage.errors import TimedOut
from moorage.host import parse_host
from moorage.transport import tasks, threads
from moorage.transport.addresses import Address, interleave
from moorage.transport.channel import Channel
from moorage.transport.clock import Clock
from moorage.transport.dialer import Dialer
from moorage.transport.steps import Lock, Steps
from moorage.wire.dial_errors import AddressesFailed, DialFailed

each_mode = pytest.mark.parametrize("mode", ["sync", "asyncio", "trio"])
V4, V6 = socket.AF_INET, socket.AF_INET6
NAME = "engine.example.com"


@pytest.fixture(autouse=True)
def _no_proxy_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def engine() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def dead() -> Iterator[tuple[str, int]]:
    """An address that never answers: the kernel drops what would exceed a listener's queue."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting: list[socket.socket] = []
        while len(waiting) < 8:
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0.1)
            waiting.append(filler)
            try:
                filler.connect(listener.getsockname())
            except TimeoutError:
                break
        else:
            pytest.skip("this kernel's queues are never full")
        yield listener.getsockname()


@pytest.fixture
def refused() -> tuple[str, int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address: tuple[str, int] = listener.getsockname()
    return address


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    def getaddrinfo(name: str, port: int, *, type: int, flags: int = 0) -> list[Any]:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        return [(V6 if ":" in each[0] else V4, type, 6, "", each) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def dial(
    mode: str,
    host: str = f"tcp://{NAME}:2375",
    seconds: float | None = 10,
    then: Callable[[Channel], Any] = lambda _: None,
) -> Any:
    """Connect, and return what is made of the channel before it is closed."""

    def steps(lock: Callable[[], Lock]) -> Steps[Any]:
        dialer = Dialer(parse_host(host), lock)
        try:
            return then((yield from dialer.dial(Clock("Operation", seconds))))
        finally:
            yield from dialer.close()

    async def main() -> Any:
        return await tasks.run(steps(tasks.TaskLock))

    if mode == "sync":
        return threads.run(steps(threads.ThreadLock))
    return asyncio.run(main()) if mode == "asyncio" else anyio.run(main, backend=mode)


def peer(channel: Channel) -> Any:
    return channel._socket.getpeername()


@contextlib.contextmanager
def no_socket_left() -> Iterator[None]:
    """Nothing is left open, not even for the collection of garbage to warn of."""
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
        gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


# The addresses of a name


def test_the_families_take_turns() -> None:
    given = [Address(V6, "a"), Address(V6, "b"), Address(V6, "a"), Address(V4, "c")]
    assert [each.where for each in interleave(given)] == ["a", "c", "b"]
    assert interleave([]) == []


@each_mode
def test_a_dead_first_address(
    mode: str, dead: tuple[str, int], engine: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, dead, engine.getsockname())
    with no_socket_left():
        start = time.monotonic()
        assert dial(mode, then=peer) == engine.getsockname()
        assert 0.2 < time.monotonic() - start < 0.9


@each_mode
def test_one_that_fails_costs_no_wait(
    mode: str, refused: tuple[str, int], engine: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, refused, ("::1", refused[1]), refused, engine.getsockname())
    with no_socket_left():
        start = time.monotonic()
        assert dial(mode, then=peer) == engine.getsockname()
        assert time.monotonic() - start < 0.2


@each_mode
def test_the_slow_one_may_win(
    mode: str, dead: tuple[str, int], engine: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The last address is dead, too: the first that answers is taken, whatever comes after it.
    resolve_to(monkeypatch, dead, engine.getsockname(), (dead[0], dead[1]))
    with no_socket_left():
        assert dial(mode, then=peer) == engine.getsockname()


@each_mode
def test_all_fail(mode: str, refused: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, refused, ("127.0.0.2", refused[1]))
    words = (
        rf"^127\.0\.0\.1:{refused[1]}: Connection refused; "
        rf"127\.0\.0\.2:{refused[1]}: Connection refused$"
    )
    with no_socket_left():
        with pytest.raises(AddressesFailed, match=words) as caught:
            dial(mode)
        assert caught.value.errno == 111
        del caught


@each_mode
def test_none_answers_in_time(
    mode: str, dead: tuple[str, int], refused: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, refused, dead)
    words = (
        r"^Operation: the connect timeout \(0\.1 s\) expired "
        rf"\(127\.0\.0\.1:{refused[1]}: Connection refused; 127\.0\.0\.1:{dead[1]}: no answer\)$"
    )
    with no_socket_left():
        with pytest.raises(TimedOut, match=words) as caught:
            dial(mode, seconds=0.1)
        del caught


@each_mode
def test_a_look_up_counts(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()

    def getaddrinfo(*_: Any, flags: int = 0, **__: Any) -> list[Any]:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        hanging.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    try:
        with pytest.raises(TimedOut, match=rf"0\.1 s\) expired \(looking up '{NAME}'\)"):
            dial(mode, seconds=0.1)
    finally:
        hanging.set()


@each_mode
def test_a_name_that_is_not_there(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(socket.gaierror, match="not known"):
        dial(mode)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_task_that_is_cancelled(
    backend: str, dead: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, dead, dead)

    async def main() -> None:
        dialer = Dialer(parse_host(f"tcp://{NAME}:2375"), tasks.TaskLock)
        with anyio.move_on_after(0.4) as scope:
            await tasks.run(dialer.dial(Clock("Operation", None)))
        assert scope.cancelled_caught

    with no_socket_left():
        anyio.run(main, backend=backend)


def test_an_interrupt(dead: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, dead, dead)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with no_socket_left():
            signal.setitimer(signal.ITIMER_REAL, 0.4)
            with pytest.raises(KeyboardInterrupt) as caught:
                dial("sync", seconds=None)
            del caught
    finally:
        signal.signal(signal.SIGALRM, before)


# The connection


@each_mode
def test_a_peer_that_vanishes_is_noticed(mode: str, engine: socket.socket) -> None:
    options = [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY),
    ]

    def values(channel: Channel) -> list[int]:
        return [channel._socket.getsockopt(*each) for each in options]

    port = engine.getsockname()[1]
    assert dial(mode, f"tcp://127.0.0.1:{port}", then=values) == [1, 15, 15, 9, 1]


@each_mode
@pytest.mark.parametrize(
    "banner", [b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"]
)
def test_a_port_that_speaks_no_tls(mode: str, banner: bytes, engine: socket.socket) -> None:
    def serve() -> None:
        with engine.accept()[0] as client:
            client.recv(65536)
            client.sendall(banner)

    serving = threading.Thread(target=serve)
    serving.start()
    with pytest.raises(DialFailed, match=rf"the port does not use TLS \(b'{banner[:8].decode()}"):
        dial(mode, f"https://127.0.0.1:{engine.getsockname()[1]}")
    serving.join(10)
