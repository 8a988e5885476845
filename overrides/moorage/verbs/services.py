"""Read a service, change it and write it back, again if others changed it meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from moorage.errors import APIError, NotFound
from moorage.transport.steps import Await, Steps

__all__ = ["change", "pass_warnings_on", "refuse_no_count", "send", "service_of"]

_log = logging.getLogger(__name__)

# Retries: each time, someone else, or the swarm itself, has changed the service.
_ATTEMPTS = 30
# The form of `docker service ls`.
_SHORT_ID = 12


def service_of(client: Any, name: str) -> Steps[Any]:
    """Inspect a service by its name or ID.

    Raises:
        NotFound: It does not exist.
    """
    service = yield Await(partial(client.services.inspect, name))
    # The engine matches any prefix of an ID.
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
        changed: Returns the new specification for a service; called again whenever someone else was
            quicker.
        options: Other parameters of `services.update`.

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
    """Send a specification; returns the engine's error if the service has changed since."""
    version = service.version.index
    try:
        # Not a partial: its repr would show the environment in a traceback.
        answer = yield Await(
            lambda: client.services.update(service.id, spec, version=version, **options)
        )
    except APIError as error:
        # All engines answer 500 to this, as to much else.
        if "update out of sequence" not in error.message:
            raise
        return error
    pass_warnings_on(service.spec.name, answer)
    return None


def pass_warnings_on(name: str, answer: Any) -> None:
    """Log the engine's warnings about a service."""
    warnings = answer.to_dict()  # the field's name depends on the version
    for each in [*(warnings.get("Warnings") or ()), warnings.get("Warning")]:
        if each:
            _log.warning("the service %s: %s", name, each)
