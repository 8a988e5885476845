"""Files and folders that appear whole or not at all; and tar archives that are extracted safely."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from moorage.archives.malformed import tar_errors
from moorage.errors import EngineError

__all__ = ["Chunks", "extracted", "replaced"]


@contextmanager
def replaced(target: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file that takes the target's place in the end, unless there was an error.

    A link stays: what it leads to is replaced. A device or a pipe is written to.

    Raises:
        OSError: it can't be written.
    """
    import tempfile

    path = Path(target)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the path of a file")
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path = path.resolve()
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    made = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
        # The mode that a new file has: mkstemp's is for secrets.
        mask = os.umask(0o077)
        os.umask(mask)
        made.chmod(0o666 & ~mask)
        made.replace(path)
    except BaseException:
        made.unlink()
        raise


class Chunks:
    """A file to `tarfile`, of chunks that are asked for one by one; the last is empty."""

    def __init__(self, following: Callable[[], bytes]) -> None:
        self._following = following
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        parts, length = [self._rest], len(self._rest)
        while length < size and (chunk := self._following()):
            parts.append(chunk)
            length += len(chunk)
        data = b"".join(parts)
        self._rest = data[size:]
        return data[:size]

    def drain(self) -> None:
        """Read to the end, so that one that was cut is told."""
        self._rest = b""
        while self._following():
            pass


def extracted(chunks: Chunks, folder: str | os.PathLike[str]) -> None:
    """Extract a tar archive into a folder that is new or empty, whole or not at all.

    Raises:
        UnsafeArchive: a member would be written outside of the folder, or is a device.
        InvalidAnswer: the bytes are no tar archive.
        EngineError: this Python can't extract safely.
        OSError: the folder is not empty, or can't be written to.
    """
    import shutil
    import tarfile
    import tempfile

    if not hasattr(tarfile, "data_filter"):
        raise EngineError(
            "this Python's tarfile can't extract safely: use Python 3.11.4 or newer, or write_to()"
        )
    path = Path(folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(f"{path} is there and not empty: give a folder that is new or empty")
    made = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.absolute().parent))
    try:
        inner = made / "content"
        inner.mkdir()
        with tar_errors():
            with tarfile.open(fileobj=chunks, mode="r|") as archive:  # type: ignore[call-overload]
                archive.extractall(inner, filter="data")
            chunks.drain()
            inner.replace(path)
    finally:
        shutil.rmtree(made, ignore_errors=True)
