"""The timestamps of engines, which models keep as the strings that were sent."""

from __future__ import annotations

from datetime import datetime

__all__ = ["parse_timestamp"]

_EXAMPLE = "give one like 2024-05-06T07:08:09.123456789Z"


def parse_timestamp(text: str) -> datetime | None:
    """Parse a timestamp that an engine sent, e.g. "2024-05-06T07:08:09.123456789Z".

    A `datetime` has microseconds: the nanoseconds of the engine are cut off.

    Args:
        text: A timestamp in the form of RFC 3339.

    Returns:
        The time, with its zone; None for one in the year 1, the engines' "never".

    Raises:
        ValueError: It is not a timestamp, or it has no zone.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a timestamp of an engine: {_EXAMPLE}") from None
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: {_EXAMPLE}")
    return time if time.year > 1 else None
