"""Locate the engine: hosts, the CLI's contexts, TLS material."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moorage.host.address import DEFAULT_HOST, Host
    from moorage.host.find import find_host
    from moorage.host.parse import parse_host
    from moorage.host.ssh import Ssh
    from moorage.host.tls import TLS

__all__ = ["DEFAULT_HOST", "TLS", "Host", "Ssh", "find_host", "parse_host"]

_HOMES = {
    "DEFAULT_HOST": "address",
    "Host": "address",
    "Ssh": "ssh",
    "TLS": "tls",
    "find_host": "find",
    "parse_host": "parse",
}


if not TYPE_CHECKING:  # a type checker sees only the names above

    def __getattr__(name: str) -> Any:
        # Imported when first asked for, to keep `import moorage` fast.
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        return value
