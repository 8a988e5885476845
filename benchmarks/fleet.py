"""One call on many engines: moorage.fleet side by side with aiodocker.

    python benchmarks/fleet.py [--rounds 3] [--counts 10,100,1000] [--svg FILE]

The engines are scripted, in a process of their own. Each measurement is a fresh process that
negotiates with every engine and lists ten containers on each, a hundred engines at a time; it
counts by its own processor time, its peak memory and its descriptors at the end. The clients take
turns, and figures are medians. The status is 1 if moorage takes more than 1.3 times aiodocker's
processor time on the most engines, or more memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.clients.many_engines import CONTAINERS
from benchmarks.environments import ROOT, environment
from benchmarks.plot import plot

CLIENTS = {"moorage": "fleet_moorage", "aiodocker": "fleet_aiodocker"}
FIGURES = {
    "seconds": "processor time, s",
    "memory": "peak memory, MB",
    "descriptors": "descriptors",
}
BOUND = 1.3

Figures = dict[str, float]


@contextmanager
def engines(count: int) -> Iterator[list[str]]:
    """Run scripted engines; gives their addresses."""
    with tempfile.TemporaryDirectory(prefix="fleet") as folder:
        command = [sys.executable, "-m", "benchmarks.clients.many_engines", folder, str(count)]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise SystemExit("the engines did not start")
            yield [f"unix://{folder}/{number}.sock" for number in range(count)]
            process.communicate()


def measured(client: str, hosts: list[str]) -> Figures:
    """Run a client once."""
    done = subprocess.run(
        [str(environment(client)), "-m", f"benchmarks.clients.{CLIENTS[client]}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input="\n".join(hosts),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{client} failed: {done.stderr[-500:]}")
    figures: Figures = json.loads(done.stdout)
    if figures.pop("containers") != len(hosts) * CONTAINERS:
        raise SystemExit(f"{client} did not list all containers")
    return figures


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--counts", default="10,30,100,300,1000")
    parser.add_argument("--svg", type=Path, help="draw the figures into this file")
    asked = parser.parse_args()
    counts = [int(each) for each in asked.counts.split(",")]
    found: dict[str, dict[int, Figures]] = {client: {} for client in CLIENTS}
    for count in counts:
        with engines(count) as hosts:
            rounds = [
                {client: measured(client, hosts) for client in CLIENTS} for _ in range(asked.rounds)
            ]
        for client in CLIENTS:
            found[client][count] = {
                figure: median(each[client][figure] for each in rounds) for figure in FIGURES
            }
    table = Table(title="a list of ten containers on each engine")
    for heading in ("engines", "client", *FIGURES.values()):
        table.add_column(heading, justify="right")
    for count in counts:
        for client in CLIENTS:
            figures = found[client][count]
            table.add_row(str(count), client, *(f"{figures[figure]:.2f}" for figure in FIGURES))
    Console().print(table)
    if asked.svg:
        series = {
            title: {c: [(n, found[c][n][figure]) for n in counts] for c in CLIENTS}
            for figure, title in FIGURES.items()
        }
        asked.svg.write_text(plot(series), encoding="utf-8")
    most = counts[-1]
    ours, theirs = (found[client][most] for client in CLIENTS)
    ratio = ours["seconds"] / theirs["seconds"]
    print(f"{most} engines: {ratio:.2f} of aiodocker's processor time (bound {BOUND})")
    return 0 if ratio <= BOUND and ours["memory"] <= theirs["memory"] else 1


if __name__ == "__main__":
    sys.exit(main())
