"""Parsers of short forms of the docker CLI: sizes, durations, ports, mounts and others.

moorage.parse.size("512m")                         # 536870912
moorage.parse.ports({"80/tcp": ("127.0.0.1", 80)})
moorage.parse.mount("type=bind,source=/srv,target=/data,readonly")

Each function is pure: it takes a short form, and returns plain values by the models' names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moorage.parse.binds import bind
    from moorage.parse.devices import gpus
    from moorage.parse.durations import duration
    from moorage.parse.host_names import hosts
    from moorage.parse.memory_folders import tmpfs
    from moorage.parse.mounts import mount
    from moorage.parse.processors import cpus
    from moorage.parse.published import port, ports
    from moorage.parse.restarts import restart
    from moorage.parse.sizes import size

__all__ = [
    "bind",
    "cpus",
    "duration",
    "gpus",
    "hosts",
    "mount",
    "port",
    "ports",
    "restart",
    "size",
    "tmpfs",
]

_HOMES = {
    "bind": "binds",
    "cpus": "processors",
    "duration": "durations",
    "gpus": "devices",
    "hosts": "host_names",
    "mount": "mounts",
    "port": "published",
    "ports": "published",
    "restart": "restarts",
    "size": "sizes",
    "tmpfs": "memory_folders",
}


if not TYPE_CHECKING:  # a type checker sees only the names above

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        return value
