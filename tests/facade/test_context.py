"""The context of a build, and the rules of .dockerignore."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage.archives.ignore import IgnoreRules, patterns_of

FILES = ["Dockerfile", "a.md", "README.md", "docs/a.md", "docs/x/b.txt", "src/a.go", "src/x/b.go"]


def made(folder: Path, ignore: str | None, files: list[str] = FILES) -> Path:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    if ignore is not None:
        (folder / ".dockerignore").write_text(ignore)
    return folder


def names(data: bytes) -> set[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {each.name for each in tar if not each.isdir()} - {".dockerignore"}


@pytest.mark.parametrize(
    ("ignore", "without"),
    [
        ("", []),
        ("# *.md", []),
        ("*.md", ["a.md", "README.md"]),
        ("  *.md  \r\n", ["a.md", "README.md"]),
        ("/*.md", ["a.md", "README.md"]),
        ("*.md\n!README.md", ["a.md"]),
        ("!README.md\n*.md", ["a.md", "README.md"]),
        ("*/*.md", ["docs/a.md"]),
        ("**/*.md", ["a.md", "README.md", "docs/a.md"]),
        ("**/a.*", ["a.md", "docs/a.md", "src/a.go"]),
        ("docs", ["docs/a.md", "docs/x/b.txt"]),
        ("docs/", ["docs/a.md", "docs/x/b.txt"]),
        ("./docs/../docs", ["docs/a.md", "docs/x/b.txt"]),
        ("docs\n!docs/x", ["docs/a.md"]),
        ("docs/**\n!docs/x/b.txt", ["docs/a.md"]),
        ("**/x", ["docs/x/b.txt", "src/x/b.go"]),
        ("src/**/b.go", ["src/x/b.go"]),
        ("[a-b].md", ["a.md"]),
        ("[^a].md", []),
        ("?.md", ["a.md"]),
        # As the engine's regular expressions have it
        ("\\w.md", ["a.md"]),
        ("[[:lower:]].md", ["a.md"]),
        ("[\\W\\d].md", []),
        ("^a.md", []),
        ("READ[A-Z]E.*", ["README.md"]),
        ("\ufeffa.md", ["a.md"]),
        ("*\n!src", ["a.md", "README.md", "docs/a.md", "docs/x/b.txt"]),
        # The Dockerfile itself is sent, and the engine keeps it from COPY.
        ("Dockerfile", []),
    ],
)
def test_what_is_ignored(ignore: str, without: list[str], tmp_path: Path) -> None:
    found = names(moorage.context(made(tmp_path, ignore)).read())
    assert found == {*FILES} - {*without}


@pytest.mark.parametrize(
    "pattern", ["[", "a[", "[]a]", "[a-]", "a\\", "!", "[z-a]", "\\e", "[[:no:]]"]
)
def test_what_is_no_pattern(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pattern"):
        moorage.context(made(tmp_path, pattern))


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    folder = made(tmp_path, "docs")
    first = moorage.context(folder).read()
    assert b"".join(moorage.context(folder)) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        assert {(each.uid, each.gid, each.uname) for each in tar} == {(0, 0, "")}


def test_an_ignore_file_of_a_dockerfile(tmp_path: Path) -> None:
    made(tmp_path, "src", [*FILES, "other"])
    (tmp_path / "other.dockerignore").write_text("docs\nother.dockerignore")
    found = names(moorage.context(tmp_path, dockerfile="other").read())
    assert found == {"Dockerfile", "a.md", "README.md", "other", "src/a.go", "src/x/b.go"}


@pytest.mark.parametrize("where", ["text", "bytes", "outside"])
def test_a_dockerfile_from_elsewhere(where: str, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.write_text("FROM x\n")
    folder = made(tmp_path / "context", "docs")
    given = {"text": "FROM x\n", "bytes": b"FROM x\n", "outside": outside}[where]
    context = moorage.context(folder, dockerfile=given)  # type: ignore[arg-type]
    with tarfile.open(fileobj=io.BytesIO(context.read())) as tar:
        file, ignore = tar.extractfile(context.dockerfile), tar.extractfile(".dockerignore")
        assert file
        assert file.read() == b"FROM x\n"
        assert ignore
        assert ignore.read().split() == [b"docs", context.dockerfile.encode()]
        assert "docs" not in tar.getnames()


def test_files_by_their_names(tmp_path: Path) -> None:
    made(tmp_path, None)
    files: dict[str, str | bytes | Path] = {
        "Dockerfile": "FROM x",
        "b": b"b",
        "folder": tmp_path / "docs",
    }
    assert names(moorage.context(files).read()) == {
        *("Dockerfile", "b", "folder/a.md", "folder/x/b.txt")
    }
    for name in ("../a", "/a", "", "a/../../b"):
        with pytest.raises(ValueError, match="not a name in a context"):
            moorage.context({"Dockerfile": "", name: b""})


@pytest.mark.parametrize(
    ("ignore", "found"),
    [
        ("b\n", {"a", "folder/a.md", "folder/x/b.txt"}),
        ("*\n!folder/x\n", {"folder/x/b.txt"}),
        ("folder\n!**/b.txt\n", {"a", "b"}),
        ("Dockerfile\n.dockerignore\nfolder/**", {"a", "b"}),
    ],
)
@pytest.mark.parametrize("kind", ["str", "bytes", "path"])
@pytest.mark.parametrize("text", [False, True])
def test_files_that_are_ignored(
    ignore: str, found: set[str], kind: str, text: bool, tmp_path: Path
) -> None:
    made(tmp_path / "context", ignore)
    there = tmp_path / "context/.dockerignore"
    forms: dict[str, Any] = {"str": ignore, "bytes": ignore.encode(), "path": there}
    folder = tmp_path / "context/docs"
    files = {".dockerignore": forms[kind], "a": "", "b": "", "folder": folder}
    if text:
        context = moorage.context(files, dockerfile=b"FROM x")
    else:
        context = moorage.context({**files, "Dockerfile": "FROM x"})
    with tarfile.open(fileobj=io.BytesIO(context.read())) as tar:
        file = tar.extractfile(".dockerignore")
        assert file
        # The engine keeps from COPY what this names.
        added = [context.dockerfile] if text else []
        assert file.read().decode().split() == [*ignore.split(), *added]
        names_ = {each.name for each in tar if not each.isdir()}
    assert names_ == {*found, ".dockerignore", context.dockerfile}


def test_an_ignore_file_among_files_that_is_malformed() -> None:
    with pytest.raises(ValueError, match=r"\.dockerignore: the pattern"):
        moorage.context({"Dockerfile": "FROM x", ".dockerignore": "["})


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="Dockerfile"):
        moorage.context(tmp_path)
    with pytest.raises(FileNotFoundError, match="not a folder"):
        moorage.context(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="among the files"):
        moorage.context({"a": b""})


def test_a_pattern_that_changes_nothing_is_not_inherited() -> None:
    # As the engine has it: the exception is not asked for the folder, which nothing ignores yet.
    rules = IgnoreRules(patterns_of("!a\na/b"))
    _, parent = rules.match("a")
    assert rules.match("a/b", parent)[0]
