"""The docker CLI's contexts: engines that were given a name by `docker context create`.

A context's folders are named by the hash of its name: `contexts/meta/HASH/meta.json` has the host,
`contexts/tls/HASH/docker/` the TLS material.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from moorage.host.address import DEFAULT_HOST
from moorage.host.config import config_folder, config_path, member, read_config, read_json
from moorage.host.tls import TLS, in_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DEFAULT", "Context", "current_context", "load_context"]

DEFAULT = "default"
"""The name of the default context, which means the environment."""
_LONGEST = 100


@frozen
class Context:
    """Host of a context's engine."""

    host: str = field(repr=False)
    tls: TLS | None


def current_context() -> tuple[str, str] | None:
    """Find the context that `docker context use` has chosen, and the file that says so.

    Raises:
        ValueError: The file is malformed.
    """
    path = config_path()
    name = member(read_config(path) or {}, "currentContext")
    if not name:
        return None
    if not isinstance(name, str):
        raise ValueError(f"{path}: currentContext is not a name")
    return name, path


def load_context(name: str) -> Context:
    """Read a context.

    Raises:
        ValueError: No context has this name, or it is malformed.
    """
    folder = config_folder() / "contexts"
    import hashlib

    digest = hashlib.sha256(os.fsencode(name)).hexdigest()
    path = folder / "meta" / digest / "meta.json"
    endpoint: dict[str, Any] = {}
    match read_json(path):
        case None:
            raise ValueError(_missing(name, folder / "meta"))
        case {"Endpoints": {"docker": dict(endpoint)}}:
            # An empty host means the default one and is omitted.
            host = endpoint.get("Host", "")
        case _:
            host = None
    if not isinstance(host, str):
        raise ValueError(f"{path} has no docker endpoint with a host")
    verify = endpoint.get("SkipTLSVerify") is not True
    tls = in_folder(folder / "tls" / digest / "docker", verify=verify)
    return Context(host or DEFAULT_HOST, None if tls == TLS() else tls)


def _missing(name: str, folder: Path) -> str:
    names = set()
    for path in folder.glob("*/meta.json"):
        with suppress(ValueError):
            names.add(str((read_json(path) or {}).get("Name")))
    known = ", ".join(repr(each[:_LONGEST]) for each in sorted(names)) or "none"
    return f"there is no context {name[:_LONGEST]!r} in {folder}; there are: {known}"
