"""Look up a registry's credentials: from the helper that a file names for it, else its entry."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator

from moorage.auth import helpers
from moorage.auth.config import Config, address_of
from moorage.auth.podman import configs_for, names
from moorage.auth.reference import Reference
from moorage.auth.registry_auth import RegistryAuth
from moorage.auth.variable import of_variable
from moorage.errors import CredentialsFailed
from moorage.host.address import Host

__all__ = ["find", "find_all"]

_log = logging.getLogger(__name__.removesuffix(".lookup"))


def find(image: str, host: Host | None = None) -> RegistryAuth | None:
    """Look up the credentials for the registry of an image.

    They are looked up as by the docker CLI: in DOCKER_AUTH_CONFIG, then in the config.json of the
    folder that DOCKER_CONFIG names, else of ~/.docker. There, `credHelpers` may name a credential
    helper for the registry; else `credsStore` names one for all; else `auths` has the credentials.
    Errors in the rest of the file, or of another registry's helper, are ignored. If the helper
    itself is missing or fails, `auths` is used, with a logged warning.

    For an engine at Podman's socket, Podman's files precede config.json; in these, an entry may
    be for a part of a registry.

    This reads a file, and may run a program, which may ask the user for a passphrase and has
    60 seconds for it. Asynchronous programs call it in a thread, by e.g. `asyncio.to_thread`.

    Args:
        image: A reference as the engine takes it, e.g. "busybox" (which is Docker Hub's), or
            "registry.example.com:5000/team/app:1.2", or with a digest. A plugin's, too.
        host: The engine's host, `engine.host`; defaults to the one `moorage.connect` finds.

    Returns:
        The credentials, for the argument `registry_auth`; None if there are none.

    Raises:
        ValueError: The reference is malformed.
        CredentialsFailed: The file or the registry's entry in it is malformed, or can't be read.
    """
    reference = Reference.parse(image)
    address = address_of(reference.registry)
    given = _given(address)
    if given is not None:
        return given
    found = (_find(config, address, names(reference)) for config in configs_for(host))
    return next(filter(None, found), None)


def find_all(host: Host | None = None) -> dict[str, RegistryAuth]:
    """Look up the credentials for every registry, as a build may need any.

    A registry whose credentials can't be obtained is left out, with a warning of the logger
    `moorage.auth`. For the rest, see `find`.

    Args:
        host: The engine's host, `engine.host`; defaults to the one `moorage.connect` finds.

    Returns:
        The credentials by the registry's address, for the argument `registry_config`.

    Raises:
        CredentialsFailed: config.json can't be read.
    """
    found: dict[str, RegistryAuth] = {}
    for address in _variable_keys():
        auth = _given(address)
        if auth is not None:
            found[address_of(address)] = auth
    for config in configs_for(host):
        for address, auth in _all(config):
            found.setdefault(address, auth)
    return found


def _given(address: str) -> RegistryAuth | None:
    """Look up the credentials that DOCKER_AUTH_CONFIG has; a malformed one has none."""
    try:
        config = of_variable()
        return None if config is None else config.entry(address)
    except (CredentialsFailed, ValueError) as error:
        _log.warning("did not use DOCKER_AUTH_CONFIG: %s", error)
        return None


def _variable_keys() -> Collection[str]:
    try:
        config = of_variable()
    except ValueError:
        return ("",)  # looking one up explains the error
    return () if config is None else config.entries.keys()


def _all(config: Config) -> Iterator[tuple[str, RegistryAuth]]:
    asked, read = _keys(config)
    # The plain key wins if several are for one address.
    for key in sorted({*asked, *read}, key=lambda key: key != address_of(key)):
        try:
            auth = _find(config, key) if key in asked else config.entry(key)
        except CredentialsFailed as error:
            _log.warning("left out the credentials for %s: %s", key, error)
        else:
            if auth is not None:
                yield address_of(key), auth


def _find(config: Config, key: str, wanted: Collection[str] = ()) -> RegistryAuth | None:
    """Look up the credentials that a file has.

    Args:
        config: The file.
        key: The key to ask a helper for; some helpers tell https://host from host.
        wanted: Keys of entries tried before the registry's own.
    """
    address = address_of(key)
    helper = config.helper(address)
    if helper:
        try:
            return helpers.get(helper, key)
        except CredentialsFailed as error:
            _log.warning("took auths for %s instead of a credential helper: %s", key, error)
    return config.entry(address, wanted)


def _keys(config: Config) -> tuple[Collection[str], Collection[str]]:
    """Return the keys to ask helpers for, and those to read in the file."""
    if config.store:
        try:
            return {*config.helpers, *helpers.keys(config.store)}, ()
        except CredentialsFailed as error:
            _log.warning("took auths instead of credsStore: %s", error)
    # An entry for a part of a registry is not the whole registry's.
    return config.helpers, [key for key in config.entries if key == address_of(key)]
