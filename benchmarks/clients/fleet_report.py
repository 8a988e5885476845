"""Figures of a process that asked many engines, as a line of JSON."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

__all__ = ["report"]


def report(count: int) -> None:
    """Print the figures.

    Args:
        count: How many containers were listed.
    """
    # Not getrusage's figure, which begins with the memory of the process that started this one.
    status = Path("/proc/self/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None
    figures = {
        "containers": count,
        "seconds": time.process_time(),
        "memory": int(peak[1]) / 1024,
        "descriptors": len([*Path("/proc/self/fd").iterdir()]),
    }
    print(json.dumps(figures))
