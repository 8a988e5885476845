"""A container that runs while a block does, and is removed afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from moorage.transport.steps import Await, Steps
from moorage.verbs.lease import Lease
from moorage.verbs.running_container import AsyncRunning, Running
from moorage.verbs.specification import Specification

if TYPE_CHECKING:
    from moorage_api.newest import CreateFields

__all__ = ["AsyncRunning", "Running", "running"]


def running(
    engine: Any,
    image: str,
    cmd: Sequence[str] | None = None,
    **fields: Unpack[CreateFields],
) -> Steps[Lease]:
    """Run a container while a block does: a context manager that starts it, and removes it.

    The container is removed whatever happens, also after cancellation and Ctrl-C. Its label
    `moorage-lease` lets `docker ps` find those whose program was killed.

    Args:
        engine: The engine, whose operations the steps call or await.
        image: The image's name or ID; a missing image is pulled.
        cmd: The command and its arguments; defaults to the image's. No shell is between.
        fields: The options and fields that `create` takes, e.g. `ports=`, `env=`, `health=`.

    Returns:
        A context manager with `id`, `lines()`, `wait()`, `wait_healthy(timeout)`,
        `port("80/tcp")` and `execute(…)`.

    Raises:
        NotFound: The image does not exist.
        APIError: The container can't be created or started.
    """
    if "auto_remove" in fields:
        raise TypeError("running removes its container by itself: auto_remove= is not for it")
    specification = Specification(engine, "running", image, cmd, {**fields})
    del fields  # a traceback may show them
    lease = Lease(engine, specification)
    try:
        yield from lease.create(specification)
        yield Await(partial(engine.containers.start, lease.id))
    except GeneratorExit:
        raise  # waiting is impossible from here on
    except BaseException as error:
        yield from lease.remove_after(error)
        raise
    return lease
