"""The streams and variables of a command in a fake engine's container."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

from moorage.testing.objects.process import Process

__all__ = ["NULL", "Console"]

NULL = "/dev/null"
_Sink = Callable[[bytes], object]


class Console:
    """The streams and variables of a command.

    Attributes:
        name: The script's name, `$0`.
        folder: The working directory.
        args: The arguments of the script.
        code: The exit code of the previous command.
    """

    def __init__(self, process: Process) -> None:
        self.name = "sh"
        self.process = process
        self.env: dict[str, str] = dict(process.env)
        self.folder: str = process.working_dir or "/"
        self.args: list[str] = []
        self.code: int = 0
        self.stdin: Process | BytesIO = process
        self.out: _Sink = process.write
        self.err: _Sink = process.error

    def write(self, data: str | bytes) -> None:
        """Write to the standard output."""
        self.out(data.encode() if isinstance(data, str) else data)

    def error(self, data: str) -> None:
        """Write to the standard error output."""
        self.err(data.encode())

    def output(self, text: str) -> str:
        """Run a script and return its output."""
        raise NotImplementedError

    @contextmanager
    def streams(
        self,
        stdin: Process | BytesIO | None = None,
        out: _Sink | None = None,
        err: _Sink | None = None,
    ) -> Iterator[None]:
        """Replace streams for a while."""
        kept = self.stdin, self.out, self.err
        self.stdin, self.out, self.err = stdin or self.stdin, out or self.out, err or self.err
        try:
            yield
        finally:
            self.stdin, self.out, self.err = kept

    def at(self, path: str) -> str:
        """Return an absolute path."""
        return posixpath.normpath(posixpath.join(self.folder, path))

    def content(self, path: str) -> bytes:
        """Return a file's content, b"" if there is none."""
        try:
            return self.process.files.read(self.at(path))
        except FileNotFoundError:
            return self._environ(path)

    def _environ(self, path: str) -> bytes:
        for each in self.process.peers():
            if path == f"/proc/{each.pid}/environ":
                return b"".join(f"{name}={value}\0".encode() for name, value in each.env.items())
        return b""

    def into(self, path: str, append: bool) -> _Sink:
        """Create a file, and return a function that writes to it."""
        content = bytearray(self.content(path) if append else b"")

        def write(data: bytes) -> None:
            content.extend(data)
            if path != NULL:
                self.process.files.write(self.at(path), bytes(content))

        write(b"")
        return write
