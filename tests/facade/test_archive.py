"""Downloads go to files, which are whole or not there, and to folders, safely."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest

from moorage import errors
from moorage.archives.path_stat import PathStat
from moorage.host import parse_host
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.sync import Transport
from tests.facade.call import MODES, begun, call, request
from tests.facade.hostile_archives import member, tar_of
from tests.facade.peer import Peer, answer, chunked

pytestmark = pytest.mark.parametrize("mode", MODES)

TAR = "application/x-tar"


def download(mode: str, host: str, method: str, *args: Any) -> Any:
    async def main() -> Any:
        transport = AsyncTransport(parse_host(host))
        try:
            return await getattr(begun(transport, "download", request()), method)(*args)
        finally:
            await transport.aclose()

    if mode == "async":
        return asyncio.run(main())
    transport = Transport(parse_host(host))
    try:
        return getattr(begun(transport, "download", request()), method)(*args)
    finally:
        transport.close()


def test_a_download_to_a_path(mode: str, tmp_path: Path) -> None:
    target = tmp_path / "out.tar"
    target.write_bytes(b"old")
    with Peer(chunked(b"ab", b"c" * 3_000_000, kind=TAR)) as peer:
        assert download(mode, peer.host, "write_to", target) == 3_000_002
    assert target.read_bytes() == b"ab" + b"c" * 3_000_000
    mask = os.umask(0o077)
    os.umask(mask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~mask
    assert os.listdir(tmp_path) == ["out.tar"]  # noqa: PTH208


def test_a_download_to_a_link(mode: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/out.tar")
    with Peer(chunked(b"abc", kind=TAR)) as peer:
        assert download(mode, peer.host, "write_to", tmp_path / "link") == 3
    assert (tmp_path / "link").is_symlink()
    assert [each.read_bytes() for each in (tmp_path / "there").iterdir()] == [b"abc"]


def test_a_download_to_a_pipe(mode: str, tmp_path: Path) -> None:
    # A device is not a regular file either: one that is replaced is lost to the whole machine.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with Peer(chunked(b"abc", kind=TAR)) as peer:
            assert download(mode, peer.host, "write_to", pipe) == 3
        assert os.read(reader, 100) == b"abc"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_download_to_a_file(mode: str) -> None:
    file = io.BytesIO()
    with Peer(chunked(b"ab", b"c", kind=TAR)) as peer:
        assert download(mode, peer.host, "write_to", file) == 3
    assert file.getvalue() == b"abc"


@pytest.mark.parametrize("method", ["write_to", "extract"])
def test_of_a_download_that_is_cut_nothing_is_there(mode: str, method: str, tmp_path: Path) -> None:
    whole = tar_of(("a", b"x" * 5000), ("b", b"y"))
    # The tar archive itself is at its end; only the connection's is missing.
    for data in (whole[:3000], whole):
        with (
            Peer(chunked(data, kind=TAR, end=False)) as peer,
            pytest.raises(errors.StreamInterrupted),
        ):
            download(mode, peer.host, method, tmp_path / "out")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["missing/out", "folder"])
def test_a_path_that_can_not_be_written(mode: str, target: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with Peer(chunked(b"ab", kind=TAR)) as peer, pytest.raises(OSError, match=target[:6]):
        download(mode, peer.host, "write_to", tmp_path / target)
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_an_archive_is_extracted(mode: str, tmp_path: Path) -> None:
    folder = member("d", tarfile.DIRTYPE)
    folder.mode = 0o755
    archive = tar_of(folder, ("d/a", b"x" * 100_000), member("d/l", tarfile.SYMTYPE, "a"))
    (tmp_path / "there").mkdir()
    for name in ("new", "there"):
        with Peer(chunked(archive[:1000], archive[1000:], kind=TAR)) as peer:
            download(mode, peer.host, "extract", tmp_path / name)
        assert (tmp_path / name / "d" / "l").read_bytes() == b"x" * 100_000
    assert {each.name for each in tmp_path.iterdir()} == {"new", "there"}


@pytest.mark.parametrize("data", [b"no tar" * 1000, tar_of(("a", b"x" * 5000))[:3000]])
def test_what_is_no_archive(mode: str, data: bytes, tmp_path: Path) -> None:
    with (
        Peer(chunked(data, kind=TAR)) as peer,
        pytest.raises(errors.InvalidAnswer, match="not a tar archive"),
    ):
        download(mode, peer.host, "extract", tmp_path / "to")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty(mode: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for target in (tmp_path, tmp_path / "file"):
        with (
            Peer(chunked(tar_of(("a", b"")), kind=TAR)) as peer,
            pytest.raises(FileExistsError, match="new or empty"),
        ):
            download(mode, peer.host, "extract", target)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_what_is_replaced_keeps_its_rights(mode: str, tmp_path: Path) -> None:
    target = tmp_path / ("x" * 250)
    target.write_bytes(b"old")
    target.chmod(0o600)
    if os.getuid() == 0:
        os.chown(target, 12345, 54321)
    owner = target.stat().st_uid, target.stat().st_gid
    with Peer(chunked(b"abc", kind=TAR)) as peer:
        assert download(mode, peer.host, "write_to", target) == 3
    about = target.stat()
    assert target.read_bytes() == b"abc"
    assert (stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid) == (0o600, *owner)


def test_what_may_not_be_given_away_is_written(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refused)
    target = tmp_path / "x"
    target.touch()
    target.chmod(0o4640)
    with Peer(chunked(b"abc", kind=TAR)) as peer:
        download(mode, peer.host, "write_to", target)
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"abc", 0o640)


def test_all_is_on_disk_before_it_is_seen(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[int, list[str]]] = []

    def fsync(number: int) -> None:
        synced.append((os.fstat(number).st_size, [each.name for each in tmp_path.iterdir()]))

    monkeypatch.setattr(os, "fsync", fsync)
    with Peer(chunked(b"abc", kind=TAR)) as peer:
        download(mode, peer.host, "write_to", tmp_path / "x")
    [(size, names)] = synced
    assert size == 3
    assert "x" not in names


def test_what_a_header_tells_of_a_file(mode: str) -> None:
    # {"name":"bin","size":4096,"mode":2147484141,"mtime":"2026-01-02T03:04:05Z","linkTarget":""}
    header = (
        "eyJuYW1lIjoiYmluIiwic2l6ZSI6NDA5NiwibW9kZSI6MjE0NzQ4NDE0MSwibXRpbWUiOiIyMDI2LTAxLTAyVDAz"
        "OjA0OjA1WiIsImxpbmtUYXJnZXQiOiIifQ=="
    )
    with Peer(answer(200, X_Docker_Container_Path_Stat=header)) as peer:
        found = call(mode, peer.host, "path_stat", request("HEAD"))
    assert found == PathStat("bin", 4096, 0o40755, "2026-01-02T03:04:05Z", "")


@pytest.mark.parametrize("header", ["", "!", "bnVsbA==", "e30=", "eyJuYW1lIjogMX0="])
def test_a_header_that_tells_nothing(mode: str, header: str) -> None:
    with (
        Peer(answer(200, X_Docker_Container_Path_Stat=header)) as peer,
        pytest.raises(errors.InvalidAnswer, match="path-stat"),
    ):
        call(mode, peer.host, "path_stat", request("HEAD"))


@pytest.mark.parametrize(
    ("go", "mode_of_os"),
    [(0o644, "-rw-r--r--"), (1 << 31 | 0o755, "drwxr-xr-x"), (1 << 27 | 0o777, "lrwxrwxrwx"),
     (1 << 26 | 1 << 21 | 0o620, "crw--w----"), (1 << 26 | 0o660, "brw-rw----"),
     (1 << 25 | 0o600, "prw-------"), (1 << 24 | 0o600, "srw-------"),
     (1 << 23 | 0o755, "-rwsr-xr-x"), (1 << 22 | 0o755, "-rwxr-sr-x"),
     (1 << 31 | 1 << 20 | 0o777, "drwxrwxrwt")],
)  # fmt: skip
def test_modes(mode: str, go: int, mode_of_os: str) -> None:
    data = {"name": "x", "size": 1, "mode": go, "mtime": "", "linkTarget": "y"}
    header = base64.b64encode(json.dumps(data).encode()).decode()
    found = PathStat.from_headers({"x-docker-container-path-stat": header})
    assert stat.filemode(found.mode) == mode_of_os
    assert found.link_target == "y"
