"""Archives that would write elsewhere, or are none: nothing leaves the folder, on any Python."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from moorage import errors
from moorage.archives.unpack import unpack
from moorage.host import parse_host
from moorage.streams.archive import Chunks
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.sync import Transport
from tests.facade.call import MODES, begun, request
from tests.facade.hostile_archives import ARCHIVES, Hostile, member, tar_of
from tests.facade.peer import Peer, chunked

KINDS = {"unsafe": errors.UnsafeArchive, "malformed": errors.InvalidAnswer}
CONTENT = b"canary"

each_archive = pytest.mark.parametrize("archive", ARCHIVES, ids=lambda each: each.name)


@pytest.fixture(autouse=True)
def tarfile_without_extraction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for every Python: what its tarfile would let through is never asked."""

    def asked(*_: Any, **__: Any) -> Any:
        raise AssertionError("tarfile extracts")

    for name in ("data_filter", "tar_filter", "fully_trusted_filter"):
        monkeypatch.setattr(tarfile, name, asked, raising=False)
    for name in ("extract", "extractall", "_extract_member", "_extract_one", "makelink"):
        monkeypatch.setattr(tarfile.TarFile, name, asked, raising=False)


@pytest.fixture
def inner(tmp_path: Path) -> Iterator[Path]:
    """The folder to extract in; whatever stands beside it is the same afterwards."""
    canary = tmp_path / "canary"
    canary.mkdir()
    (canary / "file").write_bytes(CONTENT)
    (tmp_path / "inner").mkdir()
    before = state(tmp_path)
    yield tmp_path / "inner"
    assert state(tmp_path) == before
    assert not Path("/tmp/out").exists()
    assert not Path("/out").exists()


def state(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in folder.rglob("*"):
        if folder / "inner" not in [path, *path.parents]:
            about = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (about.st_mode, about.st_nlink, content)
    return found


def extract(mode: str, data: bytes, folder: Path, links: Any) -> None:
    with Peer(chunked(data, kind="application/x-tar") if data else chunked()) as peer:
        host = parse_host(peer.host)

        async def main() -> None:
            transport = AsyncTransport(host)
            try:
                await begun(transport, "download", request()).extract(folder, links=links)
            finally:
                await transport.aclose()

        if mode == "async":
            asyncio.run(main())
            return
        transport = Transport(host)
        try:
            begun(transport, "download", request()).extract(folder, links=links)
        finally:
            transport.close()


def outcome(expected: str, folder: Path, call: Any) -> None:
    """Call, and compare; nothing is left of what was refused."""
    if expected == "fine":
        call()
        return
    with pytest.raises(KINDS[expected]) as caught:
        call()
    assert type(caught.value) is KINDS[expected]
    assert str(caught.value).isprintable()
    assert list(folder.iterdir()) == []


def test_there_are_enough() -> None:
    assert len({each.name for each in ARCHIVES}) == len(ARCHIVES) >= 104


@each_archive
@pytest.mark.parametrize("mode", MODES)
def test_extract(mode: str, archive: Hostile, inner: Path) -> None:
    outcome(archive.refuse, inner, lambda: extract(mode, archive.data, inner / "to", "refuse"))


@each_archive
def test_copy(archive: Hostile, inner: Path) -> None:
    def copied(links: Any) -> None:
        folder = inner / str(links)
        folder.mkdir()
        try:
            unpack(Chunks(BytesIO(archive.data).read1), str(folder), None, links)
        except BaseException:
            folder.rmdir()  # nothing is in it
            raise

    # The rule of `docker cp` refuses some links that lead outside.
    either = archive.refuse == "unsafe" and archive.keep == "fine"
    with contextlib.suppress(*[errors.UnsafeArchive] if either else []):
        outcome("fine" if either else archive.refuse, inner, lambda: copied(None))
    shutil.rmtree(inner / "None", ignore_errors=True)
    outcome(archive.refuse, inner, lambda: copied("refuse"))
    shutil.rmtree(inner / "refuse", ignore_errors=True)
    outcome(archive.keep, inner, lambda: copied("keep"))
    shutil.rmtree(inner / "keep", ignore_errors=True)
    outcome(archive.keep, inner, lambda: copied("skip"))
    for path in inner.rglob("*"):
        if path.is_symlink():
            assert inner / "skip" in [path.resolve(), *path.resolve().parents]


@pytest.mark.parametrize("mode", MODES)
def test_what_becomes_of_links(mode: str, inner: Path) -> None:
    # As /etc of most images has it.
    data = tar_of(
        member("etc", tarfile.DIRTYPE, mode=0o755),
        member("etc/mtab", tarfile.SYMTYPE, "/proc/mounts"),
        ("etc/hosts", b"127.0.0.1"),
        member("etc/near", tarfile.SYMTYPE, "hosts"),
        member("etc/far", tarfile.SYMTYPE, "../../out"),
    )
    with pytest.raises(errors.UnsafeArchive, match="'etc/mtab' is a link that leads outside"):
        extract(mode, data, inner / "to", "refuse")
    extract(mode, data, inner / "skip", "skip")
    assert sorted(os.listdir(inner / "skip" / "etc")) == ["hosts", "near"]  # noqa: PTH208
    extract(mode, data, inner / "keep", "keep")
    kept = inner / "keep" / "etc"
    assert (os.readlink(kept / "mtab"), os.readlink(kept / "far")) == ("/proc/mounts", "../../out")  # noqa: PTH115
    with pytest.raises(ValueError, match='links is "refuse", "skip" or "keep"'):
        extract(mode, data, inner / "other", "follow")


@pytest.mark.parametrize("mode", MODES)
def test_permissions_and_times(mode: str, inner: Path) -> None:
    closed, file = member("d", tarfile.DIRTYPE, mode=0o3511), member("d/x", mode=0o6640)
    closed.mtime, file.mtime = 1_000_000_000, 1_100_000_000
    extract(mode, tar_of(closed, file), inner / "to", "refuse")
    for path, rights, mtime in (("d", 0o511, closed.mtime), ("d/x", 0o640, file.mtime)):
        about = (inner / "to" / path).stat()
        assert (about.st_mode & 0o7777, about.st_mtime) == (rights, mtime)
