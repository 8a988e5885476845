"""Writing to what programs give, which may take less at once than it is given."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Writable", "write_whole"]


class Writable(Protocol):
    """Sink for bytes: a binary file, `sys.stdout.buffer`, an `io.BytesIO`."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


def write_whole(file: Writable, data: bytes) -> None:
    """Write all of the bytes: files without a buffer, such as pipes, take a part at a time.

    Raises:
        OSError: The file takes no more.
    """
    taken = file.write(data)
    # Some return nothing, and have taken all.
    while isinstance(taken, int) and taken < len(data):
        if taken <= 0:
            raise OSError(f"the output takes no more: {len(data)} bytes are left")
        data = data[taken:]
        taken = file.write(data)
