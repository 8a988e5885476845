"""Variables of an environment, given as a mapping or as the list that the API has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["as_sent", "environment", "variables"]


class _Sent(dict[str, Any]):
    """A map that an engine sent in the place of a list."""


def as_sent(value: Any) -> Any:
    """Mark an engine's value, so that `environment` leaves it unchanged."""
    return _Sent(value) if isinstance(value, dict) else value


def environment(value: Any) -> Any:
    """Write a mapping as a list: "KEY=value", and "KEY" alone for None.

    "KEY" alone unsets a variable that the image has. A value that is not a mapping stays as it is.

    Raises:
        TypeError: A name is not a str, or a value is neither a str nor None.
        ValueError: A name is empty or has a "=", or a value has a NUL.
    """
    if not isinstance(value, Mapping) or isinstance(value, _Sent):
        return value
    return [
        name if each is None else f"{name}={each}" for name, each in variables("env", value).items()
    ]


def variables(name: str, value: Mapping[Any, Any]) -> dict[str, str | None]:
    """Check a mapping of variables.

    Args:
        name: The parameter or the field, for the error.
        value: The mapping.

    Raises:
        TypeError: A name is not a str, or a value is neither a str nor None.
        ValueError: A name is empty or has a "=", or a value has a NUL.
    """
    for key, each in value.items():
        if not isinstance(key, str):
            raise TypeError(f"{name} takes str as names, not {type(key).__name__}")
        if each is not None and not isinstance(each, str):
            raise TypeError(f"{name}[{key!r}] takes a str or None, not {type(each).__name__}")
        if not key or not {"=", "\0"}.isdisjoint(key):
            raise ValueError(
                f"{name}: {key!r} is not a name of a variable: it is empty or has '=' or NUL"
            )
        if each is not None and "\0" in each:
            raise ValueError(f"{name}[{key!r}] has a NUL, which no variable can hold")
    return dict(value)
