"""Archives that copy_from and read_file get: unpacked by docker cp's rules, or refused."""

from __future__ import annotations

import base64
import io
import json
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage_api import v1_44
from tests.facade.peer import Peer, answer

Member = tuple[str, dict[str, Any]]


def archive(*members: Member) -> bytes:
    """Make an archive of members: their names, and the fields of their TarInfo or `content`."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, fields in members:
            info = tarfile.TarInfo(name)
            content = fields.get("content", b"")
            info.size, info.mode = len(content), 0o644
            for key, value in fields.items():
                if key != "content":
                    setattr(info, key, value)
            tar.addfile(info, io.BytesIO(content))
    return data.getvalue()


def folder(name: str) -> Member:
    return name, {"type": tarfile.DIRTYPE, "mode": 0o755}


def file(name: str, content: bytes = b"x", **fields: Any) -> Member:
    return name, {"content": content, **fields}


def link(name: str, target: str) -> Member:
    return name, {"type": tarfile.SYMTYPE, "linkname": target}


def hard(name: str, target: str) -> Member:
    return name, {"type": tarfile.LNKTYPE, "linkname": target}


def path_stat(mode: int) -> bytes:
    go = mode & 0o777 | (1 << 31 if stat.S_ISDIR(mode) else 0)
    about = {"name": "d", "size": 0, "mode": go, "mtime": "2024-01-01T00:00:00Z", "linkTarget": ""}
    text = base64.b64encode(json.dumps(about).encode()).decode()
    return answer(200, b"", X_Docker_Container_Path_Stat=text)


def copied(data: bytes, destination: Path) -> None:
    answers = path_stat(stat.S_IFDIR | 0o755), answer(200, data, kind="application/x-tar")
    with Peer(*answers) as peer, moorage.connect(v1_44.Engine, host=peer.host) as engine:
        engine.copy_from("web", "/d", destination)


def names(folder: Path) -> list[str]:
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*"))


HOSTILE: dict[str, tuple[Member, ...]] = {
    "above": (file("../evil"),),
    "above, from below": (folder("d"), file("d/../../evil")),
    "absolute": (file("/tmp/evil"),),
    "above, after the folder's name": (file("d/x/../../../evil"),),
    "through a link": (folder("d"), link("d/l", "/"), file("d/l/evil")),
    "through a relative link": (folder("d"), link("d/l", "."), file("d/l/evil")),
    "a link that climbs out": (folder("d"), link("d/l", "../../evil")),
    "a link that climbs out and in": (folder("d"), link("d/l", "x/../../../evil")),
    "a hard link above": (folder("d"), hard("d/l", "../evil")),
    "an absolute hard link": (folder("d"), hard("d/l", "/etc/passwd")),
    "a hard link to a folder": (folder("d"), hard("d/l", "d")),
    "a hard link to nothing": (folder("d"), hard("d/l", "d/none")),
    "a device": (folder("d"), ("d/l", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3})),
    "a block device": (folder("d"), ("d/l", {"type": tarfile.BLKTYPE})),
    "a pipe": (folder("d"), ("d/l", {"type": tarfile.FIFOTYPE})),
    "below a file": (folder("d"), file("d/f"), file("d/f/evil")),
    "deep": (file("d/" * 1500 + "evil"),),
}
SPARSE = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "1000000000000"}
MALFORMED: dict[str, tuple[Member, ...]] = {
    "a NUL in a name": (file("d/a", pax_headers={"path": "d/\0evil"}),),
    "a NUL in a link": (("d/a", {"type": tarfile.SYMTYPE, "pax_headers": {"linkpath": "x\0y"}}),),
    "a time": (file("d/a", pax_headers={"mtime": "1e300"}),),
    "no time": (file("d/a", pax_headers={"mtime": "nan"}),),
}


@pytest.mark.parametrize("new", [True, False], ids=["new", "there"])
@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_what_is_unsafe(members: tuple[Member, ...], new: bool, tmp_path: Path) -> None:
    destination = tmp_path / "destination"
    if not new:
        destination.mkdir()
    with pytest.raises(moorage.UnsafeArchive):
        copied(archive(file("d/before"), *members), destination)
    assert names(tmp_path) == ([] if new else ["destination"])


def test_a_sparse_file_has_no_end_on_disk(tmp_path: Path) -> None:
    with pytest.raises(moorage.InvalidAnswer, match="can't be read"):
        copied(archive(file("d/f", pax_headers=SPARSE)), tmp_path / "new")
    assert names(tmp_path) == []


@pytest.mark.parametrize("members", MALFORMED.values(), ids=MALFORMED)
def test_what_no_engine_sends(members: tuple[Member, ...], tmp_path: Path) -> None:
    with pytest.raises((moorage.InvalidAnswer, moorage.UnsafeArchive)):
        copied(archive(*members), tmp_path / "new")
    assert names(tmp_path) == []


@pytest.mark.parametrize("cut", [100, 512, 700, 1200])
def test_an_archive_that_ends_early(cut: int, tmp_path: Path) -> None:
    data = archive(file("d/f", b"x" * 1000))[:cut]
    with pytest.raises(moorage.InvalidAnswer):
        copied(data, tmp_path / "new")
    assert names(tmp_path) == []
    answers = path_stat(stat.S_IFREG | 0o644), answer(200, data, kind="application/x-tar")
    with (
        Peer(*answers) as peer,
        moorage.connect(v1_44.Engine, host=peer.host) as engine,
        pytest.raises(moorage.InvalidAnswer),
    ):
        engine.read_file("web", "/f")


def test_what_is_kept(tmp_path: Path) -> None:
    copied(
        archive(
            folder("d"),
            file("d/f", b"one", mode=0o4711, mtime=1_000_000_000),
            link("d/absolute", "/etc/passwd"),
            link("d/inside", "f"),
            ("d/hard", {**hard("", "d/f")[1], "mtime": 1_000_000_000}),
            file("d/twice", b"first"),
            file("d/twice", b"second"),
            ("d/closed", {"type": tarfile.DIRTYPE, "mode": 0o500}),
            file("d/closed/f", b"in it"),
        ),
        tmp_path / "new",
    )
    new = tmp_path / "new"
    assert names(new) == ["absolute", "closed", "closed/f", "f", "hard", "inside", "twice"]
    about = (new / "f").stat()
    assert (about.st_mode & 0o7777, about.st_mtime) == (0o711, 1_000_000_000)
    assert about.st_nlink == 2
    assert str((new / "absolute").readlink()) == "/etc/passwd"
    assert (new / "twice").read_bytes() == b"second"
    assert (new / "closed").stat().st_mode & 0o777 == 0o500


def test_links_that_are_there_are_not_followed(tmp_path: Path) -> None:
    outside, there = tmp_path / "outside", tmp_path / "there"
    outside.mkdir()
    there.mkdir()
    (there / "d").symlink_to(outside)
    (outside / "f").write_text("before")
    with pytest.raises(FileExistsError):
        copied(archive(folder("d"), file("d/f")), there)
    assert (outside / "f").read_text() == "before"
    (there / "d").unlink()
    (there / "d").mkdir()
    (there / "d/f").symlink_to(outside / "f")
    copied(archive(folder("d"), file("d/f", b"after")), there)
    assert (outside / "f").read_text() == "before"
    assert (there / "d/f").read_bytes() == b"after"
    assert not (there / "d/f").is_symlink()
