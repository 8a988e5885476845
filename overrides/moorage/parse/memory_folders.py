"""tmpfs folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["tmpfs"]


def tmpfs(value: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    """Return the options of tmpfs folders, by the container's path.

    Args:
        value: The options by path, or in the form of `docker run --tmpfs`: "/run" or
            "/run:size=64m,mode=1777".

    Raises:
        TypeError: It has the wrong type.
        ValueError: A path is not absolute.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"tmpfs is a mapping or a list of paths, not {type(value).__name__}")
    found: dict[str, str] = {}
    for each in value.items() if isinstance(value, Mapping) else value:
        if isinstance(each, str):
            path, _, options = each.partition(":")
        else:
            path, options = each
        if not isinstance(path, str) or not isinstance(options, str):
            raise TypeError("tmpfs has str as paths and options")
        if not path.startswith("/"):
            raise ValueError(f"tmpfs: {path!r:.100} is not an absolute path")
        found[path] = options
    return found
