"""One call on many engines: moorage.fleet side by side with aiodocker.

    python benchmarks/fleet.py [--rounds 3] [--counts 10,100,1000] [--svg FILE]

The engines are those of `moorage.private`, as root on Debian, and fake ones of `moorage.testing` in
processes of their own: a third each at API 1.41, 1.45 and 1.51. Each measurement is a fresh process
that negotiates with every engine and lists ten containers on each, a hundred engines at a time; it
counts by its own processor time, its peak memory and its descriptors at the end. The clients take
turns, and figures are medians. In the end, ten hosts that never answer are among the most engines.
The status is 1 if moorage takes more than 1.3 times aiodocker's processor time on the most
engines, or more memory.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

import moorage
from benchmarks.clients.fake_engines import CONTAINERS, fill
from benchmarks.environments import ROOT, environment
from benchmarks.plot import plot
from moorage.private import busybox, busybox_tar, private_release, why_not
from moorage.private.releases import RELEASES

CLIENTS = {"moorage": "fleet_moorage", "aiodocker": "fleet_aiodocker"}
FIGURES = {
    "seconds": "processor time, s",
    "memory": "peak memory, MB",
    "descriptors": "descriptors",
}
BOUND = 1.3
DEAD = 10
A_PROCESS = 250
"""Number of fake engines in a process: each has a listener, two threads and a connection."""

Figures = dict[str, float]


@contextmanager
def real_engines() -> Iterator[list[str]]:
    """Start an engine of each release, where this machine can; gives their addresses."""
    with ExitStack() as stack:
        hosts = []
        if reason := why_not():
            print(f"fake engines only: {reason}", file=sys.stderr)
        else:
            tar = busybox_tar(busybox())
            for release in RELEASES:
                host = stack.enter_context(private_release(release)).host
                with moorage.connect(host=host) as engine:
                    engine.images.create(tar, from_src="-", repo="web", tag="1").finish()
                fill(host, "web:1")
                hosts.append(host)
        yield hosts


@contextmanager
def fake_engines(count: int) -> Iterator[list[str]]:
    """Run fake engines; gives their addresses."""
    with ExitStack() as stack:
        started = []
        for first in range(0, count, A_PROCESS):
            number = str(min(A_PROCESS, count - first))
            command = [sys.executable, "-m", "benchmarks.clients.fake_engines", number]
            process = stack.enter_context(
                subprocess.Popen(
                    command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            stack.callback(process.communicate)
            started.append(process)
        hosts = [host for each in started if each.stdout for host in each.stdout.readline().split()]
        if len(hosts) != count:
            raise SystemExit("the fake engines did not start")
        yield hosts


@contextmanager
def dead_hosts() -> Iterator[list[str]]:
    """Listen on sockets, and never answer; gives their addresses."""
    with tempfile.TemporaryDirectory(prefix="fleet") as folder, ExitStack() as stack:
        paths = [f"{folder}/{number}.sock" for number in range(DEAD)]
        for path in paths:
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(path)
            listener.listen()
        yield [f"unix://{path}" for path in paths]


def run(client: str, module: str, hosts: Sequence[str]) -> Any:
    """Run a module in a client's environment; gives its figures."""
    done = subprocess.run(
        [str(environment(client)), "-m", f"benchmarks.clients.{module}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input="\n".join(hosts),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{client} failed: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def measured(client: str, hosts: Sequence[str]) -> Figures:
    """Run a client once."""
    figures: Figures = run(client, CLIENTS[client], hosts)
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
    counts = sorted(int(each) for each in asked.counts.split(","))
    most = counts[-1]
    found: dict[str, dict[int, Figures]] = {client: {} for client in CLIENTS}
    with real_engines() as real, fake_engines(most - len(real)) as fakes, dead_hosts() as dead:
        hosts = real + fakes
        for count in counts:
            rounds = [
                {client: measured(client, hosts[:count]) for client in CLIENTS}
                for _ in range(asked.rounds)
            ]
            for client in CLIENTS:
                found[client][count] = {
                    figure: median(each[client][figure] for each in rounds) for figure in FIGURES
                }
        alone = run("moorage", "fleet_dead", hosts)
        among = run("moorage", "fleet_dead", hosts + [f"-{each}" for each in dead])
    table = Table(title="a list of ten containers on each engine")
    for heading in ("engines", "client", *FIGURES.values()):
        table.add_column(heading, justify="right")
    for count in counts:
        for client in CLIENTS:
            figures = found[client][count]
            table.add_row(str(count), client, *(f"{figures[figure]:.2f}" for figure in FIGURES))
    Console().print(table)
    print(
        f"{len(dead)} dead hosts among {most} engines timed out after {among['dead']:.1f} s; the "
        f"others had answered after {among['live']:.1f} s, and do so after {alone['live']:.1f} s "
        "without them"
    )
    if asked.svg:
        series = {
            title: {c: [(n, found[c][n][figure]) for n in counts] for c in CLIENTS}
            for figure, title in FIGURES.items()
        }
        asked.svg.write_text(plot(series), encoding="utf-8")
    ours, theirs = (found[client][most] for client in CLIENTS)
    ratio = ours["seconds"] / theirs["seconds"]
    print(f"{most} engines: {ratio:.2f} of aiodocker's processor time (bound {BOUND})")
    return 0 if ratio <= BOUND and ours["memory"] <= theirs["memory"] else 1


if __name__ == "__main__":
    sys.exit(main())
