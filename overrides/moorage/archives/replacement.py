"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO

__all__ = ["Replacement"]


class Replacement:
    """A file that takes the target's place in the end, with its permissions and its owner.

    A link stays, and its target is replaced. A device or a pipe is written to.

    Attributes:
        file: The file to write to.
    """

    file: IO[bytes]

    def __init__(self, target: str | os.PathLike[str]) -> None:
        """Open a file to write to.

        Raises:
            OSError: It can't be written.
        """
        path = Path(target)
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder: give the path of a file")
        self._made: Path | None = None
        if path.exists() and not path.is_file():
            self.file = path.open("wb")
            return
        self._path = path.resolve()
        self._old = self._path.stat() if self._path.exists() else None
        made = self._path.parent / _new_name()
        # The system decides who may read a new file; one that replaces another stays private until
        # it has that one's permissions.
        mode = 0o666 if self._old is None else 0o600
        number = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        self.file = os.fdopen(number, "wb")
        self._made = made

    def commit(self) -> None:
        """Put the file in the target's place; after a crash of the machine, it is whole too.

        Raises:
            OSError: It can't be written.
        """
        if self._made is None:
            self.file.close()
            return
        self.file.flush()
        if self._old is not None:
            self._take_rights(self._old)
        os.fsync(self.file.fileno())
        self.file.close()
        self._made.replace(self._path)
        self._made = None

    def discard(self) -> None:
        """Remove the file, unless it is in the target's place."""
        try:
            self.file.close()
        finally:
            if self._made is not None:
                self._made.unlink(missing_ok=True)
                self._made = None

    def _take_rights(self, old: os.stat_result) -> None:
        number = self.file.fileno()
        mode = stat.S_IMODE(old.st_mode)
        try:
            os.fchown(number, old.st_uid, old.st_gid)
        except PermissionError:
            # Only root can change owners. Setuid and setgid bits must not pass to another owner.
            mode &= 0o777
        os.fchmod(number, mode)


def _new_name() -> str:
    from secrets import token_hex

    return f".moorage-{token_hex(8)}"
