"""Containers for a test, which are gone after it whatever happened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost


@contextlib.contextmanager
def container(engine: EngineHost, image: str, *command: str, **more: Any) -> Iterator[str]:
    """Create and start a container by plain HTTP; gives its id."""
    with engine.http() as client:
        body = {"Image": image, "Cmd": list(command), "StopTimeout": 0}
        body |= {"HostConfig": {"NetworkMode": "none"}} | more
        created = client.post("/containers/create", json=body)
        assert created.status_code == 201, created.text
        path = f"/containers/{created.json()['Id']}"
        try:
            started = client.post(f"{path}/start")
            assert started.status_code == 204, started.text
            yield created.json()["Id"]
        finally:
            client.delete(path, params={"force": "true", "v": "true"})


def wait(engine: EngineHost, name: str) -> int:
    """Wait until a container has ended; returns its exit status."""
    with engine.http() as client:
        status: int = client.post(f"/containers/{name}/wait").json()["StatusCode"]
    return status
