"""Measure one client's calls of one kind, in this process, which is to be a fresh one.

    python -m benchmarks.clients.measure CLIENT KIND HOST CONTAINER

The client is a module beside this one. Prints JSON: for calls, the processor's seconds for each,
user and system; for `memory`, the peak in bytes after importing, connecting and listing.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

LISTED = 40
"""The number of containers."""
INSPECTS, THREADS, BATCHES = 200, 16, 3
COUNTS = {"ping": 1000, "inspect": 500, "list": 100, "lifecycle": 5}
"""Calls that are measured; one more, and a tenth of them, are made before."""


def main() -> None:
    """Measure and print."""
    name, kind, host, container = sys.argv[1:]
    module = importlib.import_module(f"benchmarks.clients.{name}")
    awaited = hasattr(module.connected(host), "__aenter__")
    # Imported here, and threads below: it would count as memory of the clients without it.
    if awaited:
        import asyncio

        measured: Any = asyncio.run(measure_async(module, kind, host, container))
    else:
        measured = measure(module, kind, host, container)
    print(json.dumps(measured))


def measure(module: Any, kind: str, host: str, container: str) -> float | list[int]:
    """Measure a client that blocks."""
    peaks = [peak_memory()]
    with module.connected(host) as client:
        peaks.append(peak_memory())
        if kind == "memory":
            check(client.list(), kind)
            return [*peaks, peak_memory()]
        if kind == "threads":
            return measure_threads(client, container)
        call = partial_call(client, kind, container)
        check(call(), kind)
        for _ in range(COUNTS[kind] // 10):
            call()
        before = processor_seconds()
        for _ in range(COUNTS[kind]):
            call()
        return (processor_seconds() - before) / COUNTS[kind]


def measure_threads(client: Any, container: str) -> float:
    """Measure inspections by threads that share a client."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(THREADS) as pool:
        containers = [container] * INSPECTS
        assert all(pool.map(client.inspect, containers))
        before = processor_seconds()
        for _ in range(BATCHES):
            assert all(pool.map(client.inspect, containers))
        return (processor_seconds() - before) / INSPECTS / BATCHES


async def measure_async(module: Any, kind: str, host: str, container: str) -> float | list[int]:
    """Measure a client that is awaited."""
    peaks = [peak_memory()]
    async with module.connected(host) as client:
        peaks.append(peak_memory())
        if kind == "memory":
            check(await client.list(), kind)
            return [*peaks, peak_memory()]
        if kind == "gather":
            return await measure_gather(client, container)
        call: Callable[[], Awaitable[Any]] = partial_call(client, kind, container)
        check(await call(), kind)
        for _ in range(COUNTS[kind] // 10):
            await call()
        before = processor_seconds()
        for _ in range(COUNTS[kind]):
            await call()
        return (processor_seconds() - before) / COUNTS[kind]


async def measure_gather(client: Any, container: str) -> float:
    """Measure inspections that are awaited together."""
    from asyncio import gather

    assert all(await gather(*(client.inspect(container) for _ in range(INSPECTS))))
    before = processor_seconds()
    for _ in range(BATCHES):
        assert all(await gather(*(client.inspect(container) for _ in range(INSPECTS))))
    return (processor_seconds() - before) / INSPECTS / BATCHES


def partial_call(client: Any, kind: str, container: str) -> Callable[[], Any]:
    """Return the call of a kind, without arguments."""
    if kind == "inspect":
        return lambda: client.inspect(container)
    call: Callable[[], Any] = getattr(client, kind)
    return call


def check(result: Any, kind: str) -> None:
    """Fail unless the call did what is measured."""
    match kind:
        case "ping":
            done = result in ("OK", True)  # docker-py has compared it
        case "inspect":
            done = bool(result)
        case "list" | "memory":
            done = len(result) == LISTED
        case _:
            done = result == 0
    assert done, f"{kind}: {result!r:.200}"


def processor_seconds() -> float:
    """Return what this process, and the processes it has run, have taken: user and system."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak_memory() -> int:
    """Return the most memory this process has had resident, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main()
