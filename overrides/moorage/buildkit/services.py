"""Services that answer one message with another: health, secrets, credentials."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial

from moorage.auth.auto import Auto
from moorage.auth.config import HUB, address_of
from moorage.auth.registry_auth import RegistryAuth
from moorage.buildkit.framing import Refused, Status
from moorage.buildkit.rpc import Call, Factory, Handler, Unary
from moorage.buildkit.secret_sources import SecretValue
from moorage.buildkit.session import Session
from moorage.errors import CredentialsFailed
from moorage.host.address import Host
from moorage.wire.http1 import Hidden
from moorage_api.buildkit_messages import (
    CredentialsReply,
    CredentialsRequest,
    HealthReply,
    SecretReply,
    SecretRequest,
)

__all__ = ["Credentials", "credentials_methods", "health_methods", "secret_methods"]

_log = logging.getLogger(__name__)
_SERVING = HealthReply(status=1).SerializeToString()
# Docker Hub's registry has another name than its images.
_HUB_REGISTRY = "registry-1.docker.io"


def health_methods() -> dict[str, Factory]:
    """Serve health: without it, an engine gives up the session during a long step."""
    service = "/grpc.health.v1.Health"
    return {
        f"{service}/Check": lambda _: Unary(lambda _: _SERVING),
        f"{service}/Watch": lambda _: _Watch(),
    }


class _Watch(Handler):
    """Reports the health, which never changes."""

    def message(self, call: Call, data: bytes) -> None:  # noqa: ARG002
        call.send(_SERVING)


def secret_methods(secrets: Mapping[str, SecretValue]) -> dict[str, Factory]:
    """Serve secrets, by their IDs."""

    def get(message: bytes) -> bytes:
        name = SecretRequest.FromString(message).id.decode("utf-8", "replace")
        if name not in secrets:
            raise Refused(Status.NOT_FOUND, f"there is no secret {name}")
        return Hidden(SecretReply(data=secrets[name].value).SerializeToString())

    return {"/moby.buildkit.secrets.v1.Secrets/GetSecret": lambda _: Unary(get)}


def credentials_methods(session: Session, credentials: Credentials) -> dict[str, Factory]:
    """Serve the credentials for registries."""
    return {
        "/moby.filesync.v1.Auth/Credentials": lambda _: _Asked(session, credentials),
    }


class Credentials:
    """The credentials for the registries that an engine asks for.

    Args:
        auth: Credentials by the registry's address; or `AUTO` to look them up.
        host: The engine's host.

    Raises:
        ValueError: An entry has a registry token, which BuildKit does not support.
    """

    def __init__(self, auth: Mapping[str, RegistryAuth] | Auto | None, host: Host) -> None:
        self._host = host
        self._given = None
        if not isinstance(auth, Auto):
            self._given = {address_of(name): each for name, each in (auth or {}).items()}
            for name, each in self._given.items():
                if each.registry_token is not None:
                    raise ValueError(
                        f"auth= for {name}: BuildKit takes no registry token; give a user name and"
                        " a password, or an identity token"
                    )

    def find(self, registry: str) -> RegistryAuth | None:
        """Return the credentials for a registry, by the engine's name for it."""
        address = HUB if address_of(registry) == _HUB_REGISTRY else address_of(registry)
        if self._given is not None:
            return self._given.get(address)
        # Imported here: given credentials need no look-up.
        from moorage.auth.lookup import find

        try:
            return find("busybox" if address == HUB else f"{address}/any", self._host)
        except (CredentialsFailed, ValueError) as error:
            _log.warning("asked %s without credentials: %s", address, error)
            return None


class _Asked(Handler):
    """Looks up credentials in a thread: a helper may ask the user while the build continues."""

    def __init__(self, session: Session, credentials: Credentials) -> None:
        self._session = session
        self._credentials = credentials

    def message(self, call: Call, data: bytes) -> None:
        registry = CredentialsRequest.FromString(data).host.decode("utf-8", "replace")

        def work() -> Callable[[Call], None]:
            return partial(_answer, self._credentials.find(registry) or RegistryAuth())

        self._session.later(call, work)


def _answer(found: RegistryAuth, call: Call) -> None:
    call.send(_reply(found))
    call.finish()


def _reply(auth: RegistryAuth) -> Hidden:
    # A secret without a user name is an identity token.
    username, secret = auth.username or "", auth.password or ""
    if auth.identity_token:
        username, secret = "", auth.identity_token
    reply = CredentialsReply(username=username.encode(), secret=secret.encode())
    return Hidden(reply.SerializeToString())
