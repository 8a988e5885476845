"""Whose credentials are whose: the helper that config.json names for a registry, else its entry."""

from __future__ import annotations

import logging
from collections.abc import Collection

from moorage.auth import helpers
from moorage.auth.config import Config, address_of, read_config
from moorage.auth.reference import Reference
from moorage.auth.registry_auth import RegistryAuth
from moorage.errors import CredentialsFailed

__all__ = ["find", "find_all"]

_log = logging.getLogger(__name__.removesuffix(".lookup"))


def find(image: str) -> RegistryAuth | None:
    """Look up the credentials for the registry of an image.

    They are looked for where the docker CLI does: in the config.json of the folder that
    DOCKER_CONFIG names, else of ~/.docker. There, `credHelpers` may name a credential helper for
    the registry; else `credsStore` names one for all; else `auths` has the credentials. What is
    wrong with the rest of the file, or with another registry's helper, does not matter.

    This reads a file, and may run a program, which may ask the user for a passphrase and has
    60 seconds for it. Asynchronous programs call it in a thread, by e.g. `asyncio.to_thread`.

    Args:
        image: a reference as the engine takes it, e.g. "busybox" (which is Docker Hub's), or
            "registry.example.com:5000/team/app:1.2", or with a digest. A plugin's, too.

    Returns:
        The credentials, for the argument `registry_auth`; None if there are none.

    Raises:
        ValueError: the reference is malformed.
        CredentialsFailed: the configuration has credentials that can't be had; the message tells
            what the helper said on stderr.
    """
    return _find(read_config(), address_of(Reference.parse(image).registry))


def find_all() -> dict[str, RegistryAuth]:
    """Look up the credentials for every registry, as a build may need any.

    A registry whose credentials can't be had is left out, with a warning of the logger
    `moorage.auth`. For the rest, see `find`.

    Returns:
        The credentials by the registry's address, for the argument `registry_config`.

    Raises:
        CredentialsFailed: config.json can't be read.
    """
    config = read_config()
    found: dict[str, RegistryAuth] = {}
    # Where an address stands under several keys, the plain one counts.
    for key in sorted({*config.helpers, *_keys(config)}, key=lambda key: key != address_of(key)):
        try:
            auth = _find(config, key)
        except CredentialsFailed as error:
            _log.warning("left out the credentials for %s: %s", key, error)
        else:
            if auth is not None:
                found.setdefault(address_of(key), auth)
    return found


def _find(config: Config, key: str) -> RegistryAuth | None:
    address = address_of(key)
    helper = config.helper(address)
    # A helper is asked by its own key: to some, https://host is not host.
    return helpers.get(helper, key) if helper else config.entry(address)


def _keys(config: Config) -> Collection[str]:
    """Return what there are credentials for where no helper is named for the registry itself."""
    if not config.store:
        return config.entries.keys()
    try:
        return helpers.keys(config.store)
    except CredentialsFailed as error:
        _log.warning("left out the credentials of credsStore: %s", error)
        return ()
