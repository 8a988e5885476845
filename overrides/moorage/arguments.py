"""Encode an operation's arguments for the wire, and decode what needs no model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from moorage.encoding import encode
from moorage.quoting import quoted_path

if TYPE_CHECKING:
    from moorage.auth.registry_auth import RegistryAuth

__all__ = [
    "Filters",
    "as_is",
    "as_list",
    "as_map",
    "as_object",
    "auth_header",
    "auths_header",
    "body_json",
    "filters_json",
    "optional",
    "segment",
    "to_json",
]

T = TypeVar("T")

Filters: TypeAlias = Mapping[str, str | bool | int | Iterable[str] | Mapping[str, bool]]
"""Filters of a list: `{"label": "a=b", "status": ["exited", "dead"], "dangling": True}`."""


def segment(value: str) -> str:
    """Quote a path parameter; slashes stay, because names of images have them.

    Raises:
        ValueError: the value is empty or has an empty, "." or ".." part: the path would then
            name another endpoint.
    """
    if not {"", ".", ".."}.isdisjoint(value.split("/")):
        raise ValueError(f"{value!r} can't be part of a path: give a name or an id")
    return quoted_path(value)


def to_json(value: Any) -> str | None:
    """Encode a query parameter or a header that holds JSON."""
    if value is None:
        return None
    return json.dumps(encode(value), separators=(",", ":"))


def body_json(model: Callable[..., Any], body: Any, fields: Mapping[str, Any]) -> Any:
    """Encode a body that is given as a model, or as the fields of one.

    Raises:
        TypeError: it is given as both, or the model has no such field.
    """
    if body is None:
        body = model(**fields)
    elif fields:
        raise TypeError(
            f"give the body, or its fields as keywords, not both: here are {', '.join(fields)} too"
        )
    return encode(body)


def filters_json(filters: Filters | None) -> str | None:
    """Encode filters as every engine takes them: a map of names to lists of strings."""
    if filters is None:
        return None
    return to_json({name: _filter_values(value) for name, value in filters.items()})


def _filter_values(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        # Engines send filters so; they refuse to take maps and lists side by side.
        return [name for name, wanted in value.items() if wanted]
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, str | int):
        return [str(value)]
    return [str(each) for each in value]


def as_is(data: Any) -> Any:
    """Decode what needs no decoding."""
    return data


def as_list(data: Any) -> list[Any]:
    """Check that a body is a list; engines send null for an empty one.

    Raises:
        TypeError: It is something else.
    """
    if data is None:
        return []
    if not isinstance(data, list):
        raise TypeError(f"a list was expected, not {type(data).__name__}")
    return data


def as_map(data: Any) -> dict[str, Any]:
    """Check that a body is a map; engines send null for an empty one.

    Raises:
        TypeError: It is something else.
    """
    return {} if data is None else as_object(data)


def as_object(data: Any) -> dict[str, Any]:
    """Check that a body, or an item of it, is an object.

    Raises:
        TypeError: It is something else.
    """
    if not isinstance(data, dict):
        raise TypeError(f"an object was expected, not {type(data).__name__}")
    return data


class optional(Generic[T]):  # noqa: N801 - reads as a function
    """Decodes a body that may be empty or null: then the result is None."""

    def __init__(self, item: Callable[[Any], T]) -> None:
        self._item = item

    def __call__(self, data: Any) -> T | None:
        """Decode the body."""
        return None if data is None else self._item(data)


def auth_header(auth: RegistryAuth | None) -> str | None:
    """Encode the header X-Registry-Auth."""
    return None if auth is None else auth.header()


def auths_header(auths: Mapping[str, RegistryAuth] | None) -> str | None:
    """Encode the header X-Registry-Config."""
    if auths is None:
        return None
    from moorage.auth.registry_auth import RegistryAuth

    return RegistryAuth.config_header(auths)
