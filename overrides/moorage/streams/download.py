"""Downloads of bytes: tar archives, to a file or to a folder."""

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
from moorage.streams.writing import Writable, write_whole
from moorage.transport.exchange import Exchange
from moorage.transport.threads import run

__all__ = ["AsyncDownload", "Download"]

T = TypeVar("T")
# Bytes to write at once: each write takes a call to a thread.
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
        """The response's headers, with lower-case names; opens the stream."""
        return dict(run(self._source.open()).head.headers)

    @property
    def path_stat(self) -> PathStat:
        """Metadata of the downloaded file, for `containers.archive`; opens the stream.

        Raises:
            InvalidAnswer: The engine did not send it.
        """
        return PathStat.from_headers(self.headers)

    def write_to(self, target: str | os.PathLike[str] | Writable) -> int:
        """Write the rest of the stream to a file, and return the number of bytes.

        Args:
            target: A path, which changes only when everything has arrived; or a device, a pipe or a
                binary file, which is written to at once and stays open. An existing file keeps its
                permissions, and its owner if this process may set it.

        Raises:
            APIError: The engine answered with an error.
            StreamInterrupted: The connection was cut before the engine had ended the stream.
            OSError: The file can't be written.
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

        Nothing appears there until everything has arrived. Devices, and members outside of the
        folder or behind a link, are refused, whatever Python's `tarfile` does. Permissions and
        times are kept; owners and the bits for setuid, setgid and sticky are not.

        Args:
            folder: The folder; its parent must exist.
            links: How to handle symbolic links that lead out of the folder, as /etc/mtab of most
                containers does: "refuse" the archive, "skip" them, or "keep" them as they are.

        Raises:
            APIError: The engine answered with an error.
            StreamInterrupted: The connection was cut before the engine had ended the stream.
            UnsafeArchive: The archive has such a member, or such a link while `links` is "refuse".
            InvalidAnswer: The content is not a tar archive.
            OSError: The folder is not empty, or can't be written to.
        """
        self.read_by(_extract(folder, links))

    def read_by(self, reader: Callable[[Chunks], T]) -> T:
        """Call a function with a file over the rest of the stream, and return its result.

        Raises:
            APIError: The engine answered with an error.
            StreamInterrupted: The connection was cut before the engine had ended the stream.
        """
        with self:
            return reader(Chunks(lambda: next(self, b"")))


def _extract(folder: str | os.PathLike[str], links: Links) -> Callable[[Chunks], None]:
    # Imported here: most streams are not archives.
    from moorage.archives.unpack import extract

    return partial(extract, folder=folder, links=links)


def _copied(chunks: Iterator[bytes], file: Writable) -> int:
    length = 0
    for chunk in chunks:
        write_whole(file, chunk)
        length += len(chunk)
    return length


class AsyncDownload(AsyncStream[bytes]):
    """Asynchronous form of `Download`, an asynchronous iterator and context manager."""

    _source_type = _Source

    @property
    def headers(self) -> dict[str, str]:
        """The response's headers, with lower-case names; empty until the stream is open."""
        exchange = self._source.exchange
        return dict(exchange.head.headers) if exchange is not None else {}

    @property
    def path_stat(self) -> PathStat:
        """Metadata of the downloaded file, for `containers.archive`, once the stream is open.

        Raises:
            InvalidAnswer: The engine did not send it, or the stream is not open.
        """
        return PathStat.from_headers(self.headers)

    async def write_to(self, target: str | os.PathLike[str] | Writable) -> int:
        """Write the rest of the stream to a file, as `Download.write_to` does, in threads."""
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
            # This loop fetches the chunks for the thread that reads them.
            chunks = Chunks(lambda: anyio.from_thread.run(following))
            return await _in_thread(lambda: reader(chunks))

    async def _copied(self, file: Writable) -> int:
        length = written = 0
        pending: list[bytes] = []
        async for chunk in self:
            pending.append(chunk)
            length += len(chunk)
            # Several at once: a call to a thread takes longer than writing one; but not joined:
            # allocating that much memory takes longer than both.
            if length - written >= _PIECE:
                await _in_thread(partial(_write, file, pending))
                pending, written = [], length
        await _in_thread(partial(_write, file, pending))
        return length


def _write(file: Writable, chunks: list[bytes]) -> None:
    for each in chunks:
        write_whole(file, each)


async def _in_thread(call: Callable[[], T]) -> T:
    import anyio.to_thread

    return await anyio.to_thread.run_sync(call)
