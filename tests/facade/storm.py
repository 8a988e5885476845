"""The programs of `test_storms.py`, each a process of its own.

    python -m tests.facade.storm peer SOCKET
    python -m tests.facade.storm cancel SOCKET SEED asyncio|trio
    python -m tests.facade.storm interrupt SOCKET SEED

The peer answers with the name that it was asked for, so that no answer of another call passes for
the right one. It says on SOCKET.control how many requests it holds, and releases them.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import json
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from typing import Any

import anyio
import anyio.lowlevel
import trio

import moorage
from moorage_api import v1_41

__all__ = ["ADVERSARIAL", "CALLS", "INTERRUPTS", "KEPT", "RANDOM"]

RANDOM = 2000
"""Calls that are cancelled at random moments, at least."""
ADVERSARIAL = 1000
"""Calls that are cancelled in a known state."""
CALLS = RANDOM + ADVERSARIAL
INTERRUPTS = 1500
KEPT = 20
"""The connections that an engine may keep for the next call."""

_TASKS = 50
_LIMIT = 20.0
_DEADLOCK = 60.0
_FRAMES = "application/vnd.docker.multiplexed-stream"


class Peer:
    """Keeps connections, and holds the requests for names that say so."""

    def __init__(self) -> None:
        self.held = 0
        self.open = 0
        self._released = asyncio.Event()

    async def serve(self, path: str) -> None:
        await asyncio.start_unix_server(self._serve, path, backlog=1000)
        await asyncio.start_unix_server(self._control, f"{path}.control")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)

    async def _control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while command := await reader.readline():
            if command == b"release\n":
                self._released.set()
                self._released = asyncio.Event()
                while self.held:  # noqa: ASYNC110 - some turns of the loop are all it takes
                    await asyncio.sleep(0)
            writer.write(b"%d %d\n" % (self.held, self.open))
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while await self._answer(reader, writer):
                    pass
        finally:
            self.open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        if b"content-length: " in lower:
            text = lower.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(text))
        # /v1.41/containers/NAME/json
        _, _, kind, name, *rest = head.split(b" ")[1].decode().partition("?")[0].split("/")
        if rest == ["logs"]:
            await self._log(writer)
            return False
        if kind == "exec" and rest == ["start"]:
            await self._echo(reader, writer)
            return False
        about = {"Id": name, "Running": False, "ExitCode": 0, "ProcessConfig": {"tty": False}}
        body = json.dumps(about if rest else [{"Id": "listed"}]).encode()
        fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        answer = b"HTTP/1.1 200 OK\r\n" + fields.encode() + body
        state = name.partition("-")[0]
        if state == "slow":
            await asyncio.sleep(0.001)
        if state not in ("silent", "head", "body", "late"):
            writer.write(answer)
            await writer.drain()
            return True
        sent = {"silent": 0, "late": 0, "head": 30, "body": len(answer) - 5}[state]
        writer.write(answer[:sent])
        await writer.drain()
        await self._hold(reader, writer, answer[sent:])
        return state == "late"

    async def _hold(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rest: bytes
    ) -> None:
        self.held += 1
        released = asyncio.ensure_future(self._released.wait())
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait([released, gone], return_when=asyncio.FIRST_COMPLETED)
            if not released.done():
                await gone
                raise ConnectionResetError("the client has gone")
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone
            writer.write(rest)
            await writer.drain()
        finally:
            released.cancel()
            self.held -= 1

    async def _log(self, writer: asyncio.StreamWriter) -> None:
        fields = f"Content-Type: {_FRAMES}\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(b"HTTP/1.1 200 OK\r\n" + fields.encode())
        for _ in range(5):
            writer.write(b"c\r\n\1\0\0\0\0\0\0\4line\r\n")
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        await writer.drain()
        data = await reader.read()
        writer.write(b"\1\0\0\0" + len(data).to_bytes(4, "big") + data)
        await writer.drain()


class Control:
    """Asks the peer, without the event loop."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_LIMIT)
        self._socket.connect(f"{path}.control")
        self._file = self._socket.makefile("rb")

    def ask(self, command: str = "held") -> tuple[int, int]:
        """Return how many requests are held, and how many connections are open."""
        self._socket.sendall(command.encode() + b"\n")
        held, connections = self._file.readline().split()
        return int(held), int(connections)

    def release(self) -> None:
        """Let the peer send the rest of what it holds; it has been sent afterwards."""
        self.ask("release")

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def sockets() -> int:
    """Count the sockets that this process has."""
    found = 0
    for each in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError):
            found += os.readlink(f"/proc/self/fd/{each}").startswith("socket:")  # noqa: PTH115
    return found


class Cancelling:
    """The storm of cancelled calls, on one engine."""

    def __init__(self, path: str, seed: int, backend: str) -> None:
        self.path = path
        self.random = random.Random(seed)
        self.backend = backend
        self.cancelled = 0
        self.control = Control(path)

    async def run(self) -> dict[str, int]:
        before = sockets()
        engine = await moorage.connect_async(v1_41.AsyncEngine, host=f"unix://{self.path}")
        await self._at_random(engine)
        for state in ("silent", "head", "body"):
            for _ in range(4):
                await self._held(engine, state)
        for turn in range(6):
            for _ in range(50):
                await self._arriving(engine, turn)
        await self._right(engine)
        kept = sockets() - before
        await engine.aclose()
        left = sockets() - before
        await self._connecting()
        after = sockets() - before
        await self._closed_at_the_peer()
        self.control.close()
        return {"kept": kept, "left": left, "after connecting": after, "cancelled": self.cancelled}

    async def _at_random(self, engine: v1_41.AsyncEngine) -> None:
        # Those that are done in time are not counted.
        turn = count()

        async def one_task() -> None:
            while self.cancelled < RANDOM:
                number = next(turn)
                name = f"{'slow' if number % 3 else 'fast'}-{number}"
                await self._limited(
                    self.random.uniform(0, 0.01), partial(self._inspect, engine, name)
                )

        async with anyio.create_task_group() as group:
            for _ in range(_TASKS):
                group.start_soon(one_task)
        await self._right(engine)

    async def _limited(self, seconds: float, call: Callable[[], Awaitable[None]]) -> None:
        if self.backend == "trio":
            with trio.move_on_after(seconds) as scope:
                await call()
            self.cancelled += scope.cancelled_caught
            return
        try:
            async with asyncio.timeout(seconds):
                await call()
        except TimeoutError:
            self.cancelled += 1

    async def _inspect(self, engine: v1_41.AsyncEngine, name: str) -> None:
        found = (await engine.containers.inspect(name)).id
        assert found == name, f"asked for {name}, and got {found}"

    async def _right(self, engine: v1_41.AsyncEngine) -> None:
        """Make calls that nobody cancels."""
        with anyio.fail_after(_LIMIT):
            for _ in range(3):
                await self._inspect(engine, "fast-right")
                assert [each.id for each in await engine.containers.list()] == ["listed"]

    async def _held(self, engine: v1_41.AsyncEngine, state: str) -> None:
        """Cancel calls whose requests the peer holds, in the middle of its answers."""
        with anyio.fail_after(_LIMIT):
            async with anyio.create_task_group() as group:
                for turn in range(_TASKS):
                    group.start_soon(self._inspect, engine, f"{state}-{turn}")
                await self._until(lambda: self.control.ask()[0] == _TASKS)
                group.cancel_scope.cancel()
            self.cancelled += _TASKS
            await self._until(lambda: not self.control.ask()[0])
        await self._right(engine)

    async def _arriving(self, engine: v1_41.AsyncEngine, turns: int) -> None:
        """Cancel a call whose answer is there, so many turns of the loop later."""
        with anyio.fail_after(_LIMIT):
            async with anyio.create_task_group() as group:
                group.start_soon(self._inspect, engine, "late-x")
                await self._until(lambda: self.control.ask()[0] == 1)
                self.control.release()
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                group.cancel_scope.cancel()
            self.cancelled += 1
            await self._inspect(engine, "fast-next")

    async def _connecting(self) -> None:
        """Cancel calls that wait for a connection: nobody takes it, and the queue is full."""
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            address = listener.getsockname()
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(address)
            engine = await moorage.connect_async(
                v1_41.AsyncEngine, host=f"tcp://127.0.0.1:{address[1]}"
            )
            before = sockets()
            with anyio.fail_after(_LIMIT):
                for _ in range(2):
                    async with anyio.create_task_group() as group:
                        for turn in range(_TASKS):
                            group.start_soon(self._inspect, engine, f"fast-{turn}")
                        await self._until(lambda: sockets() == before + _TASKS)
                        group.cancel_scope.cancel()
                    self.cancelled += _TASKS
                    assert sockets() == before, "a connection that was not made is left"
            await engine.aclose()

    async def _closed_at_the_peer(self) -> None:
        with anyio.fail_after(_LIMIT):
            await self._until(lambda: not self.control.ask()[1])

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Let the tasks go on until something holds that is not an event of the loop."""
        while not holds():
            await anyio.lowlevel.checkpoint()


def cancel(path: str, seed: str, backend: str) -> None:
    """Cancel calls; prints what is left as JSON."""
    storm = Cancelling(path, int(seed), backend)
    print(json.dumps(anyio.run(storm.run, backend=backend)))


class Interrupting:
    """The storm of interrupts: calls of the main thread, while other threads make theirs."""

    def __init__(self, path: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.engine = moorage.connect(v1_41.Engine, host=f"unix://{path}")
        self.errors: list[str] = []
        self._armed = self._fired = False
        self._stop = threading.Event()
        self._turn = 0
        self._calls = [self.inspect, self.slow, self.listed, self.log, self.session, self.execute]

    def inspect(self) -> None:
        self._turn += 1
        name = f"fast-{self._turn}"
        found = self.engine.containers.inspect(name).id
        assert found == name, f"asked for {name}, and got {found}"

    def slow(self) -> None:
        found = self.engine.containers.inspect("slow-x").id
        assert found == "slow-x", found

    def listed(self) -> None:
        assert [each.id for each in self.engine.containers.list()] == ["listed"]

    def log(self) -> None:
        with self.engine.containers.logs("x", stdout=True) as frames:
            assert [each.data for each in frames] == [b"line"] * 5

    def session(self) -> None:
        with self.engine.exec.start("x", detach=False) as session:
            session.write(b"input")
            session.close_write()
            assert session.read().stdout == b"input"

    def execute(self) -> None:
        done = self.engine.execute("x", ["cat"], input=b"input")
        assert (done.stdout, done.exit_code) == (b"input", 0)

    def run(self) -> None:
        # Imports come first: Python's own locks for modules don't outlive an interrupt.
        for call in self._calls:
            call()
        signal.signal(signal.SIGALRM, self._interrupt)
        threads = [threading.Thread(target=self._others, args=[each]) for each in range(4)]
        for each in threads:
            each.start()
        for _ in range(INTERRUPTS):
            self._one()
        self._stop.set()
        for each in threads:
            each.join()
        for call in self._calls:
            call()

    def _others(self, number: int) -> None:
        calls = [self.slow, self.listed, self.log]
        try:
            while not self._stop.wait(0.002):
                calls[number % len(calls)]()
        except Exception as error:
            self.errors.append(f"in another thread: {error!r}")

    def _one(self) -> None:
        call = self.random.choice(self._calls)
        self._fired = False
        try:
            signal.setitimer(signal.ITIMER_REAL, self.random.uniform(0.00005, 0.005))
            self._armed = True
            # Calls until the interrupt comes; what it broke must not break the next one.
            while not self._fired:
                call()
        except KeyboardInterrupt:
            pass
        except Exception as error:
            when = "instead of the interrupt" if self._fired else "before the interrupt"
            self._armed = False
            self.errors.append(f"{call.__name__}, {when}: {error!r}")
            signal.setitimer(signal.ITIMER_REAL, 0)
        self._armed = False

    def _interrupt(self, number: int, frame: Any) -> None:
        self._fired = True
        if self._armed:
            raise KeyboardInterrupt


def interrupt(path: str, seed: str) -> None:
    """Interrupt calls; prints what is left as JSON."""
    before = sockets()
    storm = Interrupting(path, int(seed))
    storm.run()
    kept = sockets() - before
    storm.engine.close()
    gc.collect()
    print(json.dumps({"kept": kept, "left": sockets() - before, "errors": storm.errors[:5]}))


if __name__ == "__main__":
    if sys.argv[1] == "peer":
        asyncio.run(Peer().serve(sys.argv[2]))
    else:
        faulthandler.dump_traceback_later(_DEADLOCK, exit=True)
        programs: dict[str, Callable[..., None]] = {"cancel": cancel, "interrupt": interrupt}
        programs[sys.argv[1]](*sys.argv[2:])
