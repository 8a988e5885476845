"""Tar archives that no engine should send: each with what is to become of it.

They are written byte by byte where `tarfile` would not write them.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["ARCHIVES", "Hostile", "member", "tar_of"]

_BLOCK = 512
_END = bytes(2 * _BLOCK)
UNSAFE = "unsafe"
MALFORMED = "malformed"
FINE = "fine"


class Hostile(NamedTuple):
    """An archive, and what extracting it comes to."""

    name: str
    data: bytes
    refuse: str
    """With links="refuse": "unsafe", "malformed" or "fine"."""
    keep: str
    """With links="keep"; "skip" comes to the same."""


def member(
    name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info


def tar_of(*members: tarfile.TarInfo | tuple[str, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=form) as tar:
        for each in members:
            if isinstance(each, tarfile.TarInfo):
                tar.addfile(each)
                continue
            info = tarfile.TarInfo(each[0])
            info.size = len(each[1])
            tar.addfile(info, io.BytesIO(each[1]))
    return archive.getvalue()


def link(name: str, target: str) -> tarfile.TarInfo:
    return member(name, tarfile.SYMTYPE, target)


def hard(name: str, target: str) -> tarfile.TarInfo:
    return member(name, tarfile.LNKTYPE, target)


def folder(name: str, mode: int = 0o755) -> tarfile.TarInfo:
    return member(name, tarfile.DIRTYPE, mode=mode)


def header(
    name: bytes = b"x",
    *,
    size: bytes = b"0" * 11 + b"\0",
    mode: bytes = b"0000644\0",
    mtime: bytes = b"0" * 11 + b"\0",
    kind: bytes = b"0",
    target: bytes = b"",
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
    checksum: bytes | None = None,
    rest: bytes = b"",
) -> bytes:
    """Write a header as it is told."""
    ids = b"0000000\0" * 2
    block = name.ljust(100, b"\0") + mode.ljust(8, b"\0") + ids + size.ljust(12, b"\0")
    block += mtime.ljust(12, b"\0") + b" " * 8 + kind + target.ljust(100, b"\0") + magic
    block += bytes(64) + ids + (rest or prefix.ljust(155, b"\0"))
    block = block.ljust(_BLOCK, b"\0")
    total = checksum if checksum is not None else b"%06o\0 " % sum(block)
    return block[:148] + total + block[156:]


def filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % _BLOCK)


def octal(number: int) -> bytes:
    return b"%011o\0" % number


def pax(kind: bytes = b"x", **records: bytes) -> bytes:
    """Write a pax header, whose records are for the next member."""
    data = b""
    for key, value in records.items():
        line = b" " + key.replace("__", ".").encode() + b"=" + value + b"\n"
        length = len(line)
        while len(str(length)) + len(line) != length:
            length = len(str(length)) + len(line)
        data += str(length).encode() + line
    return header(b"pax", size=octal(len(data)), kind=kind) + filled(data)


def raw_pax(data: bytes) -> bytes:
    return header(b"pax", size=octal(len(data)), kind=b"x") + filled(data)


def long_name(data: bytes, kind: bytes = b"L") -> bytes:
    return header(b"././@LongLink", size=octal(len(data)), kind=kind) + filled(data)


def _escapes() -> Iterator[tuple[str, bytes]]:
    """Members that would be written outside."""
    for name in ("../out", "../../out", "d/../../out", "/tmp/out", "//tmp/out", "./../out", "d/..",
                 "..", "../", "d/../x", "/", "/../out", "d/./../../out"):  # fmt: skip
        yield f"a file {name}", tar_of((name, b"x"))
        if name != "/":  # a folder that is named by nothing but slashes is the folder itself
            yield f"a folder {name}", tar_of(folder(name))
    yield "a pax path that climbs", pax(path=b"../out") + header() + _END
    yield "an absolute pax path", pax(path=b"/tmp/out") + header() + _END
    yield "a global pax path", pax(b"g", path=b"../out") + header(b"../out") + _END
    yield "a long name that climbs", long_name(b"../out\0") + header() + _END
    yield "a prefix that climbs", header(b"out", prefix=b"..") + _END
    yield "a file below a link", tar_of(link("l", ".."), ("l/out", b"x"))
    yield "a file below an absolute link", tar_of(link("l", "/tmp"), ("l/out", b"x"))
    yield "a file below a link that stays", tar_of(folder("d"), link("l", "d"), ("l/out", b"x"))
    yield "a folder below a link", tar_of(link("l", ".."), folder("l/out"))
    yield "a link below a link", tar_of(link("l", ".."), link("l/out", "x"))
    yield "a hard link below a link", tar_of(("x", b""), link("l", ".."), hard("l/out", "x"))
    yield "a folder in the place of a link", tar_of(link("l", "../canary"), folder("l", 0o777))
    yield "a folder in the place of a file", tar_of(("x", b""), folder("x"))
    yield "a file in the place of a folder", tar_of(folder("x"), ("x", b""))
    yield "a link in the place of a folder", tar_of(folder("x"), link("x", ".."), ("x/out", b"x"))
    yield "a file below a file", tar_of(("x", b""), ("x/y", b""))
    yield "a hard link that climbs", tar_of(hard("l", "../canary/file"))
    yield "an absolute hard link", tar_of(hard("l", "/etc/passwd"))
    yield "a hard link by a link", tar_of(link("d", "../canary"), hard("l", "d/file"))
    yield "a hard link by an absolute link", tar_of(link("d", "/etc"), hard("l", "d/passwd"))
    yield "a hard link to nothing", tar_of(hard("l", "none"))
    yield "a hard link to a folder", tar_of(folder("d"), hard("l", "d"))
    yield "a hard link to the folder", tar_of(hard("l", "."))
    yield "a hard link to no name", header(b"l", kind=b"1") + _END
    yield "a hard link in the place of a folder", tar_of(folder("d"), ("x", b""), hard("d", "x"))
    yield "a hard link below a file", tar_of(("x", b""), hard("l", "x/y"))
    for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
        yield f"a device {kind!r}", tar_of(member("device", kind))
    yield "an unknown kind", header(kind=b"Z") + _END
    yield "a name that is too long", tar_of(("x" * 300, b""))
    yield "a folder whose name is too long", tar_of(folder("x" * 300))
    yield "a part that is too long", tar_of(("x" * 300 + "/y", b""))
    yield "a path that is too long", tar_of(("d" * 200 + "/" + ("d" * 200 + "/") * 25 + "x", b""))
    yield "a target that is too long", tar_of(link("l", "x" * 5000))
    yield "a link to no name", header(b"l", kind=b"2") + _END


def _links() -> Iterator[tuple[str, bytes]]:
    """Links that lead out of the folder, below which nothing is written."""
    near = ("..", "../canary", "./..", "../../..", "d/../../canary", "x/y/../../../canary")
    for target in (*near, "/", "//etc", "/etc/passwd"):
        yield f"a link to {target}", tar_of(link("l", target))
    yield "a deep link that climbs", tar_of(folder("d"), link("d/l", "../../canary"))
    yield "a link by a link", tar_of(link("p/q/r", "../.."), link("l", "p/q/r/.."))
    yield "a link by a later link", tar_of(link("l", "p/q/r/.."), link("p/q/r", "../.."))
    yield (
        "a link by three",
        tar_of(link("a/b/c", ".."), link("d/e/f", "../../a/b/c/.."), link("l", "d/e/f/..")),
    )
    yield "a link by an absolute link", tar_of(link("a", "/etc"), link("l", "a/passwd"))
    yield "a link to itself", tar_of(link("l", "l"))
    yield "two links in a circle", tar_of(link("a", "b"), link("b", "a"))
    yield "a tower of links", tar_of(*(link(f"l{each}", f"l{each + 1}") for each in range(60)))
    yield "a link that replaces a file", tar_of(("x", b""), link("x", "../canary"))
    yield (
        "a hard link to a link that stays where it is",
        tar_of(folder("d"), link("d/l", "../x"), hard("l", "d/l")),
    )
    # Each part is at the limit of a name: what is below is beyond what a path may have, so that
    # a resolution that asks the system gives up, and takes the rest for the truth.
    deep = [("d" * 247 + str(each), "abcdefghijklmnop"[each]) for each in range(16)]
    towers, at = [], ""
    for name, short in deep:
        towers += [folder(f"{at}{name}"), link(f"{at}{short}", name)]
        at += name + "/"
        if len(at) > 3000:
            break
    shorts = "/".join(short for _, short in deep[: len(towers) // 2])
    climbing = link(f"{shorts}/{'l' * 240}", "../" * (len(towers) // 2))
    yield "a tower of long names", tar_of(*towers[:2], link("escape", shorts + "/" + "../" * 20))
    yield (
        "long links that climb",
        tar_of(
            *towers[:2], link("l", "/".join(["a"] * 15) + "/../../.."), link("m", climbing.linkname)
        ),
    )


def _malformed() -> Iterator[tuple[str, bytes]]:
    """Bytes that are not an archive."""
    good = header(b"x", size=octal(3)) + filled(b"abc")
    yield "text", b"no tar" * 1000
    yield "a page", b"<html>" + b" " * 2000
    yield "less than a block", b"x" * 100
    yield "nothing", b""
    yield "a wrong checksum", header(checksum=b"000001\0 ") + _END
    yield "a checksum of letters", header(checksum=b"abcdef\0 ") + _END
    yield "a size of letters", header(size=b"zzzzzzzzzzz\0") + _END
    yield "a negative size", header(size=b"\xff" * 12) + _END
    yield "a huge size", header(size=b"\x80" + b"\xff" * 11) + _END
    yield "a size beyond the end", header(size=octal(1 << 20)) + b"x" * _BLOCK
    yield "a file that is cut", good[: _BLOCK + 2]
    yield "a mode of letters", header(mode=b"zzzzzzz\0") + _END
    yield "a time of letters", header(mtime=b"zzzzzzzzzzz\0") + _END
    yield "a huge time", header(mtime=b"\x80" + b"\xff" * 11) + _END
    yield "a pax time that is none", pax(mtime=b"inf") + header() + _END
    yield "a pax time beyond all", pax(mtime=b"1e400") + header() + _END
    yield "a pax time of no number", pax(mtime=b"nan") + header() + _END
    yield "a pax time far away", pax(mtime=b"1e30") + header() + _END
    yield "a pax size below zero", pax(size=b"-1024") + header() + good + _END
    yield "a pax size beyond all", pax(size=b"9" * 40) + header() + _END
    yield "a pax path with a zero", pax(path=b"a\0b") + header() + _END
    yield "a pax target with a zero", pax(linkpath=b"a\0b") + header(kind=b"2") + _END
    yield "a pax record of no length", raw_pax(b"0 path=x\n") + header() + _END
    yield "a pax record too long", raw_pax(b"9999 path=x\n") + header() + _END
    yield "a pax length of many digits", raw_pax(b"9" * 5000 + b" path=x\n") + header() + _END
    yield "a pax header that is cut", pax(path=b"x" * 2000)[:_BLOCK]
    yield "a pax header alone", pax(path=b"x")
    yield "a long name alone", long_name(b"x" * 600)
    yield "a chain of long names", long_name(b"x") * 3000 + header() + _END
    yield "a chain of pax headers", pax(comment=b"x") * 3000 + header() + _END
    yield "a sparse map of letters", pax(GNU__sparse__map=b"a,b", GNU__sparse__size=b"9") + good
    yield "a sparse map of odd length", pax(GNU__sparse__map=b"1,2,3") + good + _END
    yield "a sparse size of letters", pax(GNU__sparse__size=b"x", GNU__sparse__map=b"0,1") + good
    yield (
        "a sparse map below zero",
        pax(GNU__sparse__map=b"-5,3", GNU__sparse__size=b"9") + good + _END,
    )
    yield (
        "a sparse map in the content",
        pax(GNU__sparse__major=b"1", GNU__sparse__minor=b"0", GNU__sparse__realsize=b"9")
        + header(b"x", size=octal(512))
        + filled(b"z\n")
        + _END,
    )
    yield (
        "a hole",
        pax(GNU__sparse__map=b"0,3", GNU__sparse__size=b"1099511627776", GNU__sparse__name=b"x")
        + header(b"x", size=octal(3))
        + filled(b"abc")
        + _END,
    )
    yield "a compressed archive", gzip.compress(tar_of(("x", b"y")))


def _harmless() -> Iterator[tuple[str, bytes]]:
    """An archive that is strange, and hurts nobody."""
    yield "an empty archive", _END
    yield "a name of one dot", tar_of(folder("./"), ("./x", b""))
    yield "a name of a line", tar_of(("a\nb\x1b[31m", b""))
    yield "a name that is not text", header(b"\xff\xfe") + _END
    yield "a name of 255 bytes", tar_of(("x" * 255, b""))
    yield "a setuid file", tar_of(member("x", mode=0o6755))
    yield "a closed folder", tar_of(folder("d", 0), ("d/x", b"y"))
    yield "a folder twice", tar_of(folder("d", 0o500), ("d/x", b""), folder("d", 0o700))
    yield "a file twice", tar_of(("x", b"1"), ("x", b"2"))
    yield "a file that replaces a link", tar_of(link("x", "../canary/file"), ("x", b"2"))
    yield (
        "a hard link that replaces a link",
        tar_of(("y", b"2"), link("x", "../canary/file"), hard("x", "y")),
    )
    yield "a hard link to itself", tar_of(("x", b"1"), hard("x", "x"))
    yield "a dangling link", tar_of(link("l", "none/none"))
    yield "a link to the folder", tar_of(link("d/l", ".."))
    yield "a time below zero", pax(mtime=b"-1") + header() + _END
    yield "much after the end", tar_of(("x", b"")) + b"x" * 5000


def _archives() -> Iterator[Hostile]:
    for name, data in _escapes():
        yield Hostile(name, data, UNSAFE, UNSAFE)
    for name, data in _links():
        yield Hostile(name, data, UNSAFE, FINE)
    for name, data in _malformed():
        yield Hostile(name, data, MALFORMED, MALFORMED)
    for name, data in _harmless():
        yield Hostile(name, data, FINE, FINE)


ARCHIVES = tuple(_archives())
