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
    """Inspect a path; a link is not followed.

    Raises:
        NotFound: The container or the path does not exist.
        APIError: The engine can't inspect it, e.g. a link that leads in a circle.
    """
    if not isinstance(path, str):
        raise TypeError(f"a path in a container is a str, not {type(path).__name__}")
    if not path or "\0" in path:
        raise ValueError(f"{path!r:.200} is not a path in a container")
    try:
        info: PathStat = yield Await(partial(engine.containers.archive_info, container, path=path))
    except APIError as error:  # the response to HEAD has no message
        message = f"the engine can't inspect {path} in {container}"
        if isinstance(error, NotFound):
            message = f"no {path} in {container}, or no such container"
        raise type(error)(error.status, message, error.operation) from None
    return info


def check_numbers(**numbers: int | None) -> None:
    """Check an owner, a group and permissions by their names: uid, gid and mode.

    Raises:
        TypeError: One is not an int.
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
    """Inspect a path; None if it or the container does not exist."""
    try:
        return (yield from path_info(engine, container, path))
    except APIError as error:
        # Engines answer a file with a trailing slash by different errors.
        if isinstance(error, NotFound) or path.endswith(("/", "/.")):
            return None
        raise


def followed(engine: Any, container: str, path: str) -> Steps[tuple[str, PathStat]]:
    """Inspect a path, and the target if it is a link.

    Returns:
        The final path, and its metadata.

    Raises:
        NotFound: The container or the path does not exist.
    """
    info = yield from path_info(engine, container, path)
    if stat.S_ISLNK(info.mode):
        path = _target(path, info)
        info = yield from path_info(engine, container, path)
    return path, info


def followed_or_none(engine: Any, container: str, path: str) -> Steps[tuple[str, PathStat | None]]:
    """Like `followed`; None if the path or the container does not exist."""
    info = yield from _path_info_or_none(engine, container, path)
    if info is not None and stat.S_ISLNK(info.mode):
        path = _target(path, info)
        info = yield from _path_info_or_none(engine, container, path)
    return path, info


def _target(path: str, link: PathStat) -> str:
    return posixpath.join(posixpath.dirname(path.rstrip("/")), link.link_target)
