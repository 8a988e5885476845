"""A tiny image, made here: one static busybox under the names of the commands it knows."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

__all__ = ["busybox_tar"]

COMMANDS = (
    "cat chmod cp date dd df echo env false find grep head hostname id ip kill ln ls mkdir mount mv"
    " nc ps pwd rm sed seq sh sleep sort stat stty tail tee test top touch tr true tty uname wc yes"
)


def busybox_tar(binary: Path) -> bytes:
    """Return the tar archive of a file system that holds `binary` as busybox.

    Owners and times are fixed, so the same program makes the same archive.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
        _file(archive, "bin/busybox", binary.read_bytes(), 0o755)
        for command in COMMANDS.split():
            link = tarfile.TarInfo(f"bin/{command}")
            link.type, link.linkname, link.mode = tarfile.SYMTYPE, "busybox", 0o777
            archive.addfile(link)
        _file(archive, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\n", 0o644)
        _file(archive, "etc/group", b"root:x:0:\n", 0o644)
    return buffer.getvalue()


def _file(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))
