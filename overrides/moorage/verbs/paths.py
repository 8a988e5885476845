"""Facts about a path in a container; in steps."""

from __future__ import annotations

import posixpath
import stat
from functools import partial
from typing import Any

from moorage.archives.path_stat import PathStat
from moorage.errors import APIError, NotFound
from moorage.transport.steps import Await, Steps

__all__ = ["followed", "followed_or_none", "path_info"]


def path_info(engine: Any, container: str, path: str) -> Steps[PathStat]:
    """Ask for what is at a path, a link being told as such.

    Raises:
        NotFound: There is no such container, or nothing at the path.
    """
    if not isinstance(path, str) or not path or "\0" in path:
        raise ValueError(f"{path!r:.200} is no path in a container")
    try:
        info: PathStat = yield Await(partial(engine.containers.archive_info, container, path=path))
    except NotFound as error:  # the response to HEAD has no words
        message = f"no {path} in {container}, or no such container"
        raise NotFound(error.status, message, error.operation) from None
    return info


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
