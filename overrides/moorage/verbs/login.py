"""Check credentials with a registry."""

from __future__ import annotations

from functools import partial
from typing import Any

from moorage.auth.config import address_of
from moorage.auth.reference import Reference
from moorage.auth.registry_auth import RegistryAuth
from moorage.transport.steps import Await, Steps

__all__ = ["login"]


def login(engine: Any, registry: str, user: str, password: str) -> Steps[RegistryAuth]:
    """Check credentials with a registry, and return them for `auth=`; nothing is kept on disk.

    Args:
        engine: The engine, whose operations the steps call or await.
        registry: Its host and port, e.g. "registry.example.com"; "docker.io" is Docker Hub.
        user: The user's name.
        password: The password, or an access token.

    Returns:
        The credentials; with the token that the registry issued instead of the password, if it did.

    Raises:
        ValueError: The registry, the user or the password is malformed.
        Unauthorized: The registry refuses them.
        ServerError: The engine can't reach the registry.
    """
    host = registry.partition("://")[2].partition("/")[0] if "://" in registry else registry
    try:
        named = Reference.parse(f"{host}/x")
    except ValueError:
        named = None
    if named is None or named.path.partition("/")[0] not in ("x", "library"):
        raise ValueError(f"{registry!r:.200} is not a registry: give its host and port")
    if not (isinstance(user, str) and user and isinstance(password, str) and password):
        raise ValueError("user and password must be strs, and not empty")
    address = address_of(host)
    answer = yield Await(
        partial(engine.system.auth, username=user, password=password, serveraddress=address)
    )
    token = getattr(answer, "identity_token", None)
    if token:
        return RegistryAuth(server_address=address, identity_token=token)
    return RegistryAuth(user, password, address)
