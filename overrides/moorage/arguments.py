"""Encode credentials, and decode responses without a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from moorage.parameters.scalars import wrong_type

if TYPE_CHECKING:
    from moorage.auth.registry_auth import RegistryAuth

__all__ = [
    "as_is",
    "as_list",
    "as_map",
    "as_object",
    "auth_header",
    "auths_header",
    "list_of",
    "optional",
]

T = TypeVar("T")


def as_is(data: Any) -> Any:
    """Return the data undecoded."""
    return data


def as_list(data: Any) -> list[Any]:
    """Check that a body is a list; engines send null for an empty one.

    Raises:
        TypeError: It has another type.
    """
    if data is None:
        return []
    if not isinstance(data, list):
        raise TypeError(f"a list was expected, not {type(data).__name__}")
    return data


def as_map(data: Any) -> dict[str, Any]:
    """Check that a body is a map; engines send null for an empty one.

    Raises:
        TypeError: It has another type.
    """
    return {} if data is None else as_object(data)


def as_object(data: Any) -> dict[str, Any]:
    """Check that a body, or an item of it, is an object.

    Raises:
        TypeError: It has another type.
    """
    if not isinstance(data, dict):
        raise TypeError(f"an object was expected, not {type(data).__name__}")
    return data


class list_of(Generic[T]):  # noqa: N801 - reads as a function
    """Decodes a body that is a list of objects, or null, which engines send for an empty one.

    An item is freed once it is decoded, and the next models take its memory: a long list costs
    little more for each item than a short one.
    """

    def __init__(self, item: Callable[[dict[str, Any]], T]) -> None:
        self._item = item

    def __call__(self, data: Any) -> list[T]:
        """Decode the body.

        Raises:
            TypeError: It, or an item, has another type.
        """
        decode, items = self._item, as_list(data)
        items.reverse()
        return [decode(as_object(items.pop())) for _ in range(len(items))]


class optional(Generic[T]):  # noqa: N801 - reads as a function
    """Decodes a body that may be empty or null, as None."""

    def __init__(self, item: Callable[[Any], T]) -> None:
        self._item = item

    def __call__(self, data: Any) -> T | None:
        """Decode the body."""
        return None if data is None else self._item(data)


def auth_header(name: str, auth: RegistryAuth | None) -> str | None:
    """Encode the header X-Registry-Auth."""
    return None if auth is None else _credentials(name, auth).header()


def auths_header(name: str, auths: Mapping[str, RegistryAuth] | None) -> str | None:
    """Encode the header X-Registry-Config."""
    if auths is None:
        return None
    if not isinstance(auths, Mapping):
        raise wrong_type(name, "a mapping of registries to RegistryAuth", auths)
    for auth in auths.values():
        _credentials(name, auth)
    from moorage.auth.registry_auth import RegistryAuth

    return RegistryAuth.config_header(auths)


def _credentials(name: str, auth: Any) -> RegistryAuth:
    from moorage.auth.registry_auth import RegistryAuth

    if not isinstance(auth, RegistryAuth):
        raise wrong_type(
            name, "a RegistryAuth", auth, ": write RegistryAuth(username=…, password=…)"
        )
    return auth
