"""Options of the docker CLI in the form of CSV fields."""

from __future__ import annotations

import csv
from collections.abc import Iterator

__all__ = ["fields"]


def fields(text: str) -> Iterator[tuple[str, str | None]]:
    """Split "type=bind,readonly" into names, in lower case, and values; None without a value.

    Raises:
        ValueError: It is empty, or its quotes are malformed.
    """
    try:
        rows = [*csv.reader([text], strict=True)]
    except csv.Error as error:
        raise ValueError(f"{text!r:.200} is malformed: {error}") from None
    if len(rows) != 1 or not rows[0]:
        raise ValueError(f"{text!r:.200} has no fields")
    for part in rows[0]:
        name, equals, value = part.partition("=")
        yield name.lower(), value if equals else None
