"""Read a file in a container."""

from __future__ import annotations

import stat
from functools import partial
from typing import Any

from moorage.archives.malformed import tar_errors
from moorage.archives.members import Archive, members
from moorage.errors import InvalidAnswer
from moorage.transport.steps import Await, Steps
from moorage.verbs.paths import followed

__all__ = ["read_file"]


def read_file(engine: Any, container: str, path: str) -> Steps[bytes]:
    """Read a file in a container, which need not run; a link is followed.

    Args:
        engine: The engine, whose operations the steps call or await.
        container: The container's name or ID.
        path: The path in the container; relative to its root.

    Raises:
        NotFound: The container or the file does not exist.
        IsADirectoryError: It is a folder.
        ValueError: It is a special file, such as a device.
        StreamInterrupted: The connection was cut.
    """
    path, info = yield from followed(engine, container, path)
    if stat.S_ISDIR(info.mode):
        raise IsADirectoryError(f"{path} is a folder in {container}: use copy_from()")
    if not stat.S_ISREG(info.mode):
        raise ValueError(f"{path} is not a file in {container}")
    download = engine.containers.archive(container, path=path)
    try:
        content: bytes = yield Await(partial(download.read_by, _content))
    finally:
        download.disconnect()
    return content


def _content(archive: Archive) -> bytes:
    found = None
    for tar, member in members(archive):
        if found is not None or not member.isreg():
            continue
        if member.issparse():  # no engine sends these, and the holes may be of any size
            raise InvalidAnswer(f"{member.name!r:.200} is a sparse file")
        with tar_errors():
            file = tar.extractfile(member)
            found = file.read() if file is not None else b""
        if len(found) != member.size:
            raise InvalidAnswer(f"{member.name!r:.200} is shorter than its archive says")
    archive.drain()
    if found is None:
        raise InvalidAnswer("ContainerArchive: the archive has no file")
    return found
