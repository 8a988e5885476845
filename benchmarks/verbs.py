"""Peak memory of verbs that send and receive much: a build of 20,000 files, copies of 1 GB.

    python benchmarks/verbs.py

as root on Debian, with a private engine. Each verb runs in a process of its own, sync and async.
What it adds to the memory of a process that has connected, imports included, is compared with its
limit; the status is 1 if it is over one. `--scale 0.1` measures with a tenth of bytes and files.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

import moorage
from moorage.private import busybox, busybox_tar, private_engine
from moorage_api import v1_51

__all__ = ["LIMITS", "added", "fill"]

SUITE = "forky"
FILES, BYTES = 20_000, 1 << 30
LIMITS = {"build": 64, "build, by BuildKit": 64, "copy_to": 32, "copy_from": 32}
"""Bounds on the memory that each verb adds, in MB."""

PROGRAM = """
import asyncio, sys
import moorage
from moorage_api import v1_51

verb, mode, host, container, folder = sys.argv[1:]

def call(engine):
    if verb == "build":
        text = "FROM scratch\\nCOPY 0 /\\n"
        return engine.build(f"{folder}/many", dockerfile=text, builder="classic")
    if verb == "build, by BuildKit":
        text = "FROM scratch\\nCOPY . /\\n"
        return engine.build(f"{folder}/many", dockerfile=text, builder="buildkit")
    if verb == "copy_to":
        return engine.copy_to(container, f"{folder}/large", "/")
    return engine.copy_from(container, "/large", f"{folder}/back")

def memory(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1])

# The peak of getrusage is, at first, that of the process that has started this one.
def start():
    open("/proc/self/clear_refs", "w").write("5")
    return memory("VmRSS")

async def main():
    async with moorage.connect_async(v1_51.AsyncEngine, host=host) as engine:
        await engine.system.ping()
        before = start()
        await call(engine)
        print(memory("VmHWM") - before)

if mode == "async":
    asyncio.run(main())
else:
    with moorage.connect(v1_51.Engine, host=host) as engine:
        engine.system.ping()
        before = start()
        call(engine)
        print(memory("VmHWM") - before)
"""


def main() -> int:
    """Measure, print, and return the status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0)
    scale = parser.parse_args().scale
    table = Table(title="memory that a verb adds, in MB")
    for heading in ("", "sync", "async", "limit"):
        table.add_column(heading, justify="right")
    worst = 0.0
    with private_engine(SUITE) as private, tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), int(FILES * scale), int(BYTES * scale))
        with moorage.connect(v1_51.Engine, host=private.host) as engine:
            tar = busybox_tar(busybox())
            engine.images.create(tar, from_src="-", repo="x", tag="y").finish()
            container = engine.create("x:y", ["x"])
        for verb, limit in LIMITS.items():
            figures = [
                added(verb, mode, private.host, container, folder) for mode in ("sync", "async")
            ]
            table.add_row(verb, *(f"{each:.1f}" for each in figures), str(limit))
            worst = max(worst, *(each / limit for each in figures))
    Console(width=100).print(table)
    return int(worst > 1)


def fill(folder: Path, files: int, length: int) -> None:
    """Make a folder of many files, and one large file, of so many bytes each; the disk has none."""
    (folder / "many").mkdir()
    for number in range(files):
        with (folder / "many" / str(number)).open("wb") as file:
            file.truncate(length // files)
    with (folder / "large").open("wb") as file:
        file.truncate(length)


def added(verb: str, mode: str, host: str, container: str, folder: str) -> float:
    """Return what a verb adds to the memory of a new process, in MB."""
    arguments = [verb, mode, host, container, folder]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1024


if __name__ == "__main__":
    sys.exit(main())
