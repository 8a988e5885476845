"""A log shipper: sends on each line of labelled containers once, though connections are cut."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

import moorage
from moorage_api.newest import AsyncEngine


async def ship(engine: AsyncEngine, label: str, send: Callable[[str, str], object]) -> None:
    """Follow the containers that have a label, those that start later too, until cancelled."""
    labelled = {"label": [label]}
    last: dict[str, str] = {}  # the time of each container's last line
    locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def follow(container: str) -> None:
        async with locks[container]:  # if it started anew, it is read to its end first
            since = last.get(container)
            logs = engine.containers.logs(
                container, stdout=True, stderr=True, follow=True, timestamps=True, since=since
            )
            with suppress(moorage.NotFound):
                async for line in logs.lines("utf-8"):
                    time, _, text = line.text.partition(" ")
                    if time != since:  # the engine begins with the line of that very time
                        send(container, text)
                        last[container] = time

    while True:
        try:
            starts = engine.system.events(filters={**labelled, "event": ["start"]})
            async with asyncio.TaskGroup() as tasks, starts:
                for each in await engine.containers.list(all=True, filters=labelled):
                    tasks.create_task(follow(each.id))
                async for event in starts:
                    tasks.create_task(follow(event.actor.id))
        except* moorage.ConnectionFailed:
            await asyncio.sleep(1)
