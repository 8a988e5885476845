"""Shares of processors."""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["cpus"]

_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?|\d+/\d+", re.ASCII | re.IGNORECASE)


def cpus(value: float | str) -> int:
    """Return a number of processors in billionths, the unit of engines.

    Args:
        value: The number of processors, such as 1.5 or "0.25".

    Raises:
        TypeError: It is neither a number nor a str.
        ValueError: It is not a number, or not above zero.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"cpus is a number such as 1.5, not {type(value).__name__}")
    try:
        if isinstance(value, str) and not _NUMBER.fullmatch(value):
            raise ValueError
        count = round(Fraction(str(value)) * 1_000_000_000)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"cpus is a number such as 1.5, not {value!r:.100}") from None
    if not 0 < count < 1 << 63:
        raise ValueError(f"cpus must be above zero, not {value!r:.100}")
    return count
