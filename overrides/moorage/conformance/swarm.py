"""Call the operations that need a swarm, on private engines only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moorage.conformance.driver import Driver
from moorage.conformance.scenario import Own

__all__ = ["one_node", "play"]

_HERE = "127.0.0.1"
_PATIENCE = 10.0
_SOON = 0.02


@contextmanager
def one_node(driver: Driver) -> Iterator[None]:
    """Make the engine a swarm of its own, and leave it at the end."""
    made = driver.call("swarm.init", listen_addr=f"{_HERE}:2377", advertise_addr=_HERE)
    yield
    if made is not None:  # without reaching this, the engine ends anyway
        driver.call("swarm.leave", force=True)


def play(own: Own) -> None:
    """Query the swarm, and make objects that only a swarm has."""
    call = own.driver.call
    call("swarm.unlock_key")
    for kind in ("secrets", "configs"):
        given: dict[str, Any] = {"name": own.name, "labels": own.labels}
        made = _id(call(f"{kind}.create", data=b"a", **given))
        if made is not None:
            index = _look(own, kind, made)
            call(f"{kind}.update", made, version=index, **given)
            call(f"{kind}.delete", made)
    _service(own)


def _service(own: Own) -> None:
    call, api = own.driver.call, own.api
    container = api.ContainerSpec(
        image=own.name, command=["/bin/sleep", "600"], stop_grace_period=0
    )
    given = {"name": own.name, "task_template": api.TaskSpec(container_spec=container)}
    service = _id(call("services.create", **given))
    if service is None:
        return
    index = _look(own, "services", service)
    for task in _until(lambda: _running(call("tasks.list", filters={"service": service}))):
        call("tasks.inspect", task["ID"])
    call("services.update", service, version=index, labels=own.labels, **given)
    call("services.delete", service)
    # The next round must not find its containers.
    label = {"label": f"com.docker.swarm.service.id={service}"}
    _until(lambda: [not own.driver.engine.containers.list(all=True, filters=label)])


def _running(tasks: Any) -> list[Any]:
    return [each for each in tasks or () if each["Status"]["State"] == "running"]


def _until(found: Callable[[], list[Any]]) -> list[Any]:
    """Poll until there is a result: a swarm acts a little later, without an event."""
    deadline = time.monotonic() + _PATIENCE
    while not any(answer := found()) and time.monotonic() < deadline:
        time.sleep(_SOON)
    return answer


def _look(own: Own, kind: str, made: str) -> int:
    """Inspect an object, and return the index of its version."""
    own.driver.call(f"{kind}.list")
    found = own.driver.call(f"{kind}.inspect", made)
    return int(found["Version"]["Index"]) if found else 0


def _id(made: Any) -> str | None:
    return str(made["ID"]) if isinstance(made, dict) and "ID" in made else None
