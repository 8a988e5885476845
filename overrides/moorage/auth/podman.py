"""Podman's auth.json: its files, and the meaning of their keys.

Unlike in the docker CLI's config.json, a key may have a part of the repository's path: "a.b/team".
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from moorage.auth.config import Config, address_of, read_config, read_file
from moorage.auth.reference import Reference
from moorage.host.address import Host
from moorage.host.find import find_host

__all__ = ["configs_for", "names"]


def configs_for(host: Host | None) -> list[Config]:
    """Read the files with the credentials for an engine, in the order of precedence.

    Args:
        host: The engine's host; None finds it as `moorage.connect` does.

    Raises:
        CredentialsFailed: A file can't be read, or is malformed.
    """
    if host is None:
        with suppress(ValueError):
            host = find_host()
    if host is None or not _is_podmans(host):
        return [read_config()]
    own = [read_file(path, _key) for path in _files()]
    # Podman reads the docker CLI's file after its own, unless a file is named.
    return own if len(own) == 1 else [*own, read_config()]


def names(reference: Reference) -> list[str]:
    """List the keys for parts of a registry, the longest first."""
    parts = reference.path.split("/")
    return ["/".join([reference.registry, *parts[:n]]) for n in range(len(parts), 0, -1)]


def _is_podmans(host: Host) -> bool:
    path = host.socket or (host.ssh and host.ssh.path) or ""
    return path.endswith("/podman.sock")


def _files() -> list[Path]:
    # A named file is the only one that Podman reads.
    if named := os.environ.get("REGISTRY_AUTH_FILE"):
        return [Path(named)]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    kept = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
    return [
        Path(f"{runtime}/containers" if runtime else f"/run/containers/{os.getuid()}", "auth.json"),
        Path(kept, "containers/auth.json"),
    ]


def _key(key: str) -> str:
    return key if "/" in key and "://" not in key else address_of(key)
