"""Times and identifiers, as engines write them."""

from __future__ import annotations

import secrets
import time

__all__ = ["NEVER", "new_id", "now_ns", "timestamp", "unix_seconds"]

NEVER = "0001-01-01T00:00:00Z"
"""A time that has not come yet."""

_SECOND = 10**9


def now_ns() -> int:
    """Return the time in nanoseconds since 1970."""
    return time.time_ns()


def timestamp(nanoseconds: int | None = None) -> str:
    """Write a time with nanoseconds, the present by default."""
    moment = now_ns() if nanoseconds is None else nanoseconds
    seconds, rest = divmod(moment, _SECOND)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09d}Z"


def unix_seconds(nanoseconds: int) -> int:
    """Return whole seconds."""
    return nanoseconds // _SECOND


def new_id() -> str:
    """Make the ID of an object."""
    return secrets.token_hex(32)
