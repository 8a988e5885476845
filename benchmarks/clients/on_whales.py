"""python-on-whales, which runs the docker CLI that is first in PATH."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import python_on_whales


class Client:
    """The one call. It lists ids alone: anything else of a container costs a process."""

    def __init__(self, docker: Any) -> None:
        self.docker = docker

    def list(self) -> Any:
        return self.docker.container.list(all=True)


@contextmanager
def connected(host: str) -> Iterator[Client]:
    """Name the engine; every call connects again."""
    yield Client(python_on_whales.DockerClient(host=host))
