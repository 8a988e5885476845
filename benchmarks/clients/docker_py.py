"""docker-py's APIClient, which returns dicts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker

from benchmarks.clients.http import CONTAINER, VERSION


class Client:
    """The calls."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.host_config = api.create_host_config(network_mode="none")

    def ping(self) -> Any:
        return self.api.ping()

    def inspect(self, container: str) -> Any:
        return self.api.inspect_container(container)

    def list(self) -> Any:
        return self.api.containers(all=True)

    def lifecycle(self) -> Any:
        created = self.api.create_container(
            CONTAINER["Image"], CONTAINER["Cmd"], host_config=self.host_config
        )["Id"]
        self.api.start(created)
        status = self.api.wait(created)["StatusCode"]
        self.api.remove_container(created)
        return status


@contextmanager
def connected(host: str) -> Iterator[Client]:
    """Connect to the engine; each of 16 threads may keep its connection."""
    api = docker.APIClient(base_url=host, version=VERSION, max_pool_size=16)
    try:
        yield Client(api)
    finally:
        api.close()
