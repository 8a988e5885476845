"""Releases of the engine, and the oldest API version that each accepts by default."""

from __future__ import annotations

__all__ = ["ARCHIVED", "PROSE", "oldest_accepted"]

ARCHIVED = "1.0 to 1.24"
"""API versions without a machine-readable specification."""
PROSE = "https://github.com/moby/moby/tree/docker-v29.7.2/api/docs"
"""The archive of their documentation."""

_OLDEST = (("29.3", "1.40"), ("29.0", "1.44"), ("25.0", "1.24"), ("1.13", "1.12"))
"""The oldest accepted version by first release, as in the engine's documentation."""


def oldest_accepted(release: str) -> str:
    """Return the oldest API version that an engine accepts by default.

    Args:
        release: The engine's release, 1.13 or later, such as "29.3" or "28.5.2".
    """
    return next(oldest for first, oldest in _OLDEST if _key(release) >= _key(first))


def _key(release: str) -> tuple[int, int]:
    major, minor = release.split(".")[:2]
    return int(major), int(minor)
