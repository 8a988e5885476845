"""Builds by BuildKit beside the docker CLI's own: processor time, wall time and bytes sent.

    python benchmarks/buildkit.py

as root on Debian, with a private engine. Contexts are 20,000 files of 1 GB in all, which are built
twice, the second time with one file changed; and 5,000 files of 2 kB, all of them changed. The CLI
is that of Docker 20.10, the last that speaks to BuildKit without a plugin. Both clients take turns,
in processes of their own; what counts is the ratio. `--scale 0.1` measures with a tenth of it.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

import moorage
from moorage.private import private_engine
from moorage.private.debian import engines_folder, unpacked
from moorage_api import v1_51

__all__ = ["main"]

SUITE = "forky"
CLI_SUITE = "bookworm"
ROUNDS = 3
LIMITS = {"first": None, "one changed": 1.2, "all changed": 1.5}
"""Bounds as multiples of the CLI's: the build's time, or the transfer's where all changed."""

PROGRAM = """
import sys
import moorage
from moorage_api import v1_51

with moorage.connect(v1_51.Engine, host=sys.argv[1]) as engine:
    built = engine.build(sys.argv[2], builder="buildkit")
    sys.stderr.write(built.log)
"""


def main() -> int:
    """Measure, print, and return the status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    found: dict[str, dict[str, list[Times]]] = {}
    tree = unpacked(engines_folder(None), CLI_SUITE, CLI_SUITE, ["docker.io"])
    with private_engine(SUITE) as private, tempfile.TemporaryDirectory() as folder:
        clients = {
            "moorage": ([sys.executable, "-c", PROGRAM, private.host], {}),
            "docker CLI": (
                [str(tree / "usr/bin/docker"), "build", "--progress=plain"],
                {"DOCKER_BUILDKIT": "1", "DOCKER_HOST": private.host, "HOME": folder},
            ),
        }
        large = fill(Path(folder, "large"), int(20_000 * given.scale), 50_000)
        small = fill(Path(folder, "small"), int(5_000 * given.scale), 2_000)
        for number in range(given.rounds):
            for name, (command, environment) in clients.items():
                times = found.setdefault(name, {each: [] for each in LIMITS})
                with moorage.connect(v1_51.Engine, host=private.host) as engine:
                    engine.images.build_prune(all=True)
                times["first"].append(measured(command, large, environment))
                (large / "0").write_bytes(os.urandom(50_000))
                times["one changed"].append(measured(command, large, environment))
                for each in small.iterdir():
                    os.utime(each, ns=(number, time.time_ns()))
                times["all changed"].append(measured(command, small, environment))
    return show(found)


class Times(NamedTuple):
    """Seconds of a build."""

    wall: float
    processor: float
    """The client's."""
    transfer: float
    """From the build's log."""


def show(found: Mapping[str, Mapping[str, list[Times]]]) -> int:
    """Print the medians; the status is 1 if one is over its limit."""
    table = Table(title="builds, in seconds: all (transfer; the client's processor time)")
    for heading in ("", *found, "ratio", "limit"):
        table.add_column(heading, justify="right")
    over = False
    for case, limit in LIMITS.items():
        medians = [
            Times(*(statistics.median(column) for column in zip(*times[case], strict=True)))
            for times in found.values()
        ]
        ours, theirs = (each.transfer if case == "all changed" else each.wall for each in medians)
        ratio = ours / theirs
        over = over or bool(limit and ratio > limit)
        cells = [f"{each.wall:.1f} ({each.transfer:.1f}; {each.processor:.2f})" for each in medians]
        table.add_row(case, *cells, f"{ratio:.2f}", str(limit or ""))
    Console(width=100).print(table)
    return int(over)


def fill(folder: Path, files: int, length: int) -> Path:
    """Make a context of so many files, with content that nothing else has."""
    folder.mkdir()
    for number in range(files):
        (folder / str(number)).write_bytes(os.urandom(length))
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    return folder


def measured(command: list[str], context: Path, environment: Mapping[str, str]) -> Times:
    """Build, and return the times."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    done = subprocess.run(
        [*command, str(context)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.monotonic() - begun
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    transfer = re.findall(r"transferring context: \S+ ([\d.]+)s done", done.stderr)
    times = Times(wall, processor, float(transfer[-1]))
    print(f"{Path(command[0]).name} {context.name}: {times}", file=sys.stderr)
    return times


if __name__ == "__main__":
    sys.exit(main())
