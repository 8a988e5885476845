"""The cost of streams: a log, and archives both ways, against a bare socket and other clients.

    make bench

All read and write the same bytes, on the same private engine, in turns, since a machine is quicker
at one time than at another, and in another order each turn, since it matters who was there before;
every figure is the best of some turns, and counts as a ratio to the others of the same run. The
bare socket asks by hand, reads what comes and discards it. Of a log, the paced one also rests
between reads, so that the engine, which sends every line for itself, need not wake it as often: no
client of that engine can be quicker by much. The processor's time is the client's own, user and
system.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import tempfile
import time
from collections.abc import Callable
from math import inf
from pathlib import Path

import aiodocker
import docker
from rich.console import Console
from rich.table import Table

import moorage
from moorage.private import busybox, busybox_tar, private_engine
from moorage_api import v1_51

SUITE = "forky"
VERSION = "1.51"
TURNS = 8
LINES = (64 << 20) // 120
LINE = "x" * 119
GIGABYTE = 1 << 30
# The engine's output in these seconds fits into a socket's buffer.
REST = 0.0002

Measured = tuple[float, float]


def main() -> None:
    """Measure and print."""
    with private_engine(SUITE) as private:
        path = private.host.removeprefix("unix://")
        with moorage.connect(v1_51.Engine, host=private.host) as engine:
            for _ in engine.images.create(busybox_tar(busybox()), from_src="-", repo="x", tag="y"):
                pass
            # It runs on: archives are of a container that does, and aiodocker wants to follow.
            says = ["/bin/sh", "-c", f"yes {LINE} | head -n {LINES}; exec sleep 3600"]
            made = engine.containers.create(
                image="x:y", cmd=says, host_config=v1_51.HostConfig(network_mode="none")
            ).id
            engine.containers.start(made)
            with engine.containers.logs(made, stdout=True, follow=True) as frames:
                for number, _ in enumerate(frames, 1):
                    if number == LINES:
                        break
            print_logs(engine, private.host, path, made)
            print_archives(engine, private.host, path, made)


def print_logs(engine: v1_51.Engine, host: str, path: str, made: str) -> None:
    """Compare the readers of a log."""
    target = f"/containers/{made}/logs?stdout=1"

    def moorage_sync() -> int:
        return sum(len(frame.data) for frame in engine.containers.logs(made, stdout=True))

    def moorage_lines() -> int:
        lines = engine.containers.logs(made, stdout=True).lines()
        return sum(len(line.data) + 1 for line in lines)

    async def moorage_async() -> int:
        async with moorage.connect_async(v1_51.AsyncEngine, host=host) as awaited:
            length = 0
            async for frame in awaited.containers.logs(made, stdout=True):
                length += len(frame.data)
            return length

    def docker_py() -> int:
        client = docker.DockerClient(base_url=host, version=VERSION, timeout=600)
        try:
            got = client.containers.get(made)
            log = got.logs(stdout=True, stderr=False, stream=True, follow=False)
            return sum(map(len, log))
        finally:
            client.close()

    async def aiodocker_async() -> int:
        async with aiodocker.Docker(url=host, api_version=f"v{VERSION}") as client:
            container = await client.containers.get(made)
            # Only what is followed is handed on as it comes.
            length = 0
            async for line in container.log(stdout=True, follow=True):
                length += len(line)
                if length >= LINES * 120:
                    break
            return length

    readers: dict[str, Callable[[], int]] = {
        "bare socket": lambda: read_bare(path, target),
        "paced": lambda: read_bare(path, target, REST),
        "moorage": moorage_sync,
        "moorage, lines": moorage_lines,
        "moorage, async": lambda: asyncio.run(moorage_async()),
        "docker-py": docker_py,
        "aiodocker": lambda: asyncio.run(aiodocker_async()),
    }
    print_table("a log of 64 MB in lines of 120 bytes", measured(readers, LINES * 120))


def print_archives(engine: v1_51.Engine, host: str, path: str, made: str) -> None:
    """Compare the ways of a gigabyte, out and in."""
    engine.execute(made, ["/bin/dd", "if=/dev/zero", "of=/big", "bs=1", "count=0", "seek=1G"])
    target = f"/containers/{made}/archive?path=/big"
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123

        async def out_async() -> int:
            async with moorage.connect_async(v1_51.AsyncEngine, host=host) as awaited:
                return await awaited.containers.archive(made, path="/big").write_to(nowhere)

        readers: dict[str, Callable[[], int]] = {
            "bare socket": lambda: read_bare(path, target),
            "moorage": lambda: engine.containers.archive(made, path="/big").write_to(nowhere),
            "moorage, async": lambda: asyncio.run(out_async()),
        }
        print_table("an archive of 1 GB, downloaded", measured(readers, GIGABYTE))
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "big.tar"
        engine.containers.archive(made, path="/big").write_to(archive)

        def up() -> int:
            engine.containers.put_archive(made, archive, path="/")
            return archive.stat().st_size

        async def up_async() -> int:
            async with moorage.connect_async(v1_51.AsyncEngine, host=host) as awaited:
                await awaited.containers.put_archive(made, archive, path="/")
                return archive.stat().st_size

        writers: dict[str, Callable[[], int]] = {
            "bare socket": lambda: write_bare(path, made, archive),
            "moorage": up,
            "moorage, async": lambda: asyncio.run(up_async()),
        }
        print_table("an archive of 1 GB, uploaded", measured(writers, GIGABYTE))


def read_bare(path: str, target: str, rest: float = 0) -> int:
    """Read an answer and discard it, at rest between reads; the framing counts too."""
    with connected(path) as bare:
        head = f"GET /v{VERSION}{target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        bare.sendall(head.encode())
        length = 0
        while data := bare.recv(65536):
            length += len(data)
            if rest:
                time.sleep(rest)
        return length


def write_bare(path: str, made: str, archive: Path) -> int:
    """Send a file as it is read."""
    length = archive.stat().st_size
    with connected(path) as bare, archive.open("rb") as file:
        head = (
            f"PUT /v{VERSION}/containers/{made}/archive?path=/ HTTP/1.1\r\nHost: x\r\n"
            f"Content-Type: application/x-tar\r\nContent-Length: {length}\r\n"
            "Connection: close\r\n\r\n"
        )
        bare.sendall(head.encode())
        while data := file.read(65536):
            bare.sendall(data)
        assert bare.recv(65536).startswith(b"HTTP/1.1 200")
    return length


def connected(path: str) -> socket.socket:
    """Connect to the engine."""
    made = socket.socket(socket.AF_UNIX)
    made.connect(path)
    return made


def measured(calls: dict[str, Callable[[], int]], least: int) -> dict[str, Measured]:
    """Return the seconds of each one's quickest turn, and those of the processor."""
    found = dict.fromkeys(calls, (inf, inf))
    for _ in range(TURNS):
        for name in random.sample([*calls], len(calls)):
            start, cpu = time.perf_counter(), time.process_time()
            length = calls[name]()
            turn = time.perf_counter() - start, time.process_time() - cpu
            found[name] = min(found[name], turn)
            assert length >= least, f"{length} bytes came of {least}"
    return found


def print_table(title: str, found: dict[str, Measured]) -> None:
    """Print seconds, and ratios to each peer."""
    peers = [name for name in found if not name.startswith("moorage")]
    table = Table(title=title)
    for heading in ("", "seconds", "processor", *(f"time / {peer}" for peer in peers)):
        table.add_column(heading, justify="right")
    for name, (seconds, cpu) in found.items():
        ratios = [f"{seconds / found[peer][0]:.2f}" for peer in peers]
        table.add_row(name, f"{seconds:.2f}", f"{cpu:.2f}", *ratios)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
