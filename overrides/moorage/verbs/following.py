"""The next item of a stream, and the look-up of credentials; in steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from moorage.auth.auto import Auto
from moorage.auth.registry_auth import RegistryAuth
from moorage.transport.steps import Await, Call, Steps

__all__ = ["check_auth", "credentials", "followed"]


def followed(stream: Any, take: Callable[[Any], object]) -> Steps[None]:
    """Pass each item of a stream to a function, and close the stream at the end."""
    following: Any = anext if hasattr(stream, "__anext__") else next
    try:
        while (item := (yield Await(partial(following, stream, None)))) is not None:
            take(item)
    finally:
        stream.disconnect()


def credentials(
    client: Any, image: str, auth: RegistryAuth | Auto | None
) -> Steps[RegistryAuth | None]:
    """Return the given credentials, or look them up for the registry of an image.

    The place depends on the engine: Podman has files of its own.
    """
    check_auth(auth)
    if isinstance(auth, Auto):
        # Imported here: given credentials need no look-up.
        from moorage.auth.lookup import find

        found: RegistryAuth | None = yield Call(partial(find, image, client.host))
        return found
    return auth


def check_auth(auth: object) -> None:
    """Check the credentials that a verb was given.

    Raises:
        TypeError: They are of another type.
    """
    if not isinstance(auth, RegistryAuth | Auto | None):
        raise TypeError(f"auth= is a RegistryAuth, AUTO or None, not {type(auth).__name__}")
