"""moorage, pinned by class."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import moorage
from moorage_api import v1_51


class Client:
    """The calls."""

    def __init__(self, engine: v1_51.Engine) -> None:
        self.engine = engine

    def ping(self) -> str:
        return self.engine.system.ping()

    def inspect(self, container: str) -> object:
        return self.engine.containers.inspect(container)

    def list(self) -> list[v1_51.ContainerSummary]:
        return self.engine.containers.list(all=True)

    def lifecycle(self) -> int:
        containers = self.engine.containers
        created = containers.create(
            image="moorage-bench:latest",
            cmd=["/bin/true"],
            host_config=v1_51.HostConfig(network_mode="none"),
        ).id
        containers.start(created)
        status = containers.wait(created).status_code
        containers.delete(created)
        return status


@contextmanager
def connected(host: str) -> Iterator[Client]:
    """Connect to the engine."""
    with moorage.connect(v1_51.Engine, host=host) as engine:
        yield Client(engine)
