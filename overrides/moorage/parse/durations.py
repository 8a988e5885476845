"""Lengths of time."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction

__all__ = ["duration", "nanoseconds"]

_PART = r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|μs|ns)"
_DURATION = re.compile(rf"(?:{_PART})+", re.ASCII)
_NANOSECONDS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ns": 1,
}
_LONGEST = (1 << 63) - 1


def nanoseconds(text: str) -> int | None:
    """Read a duration such as "1h30m" or "250ms", in nanoseconds; None if malformed."""
    if not _DURATION.fullmatch(text):
        return None
    parts = re.findall(_PART, text)
    return sum(
        int(Fraction(f"0{count}0") * _NANOSECONDS[unit])
        if "." in count
        else int(count) * _NANOSECONDS[unit]
        for count, unit in parts
    )


def duration(value: float | timedelta | str) -> int:
    """Return a duration in nanoseconds, the unit of engines.

    Args:
        value: Seconds, a timedelta, or a str in the docker CLI's form, such as "1m30s".

    Raises:
        TypeError: It has the wrong type.
        ValueError: It is not a duration, or below zero.
    """
    if isinstance(value, timedelta):
        count = value // timedelta(microseconds=1) * 1000
    elif isinstance(value, str):
        found = 0 if value == "0" else nanoseconds(value)
        if found is None:
            raise ValueError(f"{value!r:.100} is not a duration: write seconds, or e.g. '1m30s'")
        count = found
    elif isinstance(value, bool) or not isinstance(value, int | float):
        kind = type(value).__name__
        raise TypeError(f"a duration is seconds, a timedelta or a str such as '10s', not {kind}")
    elif isinstance(value, float) and not abs(value) < _LONGEST:
        raise ValueError(f"{value!r} is not a duration")
    else:
        count = round(value * 1_000_000_000)
    if not 0 <= count <= _LONGEST:
        raise ValueError(f"a duration is between 0 and 292 years, not {value!r:.100}")
    return count
