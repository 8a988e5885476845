"""The names of tests, with and without their engine."""

from __future__ import annotations

__all__ = ["row_of"]


def row_of(nodeid: str, target: str) -> str:
    """Return a test's name without the host and the version in it."""
    base, _, rest = nodeid.partition("[")
    inside, _, group = rest.rpartition("]")  # xdist appends a test's group to its parameters
    parts = f"-{inside}-".replace(f"-{target}-", "-", 1).strip("-")
    return f"{base}[{parts}]{group}" if parts else base + group
