"""Many engines by moorage.fleet, some of which are dead: prints seconds until the others answered.

The addresses of the dead are marked by a minus sign.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import moorage
from moorage.fleet import AsyncFleet

TIMEOUT = 10.0


async def main(words: list[str]) -> None:
    dead = {each.removeprefix("-") for each in words if each.startswith("-")}
    # The dead come first: they take their places from the beginning.
    hosts = [*dead, *(each for each in words if not each.startswith("-"))]
    async with AsyncFleet(hosts, concurrency=100, timeout=TIMEOUT) as fleet:
        began = time.monotonic()
        answers = fleet.each(lambda engine: engine.containers.list(all=True))
        last = {}
        async for host, answer in answers:
            if (host in dead) is not isinstance(answer, moorage.TimedOut):
                raise SystemExit(f"{host}: {answer!r:.200}")
            last["dead" if host in dead else "live"] = time.monotonic() - began
    print(json.dumps(last))


if __name__ == "__main__":
    asyncio.run(main(sys.stdin.read().split()))
