"""Change the number of a service's tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moorage.progress import OnServiceProgress
from moorage.transport.steps import Steps
from moorage.verbs.convergence import converged
from moorage.verbs.services import change, refuse_no_count
from moorage.verbs.wait_converged import limit

__all__ = ["scale"]


def scale(
    engine: Any,
    name: str,
    replicas: int,
    *,
    wait: bool = True,
    timeout: float | timedelta | None = None,
    on_progress: OnServiceProgress | None = None,
) -> Steps[None]:
    """Change the number of a service's tasks; of a job, the completions.

    Args:
        engine: The engine, whose operations the steps call or await.
        name: The service's name or ID.
        replicas: The number.
        wait: Whether to wait until the service has converged, as `wait_converged` does.
        timeout: Seconds to wait, or a timedelta; defaults to no limit.
        on_progress: Called with a `moorage.progress.ServiceProgress` when something has changed.

    Raises:
        TypeError: The number is not an int.
        ValueError: It is below zero, or the service is global: it has a task on each node.
        NotFound: The service does not exist.
        ServiceFailed: Tasks ended and are not started again.
        TimedOut: The timeout expired.

    GET /services/{id} and POST /services/{id}/update.
    """
    refuse_no_count("scale", replicas)
    seconds = limit(timeout)

    def scaled(service: Any) -> Any:
        mode = service.spec.mode
        if mode.replicated is not None:
            mode.replicated.replicas = replicas
        elif getattr(mode, "replicated_job", None) is not None:
            mode.replicated_job.total_completions = replicas
        else:
            raise ValueError(f"the service {name} can't be scaled: it is not replicated")
        return service.spec

    service = yield from change(engine, name, scaled)
    if wait:
        yield from converged(engine, service.id, seconds, on_progress)
