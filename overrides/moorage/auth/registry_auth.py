"""Credentials for a registry, as the engine's headers carry them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

__all__ = ["RegistryAuth"]

_KEYS = {
    "username": "username",
    "password": "password",
    "server_address": "serveraddress",
    "identity_token": "identitytoken",
    "registry_token": "registrytoken",
}


@frozen
class RegistryAuth:
    """Credentials for one registry; its secrets don't show in its repr.

    Give a user name with a password, or the identity token that the registry handed out at login,
    or a registry token. `moorage.auth.find` looks them up where `docker login` has left them.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    server_address: str | None = None
    """The registry's domain or IP address, without a scheme; https://index.docker.io/v1/ is Docker
    Hub's."""
    identity_token: str | None = field(default=None, repr=False)
    """A token from which the engine gets access tokens; `system.auth` may return one."""
    registry_token: str | None = field(default=None, repr=False)
    """An access token, which an engine hands on to the registry as it is."""

    def header(self) -> str:
        """Encode the value of the header X-Registry-Auth: base64url of JSON.

        Raises:
            TypeError: One of the fields is not a str.
        """
        return _encode(self._fields())

    @staticmethod
    def config_header(registries: Mapping[str, RegistryAuth]) -> str:
        """Encode the value of the header X-Registry-Config, which a build may need.

        Args:
            registries: The credentials by the registry's name, e.g. {"docker.example.com": auth}.
        """
        return _encode({name: auth._fields() for name, auth in registries.items()})

    def _fields(self) -> dict[str, str]:
        for name in _KEYS:
            # Checked before a local variable holds a secret: a traceback may show it.
            if not isinstance(getattr(self, name), str | None):
                raise TypeError(f"RegistryAuth: {name} must be a str")
        values = {key: getattr(self, name) for name, key in _KEYS.items()}
        return {key: value for key, value in values.items() if value is not None}


def _encode(value: Any) -> str:
    # The padding stays: the engine's decoder wants it, and ignores a malformed value in silence.
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode("ascii")
