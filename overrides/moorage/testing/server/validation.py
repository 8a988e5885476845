"""Validate a request by the version's own description of the operation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from moorage.testing.server.contract import Contract, Kind, kind_of, plain
from moorage.testing.server.routing import Route

__all__ = ["Problem", "body_problems", "query_problems", "respelt"]

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "none", "off"}
_INTEGER = re.compile(r"-?[0-9]+")
# Zero values of Go programs.
_EMPTY_TEXTS = _FALSE | {"null", "[]", "{}"}
_WORDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "list": "an array",
    "map": "an object",
    "model": "an object",
}


class Problem(str):
    """A problem with a request, in a sentence.

    Attributes:
        refuses: Whether engines refuse such a request too.
        harmless: Whether engines do as intended: the value is empty, repeats the path, or differs
            in the case of the field's name.
        field: The top-level field of the body that it is about, if any.
    """

    refuses: bool
    harmless: bool
    field: str

    def __new__(
        cls, text: str, *, refuses: bool = False, harmless: bool = False, field: str = ""
    ) -> Problem:
        """Make one."""
        made = super().__new__(cls, text)
        made.refuses, made.harmless, made.field = refuses, harmless, field
        return made


def query_problems(
    route: Route, contract: Contract, query: Sequence[tuple[str, str]], version: str
) -> Iterator[Problem]:
    """List the parameters the operation lacks at a version, and those with a wrong type."""
    described = route.described.get("query", {})
    known = described.get("properties", {})
    for name, value in query:
        if name not in known and plain(name) not in contract.parameters:
            yield Problem(
                f"{route.operation} has no parameter {name!r} in API {version}"
                f"{_instead(name, known)}",
                harmless=value.lower() in _EMPTY_TEXTS,
            )
            continue
        kind = contract.parameters.get(plain(name), Kind("any")).name
        if kind == "int" and not _INTEGER.fullmatch(value or "0"):
            yield Problem(f"the parameter {name} takes an integer, not {value[:40]!r}")
        if kind == "bool" and value.lower() not in _TRUE | _FALSE:
            yield Problem(f"the parameter {name} takes true or false, not {value[:40]!r}")
        if name == "filters" and value:
            yield from _filter_problems(value)
    given = {name for name, _ in query}
    for name in described.get("required", ()):
        if name not in given and plain(name) in contract.parameters:
            yield Problem(f"the parameter {name} is missing")


def _filter_problems(value: str) -> Iterator[Problem]:
    try:
        filters = json.loads(value)
    except ValueError:
        yield Problem("invalid character in filters: they are the JSON of a map", refuses=True)
        return
    if not isinstance(filters, dict):
        yield Problem("filters are the JSON of a map from names to lists", refuses=True)
        return
    for name, values in filters.items():
        strings = isinstance(values, list) and all(isinstance(each, str) for each in values)
        marks = isinstance(values, dict) and all(isinstance(each, bool) for each in values.values())
        if not strings and not marks:
            yield Problem(f"the filter {name} takes a list of strings", refuses=True)


def body_problems(
    value: Any, kind: Kind, version: str, path: Iterable[str] = ()
) -> Iterator[Problem]:
    """List the fields of a body that the version lacks, and those with a wrong type.

    Args:
        value: The JSON.
        kind: The type that the operation takes.
        version: The API version.
        path: The values of the request's path, which a body may repeat.
    """
    known = [*path]
    for each in _problems(value, kind, "", version):
        repeats = isinstance(value, dict) and each.field and value.get(each.field) in known
        yield Problem(each, harmless=True) if repeats else each


def _problems(value: Any, kind: Kind, where: str, version: str) -> Iterator[Problem]:
    if value is None or kind.name == "any":
        return
    if not _fits(value, kind.name):
        yield Problem(
            f"{where or 'the body'} takes {_WORDS[kind.name]}, not {json.dumps(value)[:40]}",
            refuses=True,
        )
    elif kind.name == "list" and kind.item:
        for place, each in enumerate(value):
            yield from _problems(each, kind.item, f"{where}[{place}]", version)
    elif kind.name == "map" and kind.item:
        for key, each in value.items():
            yield from _problems(each, kind.item, f"{where}[{key!r}]", version)
    elif kind.name == "model":
        fields = kind_of(kind.model)
        for key, each in value.items():
            if key in fields:
                inner = f"{where}.{key}" if where else key
                yield from _problems(each, fields[key], inner, version)
            else:
                yield Problem(
                    f"{where or 'the body'} has no field {key!r} in API {version}"
                    f"{_instead(key, fields)}",
                    # Engines ignore the case of a field's name.
                    harmless=_is_empty(each) or key.lower() in map(str.lower, fields),
                    field="" if where else key,
                )


def respelt(value: Any, kind: Kind) -> Any:
    """Write the fields of a body as the specification does: engines ignore case."""
    if kind.name == "list" and kind.item and isinstance(value, list):
        return [respelt(each, kind.item) for each in value]
    if kind.name == "map" and kind.item and isinstance(value, dict):
        return {key: respelt(each, kind.item) for key, each in value.items()}
    if kind.name == "model" and isinstance(value, dict):
        fields = kind_of(kind.model)
        by_letters = {each.lower(): each for each in fields}
        made = {}
        for key, each in value.items():
            name = str(key if key in fields else by_letters.get(key.lower(), key))
            made[name] = respelt(each, fields[name]) if name in fields else each
        return made
    return value


def _fits(value: Any, name: str) -> bool:
    match name:
        case "str":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int":
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return whole and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "list":
            return isinstance(value, list)
    return isinstance(value, dict)


def _is_empty(value: Any) -> bool:
    """Return whether a value is a zero value, which Go programs send for unset fields."""
    if isinstance(value, dict):
        return all(_is_empty(each) for each in value.values())
    return not value


def _instead(name: str, known: Any) -> str:
    letters = {plain(each): each for each in known}
    close = get_close_matches(plain(name), letters, 1, 0.75)
    return f"; it has {letters[close[0]]!r}" if close else ""
