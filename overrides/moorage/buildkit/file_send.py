"""Receive the output of a build: a tar archive, or files for a folder, by fsutil's protocol.

Files are written to a folder beside their place, where no name leads out of it and nothing is
written through a link. They are moved to their place when the build is over.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from moorage.archives.replacement import Replacement
from moorage.archives.unpack import move_into
from moorage.buildkit.file_sync import PacketType
from moorage.buildkit.framing import Refused, Status
from moorage.buildkit.rpc import Call, Factory, Handler
from moorage.errors import EngineError, InvalidAnswer, UnsafeArchive
from moorage.streams.writing import Writable, write_whole
from moorage_api.buildkit_messages import Bytes, Packet, Stat

__all__ = ["FileOutput", "FolderOutput", "NoOutput", "Output", "TarOutput", "output_methods"]

_FOLDER, _LINK, _OTHER = 1 << 31, 1 << 27, 0x7FFFFFFF & ~0x1FF & ~(1 << 27)
_SPECIAL = 1 << 23 | 1 << 22 | 1 << 20


class Output(Protocol):
    """The destination of a build's output."""

    kind: str
    """The exporter's name."""

    def handler(self, call: Call) -> Handler:
        """Make the handler that receives it."""
        raise NotImplementedError

    def finish(self) -> None:
        """Move the output to its place: the build is over.

        Raises:
            InvalidAnswer: The output is incomplete.
        """

    def discard(self) -> None:
        """Remove files that are not in their place yet."""


def output_methods(output: Output) -> dict[str, Factory]:
    """Serve the place for a build's output."""
    return {"/moby.filesync.v1.FileSend/DiffCopy": output.handler}


class TarOutput:
    """A file that takes a tar archive, and is replaced when the build is over.

    Nothing is made before the archive comes, as the file may be in the context.

    Args:
        path: The file.

    Raises:
        OSError: It is a folder, or its parent is not one.
    """

    kind: str = "tar"

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {path.parent}")
        self._path = path
        self._replacement: Replacement | None = None
        self._copying: _Copying | None = None

    def handler(self, call: Call) -> Handler:  # noqa: ARG002
        """Make the handler that receives the archive."""
        self.discard()
        self._replacement = Replacement(self._path)
        self._copying = _Copying(self._replacement.file)
        return self._copying

    def finish(self) -> None:
        """Put the archive in its place."""
        _check_whole(self._copying)
        if self._replacement is not None:
            self._replacement.commit()

    def discard(self) -> None:
        """Remove files that are not in their place yet."""
        if self._replacement is not None:
            self._replacement.discard()


class FileOutput:
    """An open file or other sink that receives a tar archive as it arrives."""

    kind: str = "tar"

    def __init__(self, file: Writable) -> None:
        self._file = file
        self._copying: _Copying | None = None

    def handler(self, call: Call) -> Handler:  # noqa: ARG002
        """Make the handler that receives the archive."""
        self._copying = _Copying(self._file)
        return self._copying

    def finish(self) -> None:
        """Check that the output is complete."""
        _check_whole(self._copying)

    def discard(self) -> None:
        """Leave it as it is."""


class _Copying(Handler):
    def __init__(self, file: Writable) -> None:
        self._file = file
        self.whole: bool = False

    def message(self, call: Call, data: bytes) -> None:  # noqa: ARG002
        write_whole(self._file, Bytes.FromString(data).data)

    def end(self, call: Call) -> None:
        self.whole = True
        call.finish()


class FolderOutput:
    """A folder that receives files beside its present content.

    Nothing is made before the files come, as the folder may be in the context.

    Args:
        folder: The folder; made if missing.

    Raises:
        OSError: It is not a folder.
    """

    kind: str = "local"

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(f"{folder} is not a folder")
        self._folder = folder
        self._new: list[Path] = []
        self._made: Path | None = None
        self._receiving: _Receiving | None = None

    def handler(self, call: Call) -> Handler:  # noqa: ARG002
        """Make the handler that receives the files."""
        self.discard()
        self._new = [each for each in (self._folder, *self._folder.parents) if not each.exists()]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._made = Path(tempfile.mkdtemp(prefix=".moorage-", dir=self._folder))
        staged = self._made / "content"
        staged.mkdir()
        self._receiving = _Receiving(staged)
        return self._receiving

    def finish(self) -> None:
        """Move the files to their places."""
        _check_whole(self._receiving)
        if self._made is not None:
            move_into(self._made / "content", self._folder)
        self._new.clear()
        self.discard()

    def discard(self) -> None:
        """Remove files that are not in their place yet."""
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
            self._made = None
        for each in self._new:
            with suppress(OSError):  # another program has put something there
                each.rmdir()
        self._new.clear()


class NoOutput:
    """No output: engines 26.1 and 28.5 fail at a build for the cache alone."""

    kind: str = "local"

    def handler(self, call: Call) -> Handler:  # noqa: ARG002
        """Make a handler that requests no file."""
        return _Passing()

    def finish(self) -> None:
        """Do nothing."""

    def discard(self) -> None:
        """Do nothing."""


class _Passing(Handler):
    """Reads the list of files, and requests none."""

    def message(self, call: Call, data: bytes) -> None:
        packet = Packet.FromString(data)
        if packet.type == PacketType.END:
            call.finish()
        elif packet.type == PacketType.STAT and not packet.HasField("stat"):
            call.send(Packet(type=PacketType.END).SerializeToString())

    def end(self, call: Call) -> None:
        call.finish()


class _Receiving(Handler):
    """Receives files: reads the list, and requests those with content."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._count = 0
        self._listed = False
        self._expected: dict[int, tuple[Path, Stat]] = {}
        self._folders: list[tuple[Path, Stat]] = []
        self._open: dict[int, int] = {}
        self.whole: bool = False

    def message(self, call: Call, data: bytes) -> None:
        packet = Packet.FromString(data)
        if packet.type == PacketType.STAT:
            if packet.HasField("stat"):
                self._add(call, packet.stat)
                self._count += 1
            else:
                self._listed = True
        elif packet.type == PacketType.DATA:
            self._write(packet.id, packet.data)
        elif packet.type == PacketType.END:
            call.finish()
            return
        elif packet.type == PacketType.ERROR:
            # No error of this side: the build ends with the engine's own error, which says more.
            raise Refused(Status.UNKNOWN, packet.data.decode(errors="replace"))
        if self._listed and not self._expected:
            self._finish_folders()
            self._listed = False
            self.whole = True
            call.send(Packet(type=PacketType.END).SerializeToString())

    def end(self, call: Call) -> None:
        call.finish()

    def _add(self, call: Call, entry: Stat) -> None:
        path = self._place(entry.path)
        if entry.mode & _FOLDER:
            if path.is_symlink():  # its permissions would be set outside
                raise UnsafeArchive(f"{_shown(entry.path)} is a link, and then a folder")
            path.mkdir(exist_ok=True)
            self._folders.append((path, entry))
            return
        if entry.mode & _LINK:
            self._check_link(entry)
            path.symlink_to(os.fsdecode(entry.linkname))
            return
        if entry.mode & _OTHER & ~_SPECIAL:
            raise UnsafeArchive(f"{_shown(entry.path)} is a device or a pipe")
        if entry.linkname:
            source = self._place(entry.linkname)
            if not stat.S_ISREG(source.lstat().st_mode):
                raise UnsafeArchive(f"{_shown(entry.path)} links to something that is not a file")
            path.hardlink_to(source)
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(path, flags, 0o600))
        self._expected[self._count] = (path, entry)
        call.send(Packet(type=PacketType.REQUEST, id=self._count).SerializeToString())

    def _write(self, number: int, data: bytes) -> None:
        if number not in self._expected:
            raise EngineError("BuildKit sent a file that was not requested")
        path, entry = self._expected[number]
        if number not in self._open:
            self._open[number] = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        view = memoryview(data)
        while view:
            view = view[os.write(self._open[number], view) :]
        if not data:
            os.close(self._open.pop(number))
            del self._expected[number]
            path.chmod(entry.mode & 0o777)
            os.utime(path, ns=(entry.mod_time, entry.mod_time))

    def _place(self, name: bytes) -> Path:
        """Return a path below real folders, not links."""
        parts = os.fsdecode(name).split("/")
        if name.startswith(b"/"):
            parts = parts[1:]  # some engines send it so
        if not parts or any(each in ("", ".", "..") for each in parts) or b"\0" in name:
            raise UnsafeArchive(f"{_shown(name)} would be outside of the folder")
        path = self._root
        for part in parts[:-1]:
            path = path / part
            if not os.path.lexists(path):
                path.mkdir()
            elif not stat.S_ISDIR(path.lstat().st_mode):
                raise UnsafeArchive(f"{_shown(name)} is below something that is not a folder")
        return path / parts[-1]

    @staticmethod
    def _check_link(entry: Stat) -> None:
        # As in the docker CLI: an absolute link is kept, one that climbs out is refused.
        folder = entry.path.lstrip(b"/").rpartition(b"/")[0] or b"."
        leads = os.path.normpath(folder + b"/" + entry.linkname)
        if not entry.linkname.startswith(b"/") and leads.split(b"/")[0] == b"..":
            raise UnsafeArchive(f"{_shown(entry.path)} is a link that leads outside")

    def _finish_folders(self) -> None:
        # At the end, the deepest first: a folder's permissions may forbid writing to it.
        for path, entry in reversed(self._folders):
            path.chmod(entry.mode & 0o777)
            os.utime(path, ns=(entry.mod_time, entry.mod_time))

    def close(self) -> None:
        for number in self._open.values():
            os.close(number)
        self._open.clear()


def _check_whole(taken: _Copying | _Receiving | None) -> None:
    if taken is None or not taken.whole:
        raise InvalidAnswer("ImageBuild: the engine did not send all of the output")


def _shown(name: bytes) -> str:
    return f"{os.fsdecode(name)!r:.200}"
