"""Parts of a path: names and ids."""

from __future__ import annotations

from moorage.model.base import Model
from moorage.parameters.scalars import wrong_type
from moorage.quoting import quoted_path

__all__ = ["container_segment", "segment"]


def segment(name: str, value: str) -> str:
    """Quote a path parameter; slashes stay, because names of images have them.

    Raises:
        TypeError: It is not a str.
        ValueError: The value is empty or has an empty, "." or ".." part: the path would then
            name another endpoint.
    """
    if not isinstance(value, str):
        raise wrong_type(name, "a name or an id", value, _instead(value))
    if not {"", ".", ".."}.isdisjoint(value.split("/")):
        raise ValueError(f"{value!r} can't be part of a path: give a name or an id")
    return quoted_path(value)


def container_segment(name: str, value: str) -> str:
    """Quote a container's name or id; engines write names with a slash before them."""
    if isinstance(value, str):
        value = value.removeprefix("/")
    return segment(name, value)


def _instead(value: object) -> str:
    if isinstance(value, Model):
        for name in ("id", "name"):
            if isinstance(getattr(value, name, None), str):
                return f": give its {name}, .{name}"
    return ""
