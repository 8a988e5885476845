"""A service that is read, changed and written back, as often as others do so meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from moorage.errors import APIError, NotFound
from moorage.transport.steps import Await, Steps

__all__ = ["change", "pass_warnings_on", "refuse_no_count", "send", "service_of"]

_log = logging.getLogger(__name__)

# Each time, somebody else, or the swarm itself, has changed the service.
_ATTEMPTS = 30
# As `docker service ls` shows them.
_SHORT_ID = 12


def service_of(client: Any, name: str) -> Steps[Any]:
    """Inspect a service by its name or ID.

    Raises:
        NotFound: There is none.
    """
    service = yield Await(partial(client.services.inspect, name))
    # The engine takes any first letters of an ID for a service's name.
    if name not in (service.spec.name, service.id) and len(name) < _SHORT_ID:
        raise NotFound(404, f"service {name} not found", "ServiceInspect")
    return service


def refuse_no_count(verb: str, replicas: Any) -> None:
    """Raise TypeError or ValueError unless a service can have this number of tasks."""
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise TypeError(f"{verb}: replicas is a number, not {type(replicas).__name__}")
    if replicas < 0:
        raise ValueError(f"{verb}: replicas is zero or more, not {replicas}")


def change(client: Any, name: str, changed: Callable[[Any], Any], **options: Any) -> Steps[Any]:
    """Change a service.

    Args:
        client: The engine.
        name: The service's name or ID.
        changed: Takes the service and returns the specification that it is to have; it is called
            again whenever somebody else was quicker.
        options: What else `services.update` takes.

    Returns:
        The service as it was.
    """
    attempt = 0
    while True:
        service = yield from service_of(client, name)
        error = yield from send(client, service, changed(service), **options)
        if error is None:
            return service
        attempt += 1
        if attempt == _ATTEMPTS:
            raise error


def send(client: Any, service: Any, spec: Any, **options: Any) -> Steps[APIError | None]:
    """Send a specification; returns the engine's error if the service is another one by now."""
    version = service.version.index
    try:
        # No partial: its repr shows the environment in a traceback.
        answer = yield Await(
            lambda: client.services.update(service.id, spec, version=version, **options)
        )
    except APIError as error:
        # All engines answer 500 to it, as to much else.
        if "update out of sequence" not in error.message:
            raise
        return error
    pass_warnings_on(service.spec.name, answer)
    return None


def pass_warnings_on(name: str, answer: Any) -> None:
    """Log what an engine warns of when it takes a service."""
    warnings = answer.to_dict()  # versions have other fields for them
    for each in [*(warnings.get("Warnings") or ()), warnings.get("Warning")]:
        if each:
            _log.warning("the service %s: %s", name, each)
