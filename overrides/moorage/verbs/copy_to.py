"""Copy files into a container."""

from __future__ import annotations

import stat
from functools import partial
from os import PathLike
from typing import Any

from moorage.archives.copying import local_source, packed, place_of
from moorage.archives.stream import TarStream
from moorage.request import Readable
from moorage.transport.steps import Await, Call, Steps
from moorage.verbs.paths import check_numbers, followed_or_none, path_info

__all__ = ["copy_to"]


def copy_to(
    engine: Any,
    container: str,
    source: str | PathLike[str] | Readable,
    destination: str,
    *,
    follow_links: bool = False,
    uid: int | None = None,
    gid: int | None = None,
    mode: int | None = None,
) -> Steps[None]:
    """Copy a file or a folder into a container, by the rules of `docker cp`.

    An existing folder receives the source; a missing one becomes a copy of it. "folder/." is its
    content. The files are sent while they are read.

    Args:
        engine: The engine, whose operations the steps call or await.
        container: The container's name or ID; it need not run.
        source: The path of a file or a folder; or an open binary file with a tar archive to unpack
            into an existing folder.
        destination: The path in the container; relative to its root.
        follow_links: Copy the source's target, if it is a link, instead of the link.
        uid: The owner of all copied files; defaults to the source's.
        gid: Its group; defaults to the source's.
        mode: The permissions of the files; defaults to the source's.

    Raises:
        NotFound: The container, or the destination's folder, does not exist.
        FileNotFoundError: The source does not exist, or the destination ends in a slash and does
            not exist.
        NotADirectoryError: The source is a folder, and the destination a file.
        APIError: A folder would replace a file, or a file a folder; or it can't be written.
    """
    is_archive = not isinstance(source, str | PathLike)
    if is_archive and (uid, gid, mode, follow_links) != (None, None, None, False):
        raise ValueError("an archive has its own owners and permissions: give a path for others")
    local: Any = None
    if isinstance(source, str | PathLike):
        local = yield Call(partial(local_source, source, follow_links=follow_links))
        check_numbers(uid=uid, gid=gid, mode=mode)
        if not local.is_folder and stat.S_ISSOCK(local.path.lstat().st_mode):
            raise ValueError(f"{local.path} is a socket, which can't be copied")
    path, info = yield from followed_or_none(engine, container, destination)
    if info is not None and not (stat.S_ISDIR(info.mode) or stat.S_ISREG(info.mode)):
        raise ValueError(f"{destination} is neither a file nor a folder in {container}")
    is_folder = info is not None and stat.S_ISDIR(info.mode)
    put = partial(engine.containers.put_archive, container, no_overwrite_dir_non_dir=True)
    if is_archive:
        if not is_folder:
            yield from path_info(engine, container, path)
            raise NotADirectoryError(f"{destination} is not a folder in {container}")
        yield Await(partial(put, source, path=path))
        return
    place = place_of(local.is_folder, path, exists=info is not None, is_folder=is_folder)
    with TarStream(packed(local, place.name, uid, gid, mode)) as content:
        yield Await(partial(put, content, path=place.folder))
