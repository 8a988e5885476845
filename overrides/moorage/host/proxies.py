"""Proxies for containers and builds, from the docker CLI's config.json."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from moorage.host.address import Host
from moorage.host.config import config_path, member, read_config

__all__ = ["configured_proxies"]

_NAMES = {
    "httpProxy": "HTTP_PROXY",
    "httpsProxy": "HTTPS_PROXY",
    "noProxy": "NO_PROXY",
    "ftpProxy": "FTP_PROXY",
    "allProxy": "ALL_PROXY",
}

_log = logging.getLogger(__name__.removesuffix(".proxies"))


def configured_proxies(host: Host, given: Collection[str] = ()) -> dict[str, str]:
    """Return the variables of `proxies` in config.json: those of the host, else the default's.

    A malformed file is ignored, with a logged warning. Values may be secret.

    Args:
        host: The engine's host.
        given: Names of variables that are given already.
    """
    path = config_path()
    try:
        config = _section(member(read_config(path) or {}, "proxies"), host)
    except ValueError as error:
        _log.warning("did not look for proxies: %s", error)
        return {}
    if config is None:
        _log.warning("did not set the proxies of %s: they are not a map of str", path)
        return {}
    found: dict[str, str] = {}
    for key, name in _NAMES.items():
        value = member(config, key)
        if value:
            found |= {each: value for each in (name, name.lower()) if each not in given}
    return found


def _section(proxies: Any, host: Host) -> dict[str, str] | None:
    """Return the section for a host; None if it is malformed."""
    if proxies is None:
        return {}
    if not isinstance(proxies, dict):
        return None
    section = proxies.get(host.name, proxies.get("default")) or {}
    if not isinstance(section, dict):
        return None
    values = [member(section, key) for key in _NAMES]
    return section if all(isinstance(each, str | None) for each in values) else None
