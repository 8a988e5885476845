"""Many engines by moorage.fleet: prints processor time, peak memory and descriptors."""

from __future__ import annotations

import asyncio
import sys

from benchmarks.clients.fleet_report import report
from moorage.fleet import AsyncFleet


async def main(hosts: list[str]) -> int:
    async with AsyncFleet(hosts, concurrency=100) as fleet:
        found = await fleet.call(lambda engine: engine.containers.list(all=True))
        count = sum(len(each) for each in found.values() if isinstance(each, list))
        report(count)
    return count


if __name__ == "__main__":
    asyncio.run(main(sys.stdin.read().split()))
