"""Many mixed calls from many threads and tasks, on an engine that is restarted in between.

    python benchmarks/soak.py [CALLS]

Every call has to end in a result or in an error of moorage's; at the end, no file descriptor may be
left, and memory must not have grown with the calls. The numbers stand in docs/reliability.md.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import gc
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from attrs import Factory, define
from rich.console import Console
from rich.table import Table

import moorage
from moorage.private import busybox, busybox_tar, private_engine
from moorage_api import v1_51

SUITE = "forky"
CALLS, RESTARTS, THREADS, TASKS = 50_000, 3, 16, 200
STEADY = "steady"
NO_NETWORK = v1_51.HostConfig(network_mode="none")
TIMEOUT = 60.0
CANCELLED = 0.1
"""The share of the tasks' calls that are cancelled within 10 ms."""
PAUSE = 0.5
"""Seconds that whoever lost the engine waits, as a client would."""
GROWTH = 8 << 20
"""Bytes that memory may grow by after the first fifth of the calls."""
HANGS_AFTER = 120.0
"""Seconds in which no call ends at all."""


@define
class Outcome:
    """The outcomes of the calls."""

    calls: int
    kinds: collections.Counter[str] = Factory(collections.Counter)
    unexpected: list[str] = Factory(list)
    seconds: float = 0
    descriptors: tuple[int, int] = (0, 0)
    """Before, and at the end."""
    memory: list[int] = Factory(list)
    """In bytes: resident at each fifth of the calls."""

    @property
    def ended(self) -> int:
        """The number of ended calls."""
        return sum(self.kinds.values())

    def complaints(self) -> list[str]:
        """Return what is not as it should be."""
        found = list(self.unexpected)
        if self.ended != self.calls:
            found.append(f"{self.ended} calls have ended of {self.calls}")
        if self.descriptors[1] > self.descriptors[0]:
            found.append("descriptors of files were left open")
        if self.memory[-1] > self.memory[0] + GROWTH:
            found.append("memory has grown")
        return found


class Restarting:
    """A private engine that can be restarted; its socket stays where it is."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "docker.sock"
        self.host = f"unix://{self.path}"
        self._archive = busybox_tar(busybox())
        self._running = contextlib.ExitStack()
        self._pid = 0

    def start(self) -> None:
        """Start it, with a container in it that runs on."""
        private = self._running.enter_context(private_engine(SUITE))
        self._pid = private.pid
        with moorage.connect(v1_51.Engine, host=private.host) as engine:
            for _ in engine.images.create(self._archive, from_src="-", repo="x", tag="y"):
                pass
            says = ["/bin/sh", "-c", "echo word; exec sleep 3600"]
            engine.containers.create(name=STEADY, image="x:y", cmd=says, host_config=NO_NETWORK)
            engine.containers.start(STEADY)
        new = self.path.with_suffix(".new")
        new.symlink_to(private.host.removeprefix("unix://"))
        new.replace(self.path)

    def stop(self, *, kill: bool = False) -> None:
        """Stop it, or kill it."""
        if kill:
            os.kill(self._pid, signal.SIGKILL)
        self._running.close()


def calls_of(engine: Any) -> list[tuple[int, Callable[[], Any]]]:
    """Return what is called, each with how often; of a synchronous or an asynchronous engine."""
    return [
        (10, engine.system.ping),
        (10, engine.system.version),
        (10, lambda: engine.containers.list(all=True)),
        (10, lambda: engine.containers.inspect(STEADY)),
        (10, lambda: engine.containers.inspect("missing")),
        (10, lambda: engine.images.list()),
        (5, engine.system.info),
        (5, lambda: engine.volumes.create(labels={"a": "b"})),
        (5, lambda: engine.networks.list()),
        (3, lambda: engine.containers.archive_info(STEADY, path="/bin")),
        (3, lambda: engine.containers.logs(STEADY, stdout=True).read()),
        (3, lambda: engine.containers.logs(STEADY, stdout=True, follow=True).lines()),
        (2, lambda: engine.containers.archive(STEADY, path="/bin").write_to(os.devnull)),
        (2, lambda: engine.containers.put_archive(STEADY, EMPTY_TAR, path="/tmp")),
        (2, lambda: engine.containers.stats(STEADY, stream=False, one_shot=True).one()),
        (1, lambda: engine.execute(STEADY, ["/bin/cat"], input=b"x" * 100_000)),
        (1, lambda: engine.system.events(since="0", until="1")),
    ]


EMPTY_TAR = bytes(10240)


def soak(calls: int = CALLS, restarts: int = RESTARTS) -> Outcome:
    """Make the calls; half from threads, half from tasks."""
    outcome = Outcome(calls)
    turn = threading.Lock()
    left = calls

    def take() -> bool:
        nonlocal left
        with turn:
            left -= 1
            return left >= 0

    def note(kind: str, error: BaseException | None = None) -> None:
        with turn:
            outcome.kinds[kind] += 1
            if error is not None:
                outcome.unexpected.append(repr(error))

    before, restarted = descriptors(), 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        engine = Restarting(Path(folder))
        engine.start()
        workers = [
            threading.Thread(target=threads_work, args=[engine.host, take, note], daemon=True),
            threading.Thread(
                target=lambda: asyncio.run(tasks_work(engine.host, take, note)), daemon=True
            ),
        ]
        for each in workers:
            each.start()
        try:
            for ended in progress(outcome, workers):
                if len(outcome.memory) < ended * 5 // calls:
                    outcome.memory.append(resident())
                if restarted < restarts and ended >= calls * (restarted + 1) // (restarts + 1):
                    restarted += 1
                    # Once it ends as a crash would end it.
                    engine.stop(kill=restarted == restarts)
                    engine.start()
        finally:
            engine.stop()
    gc.collect()
    outcome.seconds = time.monotonic() - start
    outcome.descriptors = before, descriptors()
    return outcome


def progress(outcome: Outcome, workers: list[threading.Thread]) -> Iterator[int]:
    """Yield how many calls have ended, until all have."""
    last, since = -1, time.monotonic()
    while any(each.is_alive() for each in workers):
        if outcome.ended != last:
            last, since = outcome.ended, time.monotonic()
        elif time.monotonic() - since > HANGS_AFTER:
            raise TimeoutError(f"no call has ended for {HANGS_AFTER:.0f} s, after {last}")
        yield last
        workers[0].join(0.05)
        workers[1].join(0.05)
    yield outcome.ended


Take = Callable[[], bool]
Note = Callable[[str, BaseException | None], None]


def threads_work(host: str, take: Take, note: Callable[..., None]) -> None:
    """Make calls from threads, by one engine."""
    with moorage.connect(v1_51.Engine, host=host, timeout=TIMEOUT) as engine:
        choices = calls_of(engine)

        def work(seed: int) -> None:
            chance = random.Random(seed)
            while take():
                call = pick(chance, choices)
                try:
                    exhaust(call())
                except Exception as error:
                    time.sleep(failed(error, note))
                else:
                    note("result")

        threads = [threading.Thread(target=work, args=[seed]) for seed in range(THREADS)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()


async def tasks_work(host: str, take: Take, note: Callable[..., None]) -> None:
    """Make calls from tasks, by one engine."""
    async with moorage.connect_async(v1_51.AsyncEngine, host=host, timeout=TIMEOUT) as engine:
        choices = calls_of(engine)

        async def work(seed: int) -> None:
            chance = random.Random(seed)
            while take():
                call = pick(chance, choices)
                # Some are cancelled, at any point.
                patience = chance.uniform(0, 0.01) if chance.random() < CANCELLED else None
                try:
                    await asyncio.wait_for(exhaust_async(call()), patience)
                except TimeoutError:
                    note("cancelled")
                except Exception as error:
                    await asyncio.sleep(failed(error, note))
                else:
                    note("result")

        async with asyncio.TaskGroup() as tasks:
            for seed in range(TASKS):
                tasks.create_task(work(1000 + seed))


def pick(chance: random.Random, choices: list[tuple[int, Callable[[], Any]]]) -> Callable[[], Any]:
    """Choose a call."""
    return chance.choices([each for _, each in choices], [weight for weight, _ in choices])[0]


def failed(error: Exception, note: Callable[..., None]) -> float:
    """Note an error; returns the seconds to wait before the next call."""
    kind = type(error).__name__
    if not isinstance(error, moorage.EngineError):
        note(f"NOT TYPED: {kind}", error)
    else:
        note(kind)
    return PAUSE if isinstance(error, moorage.ConnectionFailed) else 0


def exhaust(value: Any) -> None:
    """Take the first item of a stream, or all of what ends."""
    if hasattr(value, "__next__"):
        next(value, None)
        value.close()


async def exhaust_async(value: Any) -> None:
    """As `exhaust`, awaited."""
    if isinstance(value, Awaitable):
        value = await value
    if hasattr(value, "__anext__"):
        await anext(value, None)
        await value.aclose()


def descriptors() -> int:
    """Count this process' file descriptors."""
    return len(list(Path("/proc/self/fd").iterdir()))


def resident() -> int:
    """Return the memory that this process has, in bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Soak and print."""
    outcome = soak(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)
    table = Table(title=f"{outcome.calls:,} calls in {outcome.seconds:.0f} s")
    table.add_column("ended in")
    table.add_column("calls", justify="right")
    for kind, count in outcome.kinds.most_common():
        table.add_row(kind, f"{count:,}")
    console = Console(width=100)
    console.print(table)
    console.print(
        f"file descriptors: {outcome.descriptors[0]} before, {outcome.descriptors[1]} at the end"
    )
    console.print("memory: " + ", ".join(f"{each / 1e6:.0f} MB" for each in outcome.memory))
    complaints = outcome.complaints()
    for each in complaints[:10]:
        console.print(each)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
