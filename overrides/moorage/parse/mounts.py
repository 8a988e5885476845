"""Mounts, in the form of `docker run --mount`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moorage.parse.options import fields
from moorage.parse.sizes import size

__all__ = ["mount"]

_SWITCHES = {"readonly", "ro", "volume-nocopy", "bind-nonrecursive"}
_NAMES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_FALSE = {"0", "f", "F", "false", "FALSE", "False"}
_MODE = re.compile(r"[0-7]+")
_PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")


def mount(text: str) -> dict[str, Any]:
    """Read a mount.

    Args:
        text: Fields with commas between, such as "type=bind,source=/srv,target=/data,readonly" or
            "type=tmpfs,target=/tmp,tmpfs-size=64m". The default type is a volume.

    Returns:
        The fields of a `Mount`, with nested ones in dicts.

    Raises:
        TypeError: It is not a str.
        ValueError: It is malformed, or its fields contradict each other.
    """
    if not isinstance(text, str):
        raise TypeError(f"a mount is a str or a Mount, not {type(text).__name__}")
    found: dict[str, Any] = {"type": "volume"}
    for key, value in fields(text):
        name = _NAMES.get(key, key)
        if value is None and key not in _SWITCHES:
            raise ValueError(f"mount {text!r:.200}: write {key}=…")
        reader = _READERS.get(name)
        if reader is None:
            raise ValueError(f"mount {text!r:.200}: there is no {key!r:.50}")
        try:
            reader(found, value)
        except ValueError as error:
            raise ValueError(f"mount {text!r:.200}: {key}: {error}") from None
    _check(text, found)
    return found


def _check(text: str, found: dict[str, Any]) -> None:
    kind = found["type"]
    if not found.get("target"):
        raise ValueError(f"mount {text!r:.200}: it has no target")
    for part in ("bind", "volume", "tmpfs", "image"):
        if f"{part}_options" in found and kind != part:
            raise ValueError(f"mount {text!r:.200}: {part} options are for type={part}")
    source = found.get("source", "")
    if kind == "bind" and not (source.startswith(("/", "\\")) or source[1:2] == ":"):
        raise ValueError(f"mount {text!r:.200}: the source of a bind is an absolute path")
    if kind == "tmpfs" and source:
        raise ValueError(f"mount {text!r:.200}: a tmpfs has no source")
    # Engines pass over these where what they need is not there.
    bind = found.get("bind_options", {})
    if not {"read_only_non_recursive", "read_only_force_recursive"}.isdisjoint(bind):
        if not found.get("read_only"):
            raise ValueError(f"mount {text!r:.200}: this bind-recursive needs readonly")
        if "read_only_force_recursive" in bind and bind.get("propagation") != "rprivate":
            raise ValueError(f"mount {text!r:.200}: this needs bind-propagation=rprivate")


_Reader = Callable[[dict[str, Any], "str | None"], None]


def _plain(name: str) -> _Reader:
    return lambda found, value: found.__setitem__(name, value)


def _in(part: str, name: str, read: Callable[[str | None], Any]) -> _Reader:
    def reader(found: dict[str, Any], value: str | None) -> None:
        found.setdefault(part, {})[name] = read(value)

    return reader


def _pair(part: str, name: str, inner: str | None = None) -> _Reader:
    def reader(found: dict[str, Any], value: str | None) -> None:
        options = found.setdefault(part, {})
        if inner:
            options = options.setdefault(inner, {})
        key, _, text = (value or "").partition("=")
        options.setdefault(name, {})[key] = text

    return reader


def _driver(found: dict[str, Any], value: str | None) -> None:
    found.setdefault("volume_options", {}).setdefault("driver_config", {})["name"] = value


def _bool(value: str | None) -> bool:
    if value is None or value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ValueError(f"{value!r:.50} is neither true nor false")


def _readonly(found: dict[str, Any], value: str | None) -> None:
    found["read_only"] = _bool(value)


def _octal(value: str | None) -> int:
    if value is None or not _MODE.fullmatch(value):
        raise ValueError(f"{value!r:.50} is not a mode, such as 1777")
    return int(value, 8)


def _propagation(value: str | None) -> str:
    if value not in _PROPAGATIONS:
        raise ValueError(f"{value!r:.50} is none of {', '.join(_PROPAGATIONS)}")
    return value


def _recursive(found: dict[str, Any], value: str | None) -> None:
    names = {
        "enabled": None,
        "disabled": "non_recursive",
        "writable": "read_only_non_recursive",
        "readonly": "read_only_force_recursive",
    }
    if value not in names:
        raise ValueError(f"{value!r:.50} is none of {', '.join(names)}")
    if name := names[value]:
        found.setdefault("bind_options", {})[name] = True


_READERS: dict[str, _Reader] = {
    "type": lambda found, value: found.__setitem__("type", (value or "").lower()),
    "source": _plain("source"),
    "target": _plain("target"),
    "consistency": lambda found, value: found.__setitem__("consistency", (value or "").lower()),
    "readonly": _readonly,
    "bind-propagation": _in("bind_options", "propagation", _propagation),
    "bind-nonrecursive": _in("bind_options", "non_recursive", _bool),
    "bind-recursive": _recursive,
    "volume-nocopy": _in("volume_options", "no_copy", _bool),
    "volume-subpath": _in("volume_options", "subpath", str),
    "volume-label": _pair("volume_options", "labels"),
    "volume-driver": _driver,
    "volume-opt": _pair("volume_options", "options", "driver_config"),
    "image-subpath": _in("image_options", "subpath", str),
    "tmpfs-size": _in("tmpfs_options", "size_bytes", lambda value: size(value or "")),
    "tmpfs-mode": _in("tmpfs_options", "mode", _octal),
}
