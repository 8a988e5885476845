"""The time that a swarm of three releases needs after the loss of a worker, and of its leader.

    python benchmarks/swarm.py [--rounds 3] [--heartbeats 5,1]

It needs root on Debian, for the engines of `moorage.private`. Each round starts three managers and
a worker, which a service of eight tasks runs on, kills the worker by its process, and then the
leader; the times are medians, by the clock.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

import moorage
from moorage.private import busybox, busybox_tar, private_swarm

RELEASES = ["28.5", "26.1", "20.10", "20.10"]
SLEEPS = ["/bin/sh", "-c", "exec sleep 600"]
TASKS = 8
EVENTS = (
    "swarm is up",
    "worker killed: all tasks run elsewhere",
    "leader killed: another manager answers",
    "leader killed: a service is scaled",
)


def measured(heartbeat: float, image: bytes) -> list[float]:
    """Run one round; returns the seconds of each event."""
    began = time.monotonic()
    with private_swarm(RELEASES, managers=3) as swarm:
        times = [time.monotonic() - began]
        for each in swarm.engines:
            with moorage.connect(host=each.host) as engine:
                engine.images.create(image, from_src="-", repo="swarm", tag="1").finish()
        first, second = (moorage.connect(host=each.host) for each in swarm.managers[:2])
        with first, second:
            about: Any = first.swarm.inspect()
            about.spec.dispatcher.heartbeat_period = int(heartbeat * 1e9)
            first.swarm.update(about.spec, version=about.version.index)
            # The nodes learn of the new period by their next heartbeat.
            update = {"monitor": "8s"}
            restart = {"condition": "any", "delay": 0}
            options: dict[str, Any] = {"restart": restart, "update": update}
            first.deploy("web", "swarm:1", SLEEPS, replicas=TASKS, **options)
            began = time.monotonic()
            os.kill(swarm.workers[0].pid, signal.SIGKILL)
            lost = swarm.nodes[swarm.workers[0].host]
            wait(lambda: moved(first, lost))
            times.append(time.monotonic() - began)
            began = time.monotonic()
            os.kill(swarm.managers[0].pid, signal.SIGKILL)
            wait(second.services.list)
            times.append(time.monotonic() - began)
            second.scale("web", 1, wait=False)
            times.append(time.monotonic() - began)
    return times


def moved(engine: Any, lost: str) -> bool:
    """Tell whether all tasks run, and none on the node that was lost."""
    filters = {"service": "web", "desired-state": "running"}
    tasks = engine.tasks.list(filters=filters)
    runs = [each for each in tasks if each.status.state == "running" and each.node_id != lost]
    return len(runs) == len(tasks) == TASKS


def wait(is_so: Callable[[], Any]) -> None:
    """Ask until it is so."""
    while True:
        try:
            if is_so():
                return
        except moorage.EngineError:
            pass  # there is no leader at the moment
        time.sleep(0.02)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--heartbeats", default="5,1")
    asked = parser.parse_args()
    image = busybox_tar(busybox())
    table = Table(title="seconds until", caption="by the seconds between heartbeats")
    table.add_column("event")
    columns = []
    for heartbeat in asked.heartbeats.split(","):
        table.add_column(heartbeat, justify="right")
        rounds = [measured(float(heartbeat), image) for _ in range(asked.rounds)]
        columns.append([f"{median(times):.1f}" for times in zip(*rounds, strict=True)])
    for row in zip(EVENTS, *columns, strict=True):
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
