"""Facts about a path in a container, in steps; and the owner and permissions of what is written."""

from __future__ import annotations

import posixpath
import stat
from functools import partial
from typing import Any

from moorage.archives.path_stat import PathStat
from moorage.errors import APIError, NotFound
from moorage.transport.steps import Await, Steps

__all__ = ["check_numbers", "followed", "followed_or_none", "path_info"]


def path_info(engine: Any, container: str, path: str) -> Steps[PathStat]:
    """Ask for what is at a path, a link being told as such.

    Raises:
        NotFound: There is no such container, or nothing at the path.
        APIError: The engine can't look there, e.g. for links that go round.
    """
    if not isinstance(path, str):
        raise TypeError(f"a path in a container is a str, not {type(path).__name__}")
    if not path or "\0" in path:
        raise ValueError(f"{path!r:.200} is no path in a container")
    try:
        info: PathStat = yield Await(partial(engine.containers.archive_info, container, path=path))
    except APIError as error:  # the response to HEAD has no words
        message = f"{path} in {container} can't be looked at"
        if isinstance(error, NotFound):
            message = f"no {path} in {container}, or no such container"
        raise type(error)(error.status, message, error.operation) from None
    return info


def check_numbers(**numbers: int | None) -> None:
    """Check an owner, a group and permissions by their names: uid, gid and mode.

    Raises:
        TypeError: One is no int.
        ValueError: One is out of range.
    """
    for name, value in numbers.items():
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} is an int, not {type(value).__name__}")
        if value < 0 or (name == "mode" and value > 0o7777):
            raise ValueError(f"{name} is out of range: {value!r}")


def _path_info_or_none(engine: Any, container: str, path: str) -> Steps[PathStat | None]:
    """Ask for what is at a path; None if there is nothing, or no such container."""
    try:
        return (yield from path_info(engine, container, path))
    except APIError as error:
        # A file with a slash behind it is another error to each engine.
        if isinstance(error, NotFound) or path.endswith(("/", "/.")):
            return None
        raise


def followed(engine: Any, container: str, path: str) -> Steps[tuple[str, PathStat]]:
    """Ask for what is at a path, and where it leads if that is a link.

    Returns:
        The path that counts, and what is there.

    Raises:
        NotFound: There is no such container, or nothing at the path.
    """
    info = yield from path_info(engine, container, path)
    if stat.S_ISLNK(info.mode):
        path = _target(path, info)
        info = yield from path_info(engine, container, path)
    return path, info


def followed_or_none(engine: Any, container: str, path: str) -> Steps[tuple[str, PathStat | None]]:
    """As `followed`, but None where there is nothing, or no such container."""
    info = yield from _path_info_or_none(engine, container, path)
    if info is not None and stat.S_ISLNK(info.mode):
        path = _target(path, info)
        info = yield from _path_info_or_none(engine, container, path)
    return path, info


def _target(path: str, link: PathStat) -> str:
    return posixpath.join(posixpath.dirname(path.rstrip("/")), link.link_target)
