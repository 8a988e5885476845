"""Credentials in the docker CLI's config.json.

No error shows the file's content: errors are raised where no local variable holds it.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from moorage.auth.registry_auth import RegistryAuth
from moorage.errors import CredentialsFailed
from moorage.host.config import config_path, member, parse_config

__all__ = ["Config", "address_of", "read_config", "read_file"]

HUB = "https://index.docker.io/v1/"
"""The key of the credentials for Docker Hub, for legacy reasons."""
_HUB_HOSTS = ("docker.io", "index.docker.io")


@frozen
class Config:
    """The credentials in a config.json, by the registries' addresses."""

    path: Path
    store: str
    """Default helper, for registries without a helper of their own."""
    helpers: Mapping[str, Any] = field(repr=False)
    entries: Mapping[str, Any] = field(repr=False)

    def helper(self, address: str) -> str:
        """Return the name of the helper that has a registry's credentials; "" if none has.

        Raises:
            CredentialsFailed: The helper's name is not a str.
        """
        name = self.helpers.get(address, self.store)
        if not isinstance(name, str):
            raise CredentialsFailed(f"{self.path}: the helper for {address} must be a name")
        return name

    def entry(self, address: str, names: Collection[str] = ()) -> RegistryAuth | None:
        """Return the credentials stored in the file itself.

        Args:
            address: The registry's address.
            names: Keys tried before the address, in this order.

        Raises:
            CredentialsFailed: The entry is malformed.
        """
        with contextlib.suppress(ValueError):
            found = (_decode(address, self.entries.get(key)) for key in (*names, address))
            return next(filter(None, found), None)
        raise CredentialsFailed(
            f"{self.path}: the entry for {address} in auths is malformed: log in to it again"
        )


def read_config() -> Config:
    """Read the config.json of DOCKER_CONFIG, else of ~/.docker; a missing file is empty.

    Raises:
        CredentialsFailed: The file can't be read, or is malformed.
    """
    return read_file(Path(config_path()), address_of)


def read_file(path: Path, key_of: Callable[[str], str]) -> Config:
    """Read a file of this kind; a missing file is empty.

    Args:
        path: The file.
        key_of: Returns the key to keep an entry under.

    Raises:
        CredentialsFailed: The file can't be read, or is malformed.
    """
    config = _parse(path, key_of)
    if config is None:
        raise CredentialsFailed(f"{path} is malformed: fix it, or remove it and log in again")
    return config


def address_of(registry: str) -> str:
    """Return the address that a registry's credentials are kept under: HUB, or its host and port.

    Args:
        registry: The host and port, or a URL, as older CLIs wrote it: https://host:port/v1/.
    """
    host = registry.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    return HUB if host in _HUB_HOSTS else host


def _parse(path: Path, key_of: Callable[[str], str]) -> Config | None:
    try:
        data = parse_config(path.read_bytes())
        store = member(data, "credsStore") or ""
        helpers = _by_key(member(data, "credHelpers") or {}, address_of)
        entries = _by_key(member(data, "auths") or {}, key_of)
    except FileNotFoundError:
        return Config(path, "", {}, {})
    except OSError as error:
        raise CredentialsFailed(f"can't read {path}: {error.strerror}") from error
    except (ValueError, AttributeError, RecursionError):
        return None
    return Config(path, store, helpers, entries) if isinstance(store, str) else None


def _by_key(section: Mapping[str, Any], key_of: Callable[[str], str]) -> dict[str, Any]:
    """Index a section by the registries its keys mean; of several keys, the plain one wins."""
    found = {}
    for key, value in section.items():
        if key == key_of(key):
            found[key] = value
        else:
            found.setdefault(key_of(key), value)
    return found


def _decode(address: str, entry: Any) -> RegistryAuth | None:
    if not entry:
        return None  # the CLI leaves an empty entry where a helper has the credentials
    if not isinstance(entry, dict):
        raise ValueError
    names = ("username", "password", "identitytoken", "registrytoken", "auth")
    values = [entry.get(name) or None for name in names]
    if not all(isinstance(each, str | None) for each in values):
        raise ValueError
    username, password, identity_token, registry_token, auth = values
    if auth:
        # Line ends are ignored, as by the CLI; nothing else is.
        joined = auth.replace("\n", "").replace("\r", "")
        both = base64.b64decode(joined, validate=True).decode()
        username, colon, password = both.partition(":")
        if not (username and colon):
            raise ValueError
        password = password.strip("\0") or None
    if not (username or identity_token or registry_token):
        return None
    return RegistryAuth(username, password, address, identity_token, registry_token)
