"""Places of operations by their names in Python."""

from __future__ import annotations

import keyword
import re

from moorage.model.keywords import snake_case

__all__ = ["python_name", "python_place"]

_PART = re.compile(r"[^.\[\]{}]+")


def python_name(wire: str) -> str:
    """Write a parameter's or a field's name in Python: "HostConfig" is host_config."""
    name = snake_case(wire.removeprefix("X-"))
    return f"{name}_" if keyword.iskeyword(name) else name


def python_place(place: str) -> str:
    """Write a place in Python's names.

    "query.all" and "body.HostConfig.Init" are the keywords `all` and `host_config.init`;
    "200[].Names" is `result[].names`. The status of an error stays, and "" does.
    """
    first, dot, rest = place.partition(".")
    if first in ("query", "header") and dot:
        return python_name(rest)
    if first == "body" and dot:
        return _parts(rest)
    status = re.match(r"2\d\d", place)
    if status is None:
        return place
    return "result" + _parts(place[status.end() :])


def _parts(place: str) -> str:
    return _PART.sub(lambda found: python_name(found[0]), place)
