"""Bytes as they come: tar archives, which go to a file, or to a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from moorage.archives.links import Links
from moorage.archives.path_stat import PathStat
from moorage.archives.replacement import Replacement
from moorage.streams.archive import Chunks
from moorage.streams.base import AsyncStream, Parser, Source, Stream
from moorage.streams.frames import Writable
from moorage.transport.exchange import Exchange
from moorage.transport.threads import run

__all__ = ["AsyncDownload", "Download"]

T = TypeVar("T")
# Bytes to write at once: each piece takes a call to a thread.
_PIECE = 1 << 20


class _Bytes:
    def feed(self, data: bytes) -> Iterable[bytes]:
        return (data,)

    def check(self) -> None:
        pass

    def close(self) -> Iterable[bytes]:
        return ()


class _Source(Source[bytes]):
    def make_parser(self, exchange: Exchange) -> Parser[bytes]:  # noqa: ARG002
        return _Bytes()


class Download(Stream[bytes]):
    """An iterator over chunks of bytes; a context manager that closes it."""

    _source_type = _Source

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers, their names in small letters; opens the stream."""
        return dict(run(self._source.open()).head.headers)

    @property
    def path_stat(self) -> PathStat:
        """Facts on the downloaded file, for `containers.archive`; opens the stream.

        Raises:
            InvalidAnswer: the engine does not tell.
        """
        return PathStat.from_headers(self.headers)

    def write_to(self, target: str | os.PathLike[str] | Writable) -> int:
        """Write all that is to come to a file, and return how many bytes that is.

        Args:
            target: a path, where nothing appears, or changes, unless all has come; or a device,
                a pipe or a binary file, which takes what comes as it comes, and stays open. A file
                that is there keeps its permissions, and its owner where this process may set it.

        Raises:
            APIError: the engine refused.
            StreamInterrupted: the connection was cut before the engine had ended the stream.
            OSError: the file can't be written.
        """
        with self:
            if not isinstance(target, str | os.PathLike):
                return _copied(self, target)
            replacement = Replacement(target)
            try:
                length = _copied(self, replacement.file)
                replacement.commit()
            finally:
                replacement.discard()
            return length

    def extract(self, folder: str | os.PathLike[str], *, links: Links = "refuse") -> None:
        """Extract the tar archive into a folder that is new, or empty.

        Nothing appears there unless all has come. What would be written outside of it or through
        a link, and devices, are refused, whatever Python's `tarfile` does. Permissions and times
        are kept; owners and the bits for setuid, setgid and sticky are not.

        Args:
            folder: the folder, whose own folder is there.
            links: what to do with symbolic links that lead out of the folder, as /etc/mtab of most
                containers does: "refuse" the archive, "skip" them, or "keep" them as they are.

        Raises:
            APIError: the engine refused.
            StreamInterrupted: the connection was cut before the engine had ended the stream.
            UnsafeArchive: the archive has such a member, or such a link, and `links` is "refuse".
            InvalidAnswer: what came is no tar archive.
            OSError: the folder is not empty, or can't be written to.
        """
        self.read_by(_extract(folder, links))

    def read_by(self, reader: Callable[[Chunks], T]) -> T:
        """Call a function with a file to read all that is to come from, and return its result.

        Raises:
            APIError: The engine refused.
            StreamInterrupted: The connection was cut before the engine had ended the stream.
        """
        with self:
            return reader(Chunks(lambda: next(self, b"")))


def _extract(folder: str | os.PathLike[str], links: Links) -> Callable[[Chunks], None]:
    # Imported here: most streams are no archives.
    from moorage.archives.unpack import extract

    return partial(extract, folder=folder, links=links)


def _copied(chunks: Iterator[bytes], file: Writable) -> int:
    length = 0
    for chunk in chunks:
        file.write(chunk)
        length += len(chunk)
    return length


class AsyncDownload(AsyncStream[bytes]):
    """Asynchronous form of `Download`, an asynchronous iterator and context manager."""

    _source_type = _Source

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers, their names in small letters; empty until it is open."""
        exchange = self._source.exchange
        return dict(exchange.head.headers) if exchange is not None else {}

    @property
    def path_stat(self) -> PathStat:
        """Facts on the downloaded file, for `containers.archive`, once it is open.

        Raises:
            InvalidAnswer: the engine does not tell, or the stream is not open.
        """
        return PathStat.from_headers(self.headers)

    async def write_to(self, target: str | os.PathLike[str] | Writable) -> int:
        """Write all that is to come to a file, as `Download.write_to` does, in threads."""
        async with self:
            if not isinstance(target, str | os.PathLike):
                return await self._copied(target)
            # A pipe waits for its reader.
            replacement = await _in_thread(partial(Replacement, target))
            try:
                length = await self._copied(replacement.file)
                await _in_thread(replacement.commit)
            finally:
                replacement.discard()
            return length

    async def extract(self, folder: str | os.PathLike[str], *, links: Links = "refuse") -> None:
        """Extract the tar archive, as `Download.extract` does, in a thread."""
        await self.read_by(_extract(folder, links))

    async def read_by(self, reader: Callable[[Chunks], T]) -> T:
        """Call a function in a thread, as `Download.read_by` does."""
        import anyio.from_thread

        async def following() -> bytes:
            return await anext(self, b"")

        async with self:
            # The chunks are fetched by this loop, for the thread that reads them.
            chunks = Chunks(lambda: anyio.from_thread.run(following))
            return await _in_thread(lambda: reader(chunks))

    async def _copied(self, file: Writable) -> int:
        length = written = 0
        pending: list[bytes] = []
        async for chunk in self:
            pending.append(chunk)
            length += len(chunk)
            # Together, for a thread takes longer to be asked than to write one; but not joined,
            # since memory for so much at once takes longer than both.
            if length - written >= _PIECE:
                await _in_thread(partial(_write, file, pending))
                pending, written = [], length
        await _in_thread(partial(_write, file, pending))
        return length


def _write(file: Writable, chunks: list[bytes]) -> None:
    for each in chunks:
        file.write(each)


async def _in_thread(call: Callable[[], T]) -> T:
    import anyio.to_thread

    return await anyio.to_thread.run_sync(call)
