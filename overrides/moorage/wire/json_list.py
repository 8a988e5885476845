"""The items of a JSON list, parsed one at a time; a parser without I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["list_items"]

_FIRST = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*(\])?[ \t\r\n]*")
_NEXT = re.compile(r"[ \t\r\n]*([,\]])[ \t\r\n]*")
_raw_decode = json.JSONDecoder().raw_decode


def list_items(text: str) -> Iterator[Any]:
    """Parse the items of a list as they are asked for, so that they are never all in memory.

    Raises:
        ValueError: The text is not a JSON list; the items before the mistake are given.
    """
    mark = _FIRST.match(text)
    while mark is not None and mark[1] != "]":
        item, place = _raw_decode(text, mark.end())
        yield item
        mark = _NEXT.match(text, place)
    if mark is None or mark.end() != len(text):
        raise ValueError("not a JSON list")
