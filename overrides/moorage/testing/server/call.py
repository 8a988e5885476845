"""One request to a fake engine, for the operation's function."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import define, field

from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State
from moorage.testing.server.answers import Answer
from moorage.testing.server.connection import Connection
from moorage.testing.server.shapes import shaped
from moorage.versions.numbers import version_key

__all__ = ["HANDLERS", "Call", "Handler", "operation"]

_FALSE = {"", "0", "no", "false", "none"}


@define
class Call:
    """A parsed request.

    Attributes:
        path: The values of the names in its path.
        query: The parameters, each with all its values.
        body: The JSON of its body; None if it has none.
        content: Yields the body where it is not JSON.
    """

    state: State
    version: str
    operation: str
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    content: Iterator[bytes] = field(repr=False)
    connection: Connection = field(repr=False)

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter's value."""
        return self.query.get(name, [default])[0]

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a parameter as engines read it: all but a few words are true."""
        if name not in self.query:
            return default
        return self.text(name).strip().lower() not in _FALSE

    def number(self, name: str, default: int = 0) -> int:
        """Return a parameter as a number."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise Refused(
                400, f"strconv.Atoi: parsing {json.dumps(self.text(name))}: invalid syntax"
            ) from None

    def filters(self, *known: str) -> dict[str, list[str]]:
        """Return the filters.

        Raises:
            Refused: A filter is unknown.
        """
        given = json.loads(self.text("filters") or "{}")
        made = {
            name: [each for each, on in values.items() if on]
            if isinstance(values, dict)
            else values
            for name, values in given.items()
        }
        for name in made:
            if name not in known:
                raise self.wrong_filter(f"'{name}'")
        return {name: values for name, values in made.items() if values}

    def truth(self, name: str, values: list[str]) -> bool:
        """Return the value of a boolean filter.

        Raises:
            Refused: The value is not a boolean.
        """
        word = values[0].lower()
        if word not in ("0", "1", "true", "false"):
            raise self.wrong_filter(f"'{name}=[{' '.join(values)}]'")
        return word in ("1", "true")

    def wrong_filter(self, what: str) -> Refused:
        """Return the error for an unknown filter or a wrong value."""
        return Refused(400, f"{'invalid' if self.state.since('1.42') else 'Invalid'} filter {what}")

    def all_content(self) -> bytes:
        """Read the body to its end."""
        return b"".join(self.content)

    def since(self, version: str) -> bool:
        """Return whether the request is at this API version or a newer one."""
        return version_key(self.version) >= version_key(version)

    def line(self, value: Any) -> bytes:
        """Write a piece of JSON of a stream, in the shape of the version."""
        return json.dumps(shaped(self.version, self.operation, value)).encode() + b"\r\n"


Handler = Callable[[Call], Answer]
HANDLERS: dict[str, Handler] = {}
"""The handler of each operation."""


def operation(name: str) -> Callable[[Handler], Handler]:
    """Register a function as an operation's handler."""

    def register(function: Handler) -> Handler:
        HANDLERS[name] = function
        return function

    return register
