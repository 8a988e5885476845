"""Credentials for a registry, as the engine's headers carry them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

__all__ = ["RegistryAuth"]


@frozen
class RegistryAuth:
    """Credentials for one registry; its secrets don't show in its repr.

    Give a user name with a password, or the identity token that the registry handed out at login.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    server_address: str | None = None
    """The registry's domain or IP address, without a scheme."""
    identity_token: str | None = field(default=None, repr=False)

    def header(self) -> str:
        """Encode the value of the header X-Registry-Auth: base64url of JSON."""
        return _encode(self._fields())

    @staticmethod
    def config_header(registries: Mapping[str, RegistryAuth]) -> str:
        """Encode the value of the header X-Registry-Config, which a build may need.

        Args:
            registries: the credentials by the registry's name, e.g. {"docker.example.com": auth}.
        """
        return _encode({name: auth._fields() for name, auth in registries.items()})

    def _fields(self) -> dict[str, str]:
        fields = {
            "username": self.username,
            "password": self.password,
            "serveraddress": self.server_address,
            "identitytoken": self.identity_token,
        }
        return {name: value for name, value in fields.items() if value is not None}


def _encode(value: Any) -> str:
    # The padding stays: the engine's decoder wants it, and ignores a malformed value in silence.
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode("ascii")
