"""Timeouts: the defaults, in seconds, and the check of those that are given."""

from __future__ import annotations

__all__ = ["CONNECT_TIMEOUT", "PING_TIMEOUT", "above_zero"]

CONNECT_TIMEOUT = 10.0
"""For a connection."""

PING_TIMEOUT = 60.0
"""For a response in negotiation: a ping is quick, but socket activation of an engine is not."""


def above_zero(name: str, value: float | None) -> float | None:
    """Check a timeout: seconds, or None for no limit of its own.

    Raises:
        TypeError: It is not a number.
        ValueError: It is not above zero.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise TypeError(f"{name} takes seconds, an int or a float, not {type(value).__name__}")
    if not value > 0:
        raise ValueError(f"{name} must be above zero, not {value!r}")
    return value
