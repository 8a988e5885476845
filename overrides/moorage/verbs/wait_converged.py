"""Wait until a service has converged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moorage.parse.durations import duration
from moorage.progress import OnServiceProgress
from moorage.transport.steps import Steps
from moorage.verbs.convergence import converged
from moorage.verbs.services import service_of

__all__ = ["limit", "wait_converged"]


def wait_converged(
    engine: Any,
    name: str,
    timeout: float | timedelta,
    *,
    on_progress: OnServiceProgress | None = None,
) -> Steps[None]:
    """Wait until a service has converged: all tasks run as specified, and its update is complete.

    As for the docker CLI, tasks must run for the time of `update={"monitor": …}`, 5 seconds by
    default; after an update, the swarm itself watches them. A job has converged when it is
    complete. Tasks on nodes that are down or drained don't count.

    Args:
        engine: The engine, whose operations the steps call or await.
        name: The service's name or ID.
        timeout: Seconds to wait, or a timedelta.
        on_progress: Called with a `moorage.progress.ServiceProgress` when something has changed.

    Raises:
        NotFound: The service does not exist.
        ServiceFailed: Its update was paused or rolled back, or tasks ended and are not started
            again. The message ends with the tasks' errors and the last output of one.
        TimedOut: The timeout expired; the message ends in the same way.

    GET /services/{id}, /tasks and /nodes, several times.
    """
    seconds = limit(timeout)
    service = yield from service_of(engine, name)
    yield from converged(engine, service.id, seconds, on_progress)


def limit(timeout: float | timedelta | None) -> float | None:
    """Return a timeout in seconds."""
    return None if timeout is None else duration(timeout) / 1e9
