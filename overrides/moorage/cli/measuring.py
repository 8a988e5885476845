"""Measurements of running containers by tasks: one of each, or as long as they run."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from anyio import CancelScope, create_task_group, open_signal_receiver

from moorage.cli.usage import Usage
from moorage.errors import ConnectionFailed, NotFound

if TYPE_CHECKING:
    from moorage_api.newest import AsyncEngine

__all__ = ["measure_once", "until_signal", "watch"]


async def measure_once(engine: AsyncEngine) -> list[Usage]:
    """Measure each running container once, all at the same time; that takes about two seconds."""
    found: list[Usage] = []

    async def measure(container: str) -> None:
        with suppress(NotFound):  # it has gone since it was listed
            found.append(Usage.of(await engine.containers.stats(container, stream=False).one()))

    async with create_task_group() as group:
        for each in await engine.containers.list():
            group.start_soon(measure, each.id)
    return found


async def watch(engine: AsyncEngine, rows: dict[str, Usage]) -> None:
    """Keep a row for each running container, by its ID, until this is cancelled.

    A stream of statistics for each container brings the rows up to date; the engine's events say
    which containers start and end.

    Raises:
        ExceptionGroup: A stream failed, or the engine ended its events (ConnectionFailed).
    """
    scopes: dict[str, CancelScope] = {}

    async def follow(container: str) -> None:
        scope = scopes[container] = CancelScope()
        with scope, suppress(NotFound):
            async with engine.containers.stats(container) as measurements:
                async for each in measurements:
                    rows[container] = Usage.of(each)
        # A container that was restarted has another scope by now.
        if scopes.get(container) is scope:
            del scopes[container]
            rows.pop(container, None)

    changes = {"type": ["container"], "event": ["start", "die"]}
    # The events first: no container that starts meanwhile is missed.
    async with create_task_group() as group, engine.system.events(filters=changes) as events:
        for running in await engine.containers.list():
            group.start_soon(follow, running.id)
        async for event in events:
            container = event.actor.id if event.actor else None
            if container is None:
                continue
            if container in scopes:
                scopes.pop(container).cancel()
                rows.pop(container, None)
            if event.action == "start":
                group.start_soon(follow, container)
        # Only an engine that goes away ends them: without an error, the rows would stay for ever.
        raise ConnectionFailed("system.events: the engine ended its events")


async def until_signal(scope: CancelScope) -> None:
    """Cancel a scope when the program gets SIGINT or SIGTERM."""
    with open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
            return
