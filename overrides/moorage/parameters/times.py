"""Points in time, sent as seconds since 1970."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from moorage.parameters.scalars import wrong_type
from moorage.parse.durations import nanoseconds

__all__ = ["PointInTime", "seconds_text"]

PointInTime: TypeAlias = int | float | datetime | str
"""Seconds since 1970, a `datetime`, or a str: a duration before now, such as "10m" or "1h30m", or
a timestamp as engines write it, "2024-05-06T07:08:09.123456789Z". A `datetime` without a time zone
is local time."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"(-?\d{1,18})(?:\.(\d{1,9}))?")
_TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})"
)


def seconds_text(name: str, value: PointInTime | None) -> str | None:
    """Encode a point in time as seconds, with a fraction if it has one.

    Raises:
        TypeError: It has the wrong type.
        ValueError: A str is neither a duration nor a timestamp.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return _text(_of_datetime(value))
    if isinstance(value, str):
        return _of_str(name, value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{name} is a point in time, not {value!r}")
        return _text(round(value * 1_000_000) * 1_000)  # the precision of a float today
    raise wrong_type(name, "seconds, a datetime, or a str such as '10m'", value)


def _of_datetime(value: datetime) -> int:
    # A naive datetime is local time, as everywhere in Python.
    return (value.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1) * 1000


def _of_str(name: str, value: str) -> str:
    if _SECONDS.fullmatch(value):
        return value
    before = nanoseconds(value)
    if before is not None:
        return _text(time.time_ns() - before)
    if found := _TIMESTAMP.fullmatch(value):
        moment, fraction, zone = found.groups()
        whole = _of_datetime(datetime.fromisoformat(f"{moment.upper()}{zone.upper()}"))
        return _text(whole + int((fraction or "").ljust(9, "0")[:9]))
    raise ValueError(
        f"{name} is a duration before now, such as '10m', or a timestamp, such as"
        f" '2024-05-06T07:08:09Z', not {value!r:.100}"
    )


def _text(count: int) -> str:
    sign = "-" if count < 0 else ""
    seconds, rest = divmod(abs(count), 1_000_000_000)
    return f"{sign}{seconds}.{rest:09d}" if rest else f"{sign}{seconds}"
