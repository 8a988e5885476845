"""Sizes of memory and of files."""

from __future__ import annotations

import re

__all__ = ["size"]

_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?(?:([kmgtp])(?:i?b)?|b)?", re.ASCII | re.IGNORECASE)
_UNITS = " kmgtp"
_LARGEST = (1 << 63) - 1


def size(value: int | str) -> int:
    """Return a size in bytes.

    Args:
        value: Bytes, or a str in the docker CLI's form: "512m", "1.5 GiB", "64kb". All units are
            powers of 1024.

    Raises:
        TypeError: It has the wrong type.
        ValueError: It is not a size.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"a size is an int or a str such as '512m', not {type(value).__name__}")
    if isinstance(value, int):
        count = value
    elif found := _SIZE.fullmatch(value):
        number, unit = found.groups()
        factor = 1024 ** _UNITS.index((unit or " ").lower())
        count = int(number) * factor if number.isdigit() else int(float(number) * factor)
    else:
        raise ValueError(f"{value!r:.100} is not a size: write bytes, or e.g. '512m' or '1.5g'")
    if not 0 <= count <= _LARGEST:
        raise ValueError(f"a size is between 0 and {_LARGEST} bytes, not {value!r:.100}")
    return count
