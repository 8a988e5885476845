"""Results of phases that are kept between builds: each is used for what it was made from alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import generator.__main__ as command_line
from generator import build as build_module
from generator.build import build
from generator.fetch.cache import sha256
from generator.memory import WRITTEN, Memory, digest
from generator.overlay import FOLDER as OVERLAYS
from generator.overlay import Action
from generator.parse import parse
from generator.renames import FILE as RENAMES
from generator.verbs import VERBS
from generator.versions import Pin, rendered
from tests.generator.small import document, schema

STRING = {"type": "string"}


class Counted:
    """Makes a result, and counts how often."""

    def __init__(self, made: object = "made") -> None:
        self.made = made
        self.times = 0

    def __call__(self) -> object:
        self.times += 1
        return self.made


def test_what_was_made_from_the_same_is_not_made_again(tmp_path: Path) -> None:
    make = Counted()
    for _ in range(2):
        assert Memory(tmp_path).recall("a", ["x", b"y"], make) == "made"
    assert make.times == 1


@pytest.mark.parametrize("made_from", [["x"], ["xy"], ["x", "y", ""], ["y", "x"], ["xy", ""]])
def test_what_was_made_from_something_else_is_made_again(
    tmp_path: Path, made_from: list[str]
) -> None:
    Memory(tmp_path).recall("a", ["x", "y"], Counted("old"))
    assert Memory(tmp_path).recall("a", made_from, Counted("new")) == "new"
    assert Memory(tmp_path).recall("a", made_from, Counted("newer")) == "new"


def cut(data: bytes) -> bytes:
    return data[:-1]


def turned(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def emptied(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, turned, emptied])
def test_a_damaged_entry_is_made_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    memory = Memory(tmp_path)
    memory.recall("a", ["x"], Counted())
    memory.keep("b", "kept")
    memory.note("c", "key")
    for file in tmp_path.iterdir():
        file.write_bytes(damage(file.read_bytes()))
    assert memory.recall("a", ["x"], Counted("again")) == "again"
    assert memory.latest("b", str) == ""
    assert not memory.holds("c", "key")


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    memory = Memory(tmp_path / "file")  # root may write everywhere, but not below a file
    make = Counted()
    for _ in range(2):
        assert memory.recall("a", ["x"], make) == "made"
    assert make.times == 2
    memory.note("c", "key")
    assert not memory.holds("c", "key")


def test_no_folder_is_no_memory() -> None:
    make = Counted()
    for _ in range(2):
        Memory().recall("a", ["x"], make)
    assert make.times == 2


def test_the_digest_tells_where_a_part_ends() -> None:
    assert len({digest("ab"), digest("a", "b"), digest("b", "a"), digest("ab", "")}) == 4


def test_all_that_is_written_by_hand_counts() -> None:
    # A verb's signature is in the generated classes.
    assert {VERBS, RENAMES, OVERLAYS} <= {*WRITTEN}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two versions that were fetched; returns its package's folder."""
    pins = {}
    (tmp_path / "cache").mkdir()
    for version in ("1.30", "1.31"):
        spec = document(definitions={"Thing": schema(A=STRING)}, version=version)
        data = yaml.safe_dump(spec).encode()
        (tmp_path / "cache" / f"v{version}.yaml").write_bytes(data)
        pins[version] = Pin(version, "a" * 40, "p.yaml", sha256(data))
    (tmp_path / "versions.toml").write_text(rendered(pins))
    monkeypatch.setattr(command_line, "PINS", tmp_path / "versions.toml")
    monkeypatch.setattr(command_line, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(command_line, "OUTPUT", tmp_path / "out" / "moorage_api")
    monkeypatch.setattr(build_module, "load_actions", list)
    monkeypatch.setattr(build_module, "load_requirements", list)
    assert command_line.main(["build"]) == 0
    return tmp_path / "out" / "moorage_api"


def stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    return {
        file: (file.stat().st_ino, file.stat().st_mtime_ns) for file in (folder, *folder.rglob("*"))
    }


def test_a_build_of_the_same_touches_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = stamps(project.parent)
    capsys.readouterr()
    assert command_line.main(["build"]) == 0
    assert capsys.readouterr().out == f"2 versions in {project}: nothing has changed\n"
    assert stamps(project.parent) == before


def edit(file: Path) -> None:
    file.write_text("# Edited.\n" + file.read_text())


def delete(file: Path) -> None:
    file.unlink()


def add(file: Path) -> None:
    file.with_name("stray.py").touch()


@pytest.mark.parametrize("change", [edit, delete, add])
def test_output_that_was_changed_is_made_again(
    project: Path, change: Callable[[Path], None]
) -> None:
    before = {file: file.read_bytes() for file in project.rglob("*.py")}
    change(next(file for file in before if file.name == "newest.py"))
    assert command_line.main(["build"]) == 0
    assert {file: file.read_bytes() for file in project.rglob("*.py")} == before


def test_a_correction_reaches_only_the_versions_that_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {}
    for version in ("1.30", "1.31"):
        files[version] = tmp_path / f"v{version}.yaml"
        more: dict[str, Any] = {"B": STRING} if version == "1.31" else {}
        spec = document(definitions={"Thing": schema(A=STRING, **more)}, version=version)
        files[version].write_text(yaml.safe_dump(spec))
    parsed: list[str] = []

    def noted(version: str, corrected: Any) -> Any:
        parsed.append(version)
        return parse(version, corrected)

    monkeypatch.setattr(build_module, "parse", noted)
    monkeypatch.setattr(build_module, "load_requirements", list)
    actions: list[Action] = []
    monkeypatch.setattr(build_module, "load_actions", lambda: actions)

    def made() -> dict[str, bytes]:
        build(files, list(files), tmp_path / "made", Memory(tmp_path / "kept"))
        return {str(f): f.read_bytes() for f in (tmp_path / "made").rglob("*.py")}

    first = made()
    assert parsed == ["1.30", "1.31"]
    # One that finds what it puts there already: the version is corrected again, and is the same.
    actions.append(Action("x", "$..Thing.properties.A", ">=1.25", STRING, remove=False))
    assert made() == first
    assert parsed == ["1.30", "1.31"]
    update = {"description": "Newly described."}
    actions.append(Action("x", "$..Thing.properties.B", ">=1.31", update, remove=False))
    second = made()
    assert parsed == ["1.30", "1.31", "1.31"]
    assert any(b"Newly described." in text for text in second.values())
    build(files, list(files), tmp_path / "made")
    assert {str(f): f.read_bytes() for f in (tmp_path / "made").rglob("*.py")} == second
