"""Binds of the host's paths, in the form of `docker run -v`."""

from __future__ import annotations

import re

__all__ = ["bind"]

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_VOLUME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_MODES = [
    {"rw", "ro"},
    {"z", "Z"},
    {"shared", "rshared", "slave", "rslave", "private", "rprivate"},
    {"consistent", "cached", "delegated", "default"},
    {"nocopy"},
    # Podman's.
    {"U"},
    {"O"},
    {"idmap"},
]


def bind(value: str) -> str:
    """Check a bind, and return it.

    An engine reads other forms differently: "/data" alone is a new anonymous volume, "data:/data" a
    volume's name.

    Args:
        value: "/host/path:/container/path" or "volume:/container/path", with ":ro" or other modes
            after it.

    Raises:
        TypeError: It is not a str.
        ValueError: The engine would refuse it, or read it as something else.
    """
    if not isinstance(value, str):
        raise TypeError(
            f"a bind is a str such as '/host:/container:ro', not {type(value).__name__}"
        )
    if _WINDOWS.match(value):  # paths with colons: an engine on Windows checks them itself
        return value
    source, *rest = value.split(":")
    if not rest:
        raise _wrong(value, "it has no source: write '/host:/container'; a new volume is volumes=")
    if len(rest) > 2:
        raise _wrong(value, "it has more colons than source, target and modes take")
    target, modes = rest[0], rest[1] if len(rest) == 2 else None
    if source.startswith(("~", ".")) or ("/" in source and not source.startswith("/")):
        raise _wrong(value, "the host's path must be absolute")
    if not source.startswith("/") and not _VOLUME.fullmatch(source):
        raise _wrong(value, "its source is neither an absolute path nor the name of a volume")
    if not target.startswith("/") or not target.strip("/."):
        raise _wrong(value, "the container's path must be absolute, and not /")
    if modes is not None:
        _check_modes(value, modes)
    return value


def _check_modes(value: str, modes: str) -> None:
    left = [*_MODES]
    for mode in modes.split(","):
        kind = next((each for each in left if mode in each), None)
        if kind is None:
            raise _wrong(
                value, f"{mode!r} is not a mode, or contradicts another; write ro, rw or z"
            )
        left.remove(kind)


def _wrong(value: str, why: str) -> ValueError:
    return ValueError(f"bind {value!r:.200}: {why}")
