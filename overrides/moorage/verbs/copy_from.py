"""Copy files out of a container."""

from __future__ import annotations

import posixpath
import stat
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

from moorage.archives.copying import is_contents, local_place
from moorage.archives.unpack import unpack
from moorage.streams.writing import Writable
from moorage.transport.steps import Await, Call, Steps
from moorage.verbs.paths import followed, path_info

if TYPE_CHECKING:
    from moorage.archives.links import Links

__all__ = ["copy_from"]


def copy_from(
    engine: Any,
    container: str,
    source: str,
    destination: str | PathLike[str] | Writable,
    *,
    follow_links: bool = False,
    links: Links | None = None,
) -> Steps[None]:
    """Copy a file or a folder out of a container, by the rules of `docker cp`.

    An existing folder receives the source; a missing one becomes a copy of it. "folder/." is its
    content. Nothing changes until everything has arrived.

    Args:
        engine: The engine, whose operations the steps call or await.
        container: The container's name or ID; it need not run.
        source: The path in the container; relative to its root.
        destination: The path of a file or a folder; or an open binary file, which gets a tar
            archive. Permissions are kept, but for setuid and the like; owners are not.
        follow_links: Copy the source's target, if it is a link, instead of the link.
        links: How to handle symbolic links that lead out of the destination: "refuse" the
            archive, "skip" them, or "keep" them. By default, absolute ones are kept and others
            refused, as by `docker cp`.

    Raises:
        NotFound: The container or the file does not exist.
        FileNotFoundError: The destination's folder does not exist.
        NotADirectoryError: The source is a folder, and the destination a file.
        OSError: A folder would replace a file, or a file a folder; or it can't be written.
        UnsafeArchive: A member would be outside of the destination or below a link, or is a device
            or a pipe; or a link leads outside and is not kept.
        StreamInterrupted: The connection was cut.
    """
    name = None
    if isinstance(source, str) and not source.strip("/"):
        source = source and "/."  # the root has no name
    if follow_links:
        path, info = yield from followed(engine, container, source)
        if path != source:
            name = posixpath.basename(source.rstrip("/"))
            source = path
    else:
        info = yield from path_info(engine, container, source)
    place = None
    if isinstance(destination, str | PathLike):
        place = yield Call(partial(local_place, stat.S_ISDIR(info.mode), destination))
    download = engine.containers.archive(container, path=source)
    try:
        if place is None:
            yield Await(partial(download.write_to, destination))
            return
        if place.name is not None:
            name = place.name
        elif is_contents(source):
            name = None
        contents = is_contents(source)
        reader = partial(
            unpack, folder=place.folder, rename=name, links=links, is_contents=contents
        )
        yield Await(partial(download.read_by, reader))
    finally:
        download.disconnect()
