"""The resources that a container uses, computed from its statistics as the docker CLI does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import frozen

from moorage.printable import one_line
from moorage.progress.plain import size_text

if TYPE_CHECKING:
    from moorage_api.newest import ContainerBlkioStatEntry, ContainerStatsResponse

__all__ = ["HEADINGS", "Usage"]

HEADINGS = ("NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS")


@frozen
class Usage:
    """One measurement of a container; sizes are in bytes."""

    name: str
    cpu: float
    """Percent of one processor: 200 is two of them, busy."""
    memory: int
    """Without the page cache that the kernel can take back."""
    limit: int
    received: int
    sent: int
    read: int
    written: int
    processes: int

    @classmethod
    def of(cls, stats: ContainerStatsResponse) -> Usage:
        """Compute it from the statistics that the engine sent."""
        networks = stats.networks.values()
        blocks = stats.blkio_stats.io_service_bytes_recursive
        return cls(
            name=(stats.name or stats.id or "").removeprefix("/"),
            cpu=_cpu(stats),
            memory=_memory(stats),
            limit=stats.memory_stats.limit or 0,
            received=sum(each.rx_bytes for each in networks),
            sent=sum(each.tx_bytes for each in networks),
            read=_bytes(blocks, "read"),
            written=_bytes(blocks, "write"),
            processes=stats.pids_stats.current or 0,
        )

    def cells(self) -> tuple[str, ...]:
        """Write it as a row under `HEADINGS`."""
        return (
            one_line(self.name),
            f"{self.cpu:.2f}%",
            f"{size_text(self.memory)} / {size_text(self.limit)}",
            f"{100 * self.memory / self.limit if self.limit else 0:.2f}%",
            f"{size_text(self.received)} / {size_text(self.sent)}",
            f"{size_text(self.read)} / {size_text(self.written)}",
            str(self.processes),
        )


def _cpu(stats: ContainerStatsResponse) -> float:
    now, before = stats.cpu_stats, stats.precpu_stats
    # The first measurement of a stream has none before it.
    if before is None or not before.system_cpu_usage or not now.system_cpu_usage:
        return 0.0
    used = now.cpu_usage.total_usage - before.cpu_usage.total_usage
    passed = now.system_cpu_usage - before.system_cpu_usage
    if used <= 0 or passed <= 0:
        return 0.0
    processors = now.online_cpus or len(now.cpu_usage.percpu_usage) or 1
    return 100 * processors * used / passed


def _memory(stats: ContainerStatsResponse) -> int:
    memory = stats.memory_stats
    usage = memory.usage or 0
    # The first name is that of cgroup v1.
    cache = memory.stats.get("total_inactive_file", memory.stats.get("inactive_file", 0))
    return usage - cache if cache < usage else usage


def _bytes(entries: Iterable[ContainerBlkioStatEntry], operation: str) -> int:
    return sum(each.value or 0 for each in entries if (each.op or "").lower() == operation)
