"""Store a config in the swarm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Unpack

from moorage.transport.steps import Steps
from moorage.verbs.numbered import Stored, put
from moorage.verbs.wait_converged import limit

if TYPE_CHECKING:
    from moorage_api.newest import ConfigFields

__all__ = ["put_config"]


def put_config(
    engine: Any,
    name: str,
    data: bytes,
    *,
    rotate: bool = False,
    timeout: float | timedelta | None = None,
    **fields: Unpack[ConfigFields],
) -> Steps[Stored]:
    """Store a config in the swarm; one with the same content stays.

    A config can't be changed. So one with another content is a new one, "name.2", and `deploy`
    takes the newest of a name. Its labels hold the name, the number, and a salted digest to compare
    contents by.

    Args:
        engine: The engine, a manager of a swarm, whose operations the steps call or await.
        name: The config's name, without a number.
        data: The content.
        rotate: Whether to update all services that use an older one, one after the other, and then
            remove the older ones. If an update fails, they stay.
        timeout: Seconds to wait for each service, or a timedelta; defaults to no limit.
        fields: Other parameters of `configs.create`, e.g. `labels=`; compared too.

    Returns:
        The config: its ID, its own name, and whether it was created.

    Raises:
        TypeError: The content is not a bytes.
        Unavailable: The engine is not a manager of a swarm.
        ServiceFailed: With `rotate`, a service's update failed.
        TimedOut: With `rotate`, the timeout expired.

    GET /configs and POST /configs/create; to rotate, POST /services/{id}/update.
    """
    seconds = limit(timeout)
    steps = put(engine, "config", name, data, {**fields}, rotate=rotate, seconds=seconds)
    del data, fields  # a traceback may show them
    return (yield from steps)
