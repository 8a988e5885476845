"""Write a file in a container."""

from __future__ import annotations

import posixpath
import stat
from functools import partial
from time import time
from typing import Any

from moorage.archives.members import Archive, members
from moorage.archives.stream import TarStream, file_entry
from moorage.errors import InvalidAnswer
from moorage.transport.steps import Await, Steps
from moorage.verbs.paths import check_numbers, followed_or_none

__all__ = ["write_file"]


def write_file(
    engine: Any,
    container: str,
    path: str,
    content: bytes,
    *,
    uid: int | None = None,
    gid: int | None = None,
    mode: int | None = None,
) -> Steps[None]:
    """Write a file in a container, which need not run; a link is followed.

    Args:
        engine: The engine, whose operations the steps call or await.
        container: The container's name or ID.
        path: The path in the container; relative to its root. Its folder must exist.
        content: The content of the file.
        uid: The owner; defaults to that of the existing file, else 0. Podman does not tell the
            owner of a file, so it is always 0 there.
        gid: The group; defaults as `uid` does.
        mode: The permissions; default to those of the existing file, else 0o644.

    Raises:
        NotFound: The container or the folder does not exist.
        IsADirectoryError: The path is a folder.
        ValueError: The path is a special file, such as a device.
    """
    if not isinstance(content, bytes | bytearray | memoryview):
        raise TypeError(f"content is bytes, not {type(content).__name__}: encode it")
    check_numbers(uid=uid, gid=gid, mode=mode)
    path, info = yield from followed_or_none(engine, container, path)
    if path.endswith(("/", "/.")) or (info is not None and stat.S_ISDIR(info.mode)):
        raise IsADirectoryError(f"{path} is a folder in {container}")
    if info is not None and not stat.S_ISREG(info.mode):
        raise ValueError(f"{path} is not a file in {container}")
    folder, name = posixpath.split(path)
    entry = file_entry(name, bytes(content))
    entry.info.mtime = int(time())
    if info is not None:
        download = engine.containers.archive(container, path=path)
        try:
            there = yield Await(partial(download.read_by, _first))
        finally:
            download.disconnect()
        entry.info.uid, entry.info.gid, entry.info.mode = there.uid, there.gid, there.mode & 0o7777
    for key, value in (("uid", uid), ("gid", gid), ("mode", mode)):
        if value is not None:
            setattr(entry.info, key, value)
    put = partial(engine.containers.put_archive, container, no_overwrite_dir_non_dir=True)
    with TarStream([entry]) as archive:
        yield Await(partial(put, archive, path=folder or "/"))


def _first(archive: Archive) -> Any:
    for _, member in members(archive):
        return member
    raise InvalidAnswer("ContainerArchive: the archive is empty")
