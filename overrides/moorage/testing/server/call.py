"""One request to a fake engine, as the operation's function gets it."""

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
    """A request that was understood.

    Attributes:
        path: The values of the names in its path.
        query: The parameters, each with all its values.
        body: The JSON of its body; None if it has none.
        content: Yields the body where it is no JSON.
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
        """Return a parameter as engines read it: all but a few words is true."""
        if name not in self.query:
            return default
        return self.text(name).strip().lower() not in _FALSE

    def number(self, name: str, default: int = 0) -> int:
        """Return a parameter as a number."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise Refused(
                400, f"strconv.Atoi: parsing {self.text(name)!r}: invalid syntax"
            ) from None

    def filters(self, *known: str) -> dict[str, list[str]]:
        """Return the filters.

        Raises:
            Refused: One is not known.
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
                raise Refused(400, f"invalid filter '{name}'")
        return {name: values for name, values in made.items() if values}

    def all_content(self) -> bytes:
        """Read the body to its end."""
        return b"".join(self.content)

    def since(self, version: str) -> bool:
        """Tell whether the request is at this API version or a newer one."""
        return version_key(self.version) >= version_key(version)

    def line(self, value: Any) -> bytes:
        """Write a piece of JSON of a stream, in the shape of the version."""
        return json.dumps(shaped(self.version, self.operation, value)).encode() + b"\r\n"


Handler = Callable[[Call], Answer]
HANDLERS: dict[str, Handler] = {}
"""What answers each operation."""


def operation(name: str) -> Callable[[Handler], Handler]:
    """Make a function what answers an operation."""

    def register(function: Handler) -> Handler:
        HANDLERS[name] = function
        return function

    return register
