"""Platforms of images, as requests name them: "linux/amd64", "arm64", "linux/arm/v7"."""

from __future__ import annotations

import json
import re

__all__ = ["normalized", "same_machine"]

_ALIASES = {
    **dict.fromkeys(("x86_64", "x86-64"), "amd64"),
    "aarch64": "arm64",
    "i386": "386",
    "armhf": "arm",
    "armel": "arm/v6",
}
_SYSTEMS = ("linux", "windows", "darwin", "freebsd")
_MACHINES = ("386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x")
_COMPONENT = re.compile(r"[A-Za-z0-9_.-]+")


def normalized(text: str, own: str) -> str:
    """Return a platform in full.

    Args:
        text: The platform of a request.
        own: The architecture that counts where the text has none.

    Raises:
        ValueError: It is malformed.
    """
    parts = text.lower().split("/")
    if len(parts) > 3:
        raise ValueError(f"{json.dumps(text)}: cannot parse platform specifier: invalid argument")
    for part in parts:
        if not _COMPONENT.fullmatch(part):
            raise ValueError(
                f"{json.dumps(part)} is an invalid component of {json.dumps(text)}: "
                "invalid argument"
            )
    if len(parts) == 1:
        if parts[0] in _SYSTEMS:
            parts.append(own)
        elif _ALIASES.get(parts[0], parts[0]).partition("/")[0] in _MACHINES:
            parts.insert(0, "linux")
        else:
            raise ValueError(
                f"{json.dumps(text)}: unknown operating system or architecture: invalid argument"
            )
    parts[1] = _ALIASES.get(parts[1], parts[1])
    return "/".join(parts)


def same_machine(one: str, other: str) -> bool:
    """Return whether two platforms in full have the same system and architecture."""
    return one.split("/")[:2] == other.split("/")[:2]
