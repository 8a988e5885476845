"""Variables of an environment or a build, given as a mapping or as a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moorage.parameters.scalars import wrong_type

__all__ = ["environment", "variables_json"]


def environment(value: Any) -> Any:
    """Write a mapping as the list that the API has: "KEY=value", and "KEY" alone for None.

    "KEY" alone unsets a variable that the image has. What is no mapping stays as it is.

    Raises:
        TypeError: a name is no str, or a value is neither a str nor None.
    """
    if not isinstance(value, Mapping):
        return value
    return [
        name if each is None else f"{name}={each}" for name, each in _checked("env", value).items()
    ]


def variables_json(name: str, value: Mapping[str, str | None] | None) -> str | None:
    """Take a mapping of variables that is sent as JSON; one of None has no value of its own."""
    return None if value is None else json.dumps(_checked(name, value), separators=(",", ":"))


def _checked(name: str, value: Any) -> dict[str, str | None]:
    if not isinstance(value, Mapping):
        raise wrong_type(name, "a mapping of names to str or None", value)
    for key, each in value.items():
        if not isinstance(key, str):
            raise wrong_type(name, "str as names", key)
        if each is not None and not isinstance(each, str):
            raise wrong_type(f"{name}[{key!r}]", "a str or None", each)
    return dict(value)
