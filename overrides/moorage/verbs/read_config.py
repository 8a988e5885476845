"""Read a config of the swarm."""

from __future__ import annotations

from typing import Any

from moorage.transport.steps import Steps
from moorage.verbs.numbered import newest

__all__ = ["read_config"]


def read_config(engine: Any, name: str) -> Steps[bytes]:
    """Read a config of the swarm: the newest one of a name, as stored by `put_config`.

    Args:
        engine: The engine, a manager of a swarm, whose operations the steps call or await.
        name: The config's name.

    Returns:
        Its content.

    Raises:
        NotFound: The config does not exist.

    GET /configs.
    """
    config = yield from newest(engine, "config", name)
    return config.spec.data or b""
