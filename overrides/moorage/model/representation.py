"""The repr of a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import attrs

__all__ = ["model_repr"]

_WIDTH = 88
_INDENT = 4


def model_repr(self: Any) -> str:
    """Write a model without fields that are None, empty or secret; long ones are wrapped.

    Of a process' variables, `env`, only the names are shown. Every model uses this as its
    `__repr__`.
    """
    return _written(self, 0, 0, ())


class _Parts(NamedTuple):
    """A compound value: its brackets, and each part with its prefix."""

    left: str
    right: str
    parts: list[tuple[str, Any]]


def _parts(value: Any) -> _Parts | None:
    if isinstance(value, list):
        return _Parts("[", "]", [("", each) for each in value])
    if isinstance(value, dict):
        return _Parts("{", "}", [(f"{key!r}: ", each) for key, each in value.items()])
    if getattr(type(value), "__repr__", None) is model_repr:
        name = type(value).__name__
        return _Parts(f"{name}(", ")", [(f"{key}=", each) for key, each in _shown(value)])
    return None


def _shown(model: Any) -> Iterator[tuple[str, Any]]:
    for field in attrs.fields(type(model)):
        # A traceback may show a model before all fields are set.
        value = getattr(model, field.name, None)
        # A list or a map that is empty by default is omitted.
        by_default = isinstance(field.default, attrs.Factory) and not value  # type: ignore[arg-type]
        if field.repr and value is not None and not by_default:
            yield field.name, _names_alone(value) if field.name == "env" else value


def _names_alone(variables: Any) -> Any:
    """Leave out the values of a process' variables, which are often secrets."""
    if not isinstance(variables, list):
        return variables
    return [_name_alone(each) for each in variables]


def _name_alone(variable: Any) -> Any:
    if isinstance(variable, str):
        name, mark, _ = variable.partition("=")
        return name + (mark and "=…")
    return variable if getattr(type(variable), "__repr__", None) is model_repr else "…"


def _flat(value: Any, within: tuple[int, ...]) -> str:
    """Write a value on one line; `within` holds the ids of its containers, against cycles."""
    if id(value) in within:
        return "..."
    made = _parts(value)
    if made is None:
        return repr(value)
    inner = (*within, id(value))
    return (
        made.left + ", ".join(lead + _flat(each, inner) for lead, each in made.parts) + made.right
    )


def _written(value: Any, indent: int, before: int, within: tuple[int, ...]) -> str:
    """Write a value in indented lines, after so many characters on its first one."""
    flat = _flat(value, within)
    made = _parts(value)
    if made is None or not made.parts or len(flat) + before <= _WIDTH or id(value) in within:
        return flat
    margin, inner = indent + _INDENT, (*within, id(value))
    lines = [
        f"{' ' * margin}{lead}{_written(each, margin, margin + len(lead) + 1, inner)},\n"
        for lead, each in made.parts
    ]
    return f"{made.left}\n{''.join(lines)}{' ' * indent}{made.right}"
