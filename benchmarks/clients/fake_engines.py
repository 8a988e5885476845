"""Fake engines with containers, until the standard input ends; prints their addresses."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import moorage
from moorage.testing import FakeEngine

__all__ = ["CONTAINERS", "fill"]

VERSIONS = ("1.41", "1.45", "1.51")  # those of Docker 20.10, 26.1 and 28.5
CONTAINERS = 10


def fill(host: str, image: str) -> None:
    """Create containers on an engine that has the image."""
    with moorage.connect(host=host) as engine:
        for number in range(CONTAINERS):
            engine.containers.create(
                image=image,
                cmd=["/bin/true"],
                name=f"web-{number}",
                labels={"com.example.some-label": "some-value"},
            )


def main(count: int) -> None:
    with ExitStack() as stack:
        hosts = []
        for number in range(count):
            fake = stack.enter_context(FakeEngine(VERSIONS[number % len(VERSIONS)]))
            fake.image("web:1")
            fill(fake.host, "web:1")
            hosts.append(fake.host)
        print(*hosts, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
