"""Undo the last update of a service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moorage.progress import OnServiceProgress
from moorage.transport.steps import Steps
from moorage.verbs.convergence import converged
from moorage.verbs.services import change
from moorage.verbs.wait_converged import limit

__all__ = ["rollback"]


def rollback(
    engine: Any,
    name: str,
    *,
    wait: bool = True,
    timeout: float | timedelta | None = None,
    on_progress: OnServiceProgress | None = None,
) -> Steps[None]:
    """Undo the last update of a service; a second rollback redoes it.

    Args:
        engine: The engine, whose operations the steps call or await.
        name: The service's name or ID.
        wait: Whether to wait until the service has converged, as `wait_converged` does.
        timeout: Seconds to wait, or a timedelta; defaults to no limit.
        on_progress: Called with a `moorage.progress.ServiceProgress` when something has changed.

    Raises:
        NotFound: The service does not exist.
        BadRequest: It was never updated, or the swarm itself has undone the last update.
        ServiceFailed: The rollback was paused.
        TimedOut: The timeout expired.

    GET /services/{id} and POST /services/{id}/update.
    """
    seconds = limit(timeout)
    service = yield from change(engine, name, lambda now: now.spec, rollback="previous")
    if wait:
        yield from converged(engine, service.id, seconds, on_progress)
