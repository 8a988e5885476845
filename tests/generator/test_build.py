"""The build as a whole: the same bytes every time, and all or nothing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import generator.__main__ as command_line
from generator import build as build_module
from generator import write
from generator.build import build
from generator.errors import BuildError
from generator.versions import ROOT, Pin, load_pins, rendered
from generator.write import replace_folder
from tests.generator.conftest import Built
from tests.generator.small import document, operation, schema

STRING = {"type": "string"}


def content(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def rich() -> dict[str, Any]:
    """A document in which much could come in another order."""
    return document(
        {
            f"/{tag.lower()}s": {
                "get": operation(
                    f"{tag}List",
                    tag=tag,
                    result={"$ref": f"#/definitions/{tag}"},
                    parameters=[
                        {"in": "query", "name": name, "type": "string", "enum": list("dacb")}
                        for name in ("b", "a", "c")
                    ],
                )
            }
            for tag in ("Thing", "Apple", "Pear")
        },
        {
            tag: schema(
                B={"$ref": "#/definitions/Pear"}, A={"$ref": "#/definitions/Apple"}, C=STRING
            )
            for tag in ("Thing", "Pear", "Apple")
        },
    )


def test_twice_gives_the_same_bytes(tmp_path: Path, built: Built) -> None:
    first = content(built(rich()))
    assert len(first) > 10
    spec = tmp_path / "v1.25.yaml"
    program = f"""
from pathlib import Path
from generator import build
build.load_actions = build.load_requirements = list
build.build({{"1.25": Path({str(spec)!r})}}, ["1.25"], Path({str(tmp_path)!r}) / "again")
"""
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            check=True,
        )
        assert content(tmp_path / "again") == first


def test_real_specs_twice_give_the_same_bytes(specs: dict[str, Path], tmp_path: Path) -> None:
    some = {version: specs[version] for version in list(specs)[-2:]}
    build(some, list(load_pins()), tmp_path / "one")
    build(some, list(load_pins()), tmp_path / "two")
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_what_an_older_build_left_goes(built: Built) -> None:
    package = built(rich())
    (package / "v1_24").mkdir()
    (package / "stray.py").touch()
    before = set(content(built(rich())))
    assert "stray.py" not in before
    assert not (package / "v1_24").exists()


def fail_in_parsing(patch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise BuildError("a phase failed")

    patch.setattr(build_module, "apis_of", fail)


def fail_in_formatting(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(write, "RUFF", (sys.executable, "-c", "import sys; sys.exit('ruff failed')"))


def fail_on_disk(patch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", "a file")

    patch.setattr(write, "_format", full)


def interrupt_while_writing(patch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    patch.setattr(write, "_format", interrupt)


def interrupt_while_swapping(patch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        if ".build-" in str(self) and "former" not in self.name:
            raise KeyboardInterrupt
        return rename(self, target)

    patch.setattr(Path, "rename", interrupted)


@pytest.mark.parametrize(
    ("fail", "error"),
    [
        (fail_in_parsing, "a phase failed"),
        (fail_in_formatting, "ruff failed"),
        (fail_on_disk, "cannot write a file: No space left on device"),
        (interrupt_while_writing, None),
        (interrupt_while_swapping, None),
    ],
)
def test_a_build_that_fails_leaves_the_former_output(
    built: Built,
    monkeypatch: pytest.MonkeyPatch,
    fail: Callable[[pytest.MonkeyPatch], None],
    error: str | None,
) -> None:
    package = built(rich())
    before = content(package)
    with monkeypatch.context() as patch:
        fail(patch)
        with pytest.raises(BuildError if error else KeyboardInterrupt, match=error):
            built(document())
    assert content(package) == before
    assert list(package.parent.iterdir()) == [package]


def test_code_that_is_not_python_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="the generated code is malformed"):
        replace_folder(tmp_path / "made", {"a.py": "def :\n"})
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_build_from(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="there is no spec to build from: run `make spec`"):
        build({}, ["1.25"], tmp_path / "made")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "cannot read"),
        ("- a", "is not a Swagger 2.0 document"),
        ("swagger: '3.0'", "is not a Swagger 2.0 document"),
        ("swagger: '2.0'\npaths: {}", "has no definitions"),
        ("swagger: '2.0'\ndefinitions: {}", "has no paths"),
    ],
)
def test_a_spec_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    spec = tmp_path / "v1.25.yaml"
    spec.write_text(text)
    with pytest.raises(BuildError, match=f"^1.25: .*{message}"):
        build({"1.25": spec}, ["1.25"], tmp_path / "made")
    assert list(tmp_path.iterdir()) == [spec]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that pins two versions and has fetched one."""
    data = yaml.safe_dump(document(version="1.30")).encode()
    pins = {"1.30": pin("1.30", data), "1.31": pin("1.31", b"")}
    (tmp_path / "versions.toml").write_text(rendered(pins))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "v1.30.yaml").write_bytes(data)
    monkeypatch.setattr(command_line, "PINS", tmp_path / "versions.toml")
    monkeypatch.setattr(command_line, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(command_line, "OUTPUT", tmp_path / "out" / "moorage_api")
    for module in (command_line, build_module):
        monkeypatch.setattr(module, "load_actions", list)
        monkeypatch.setattr(module, "load_requirements", list)
    return tmp_path


def pin(version: str, data: bytes) -> Pin:
    return Pin(version, "a" * 40, "p.yaml", hashlib.sha256(data).hexdigest())


def test_the_command_builds_what_was_fetched(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["build"]) == 0
    said = capsys.readouterr()
    assert said.err == "skipped: 1.31: not fetched, run `make spec`\n"
    assert said.out.startswith(f"1 versions in {project}/out/moorage_api: ")
    assert (project / "out/moorage_api/since/v1_30/operations/things.py").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strict"], "no spec of 1.31 in "),
        (["1.31"], "no spec of 1.31 in "),
        (["9.99"], "version 9.99 is not pinned: add it with `python -m generator pin 9.99"),
        (["v1"], "'v1' is not an API version"),
    ],
)
def test_the_command_refuses(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert command_line.main(["build", *arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error: {message}")
    assert said.err.count("\n") == 1
    assert not (project / "out").exists()


def test_a_spec_that_was_changed_counts_as_missing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "cache" / "v1.30.yaml").write_text("swagger: '2.0'")
    assert command_line.main(["build"]) == 1
    assert "there is no spec to build from" in capsys.readouterr().err


def test_the_report_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["report"]) == 0
    rows = [line.split("│") for line in capsys.readouterr().out.splitlines() if "│" in line]
    cells = [[each.strip() for each in row[1:-1]] for row in rows]
    assert cells == [["1.30", "1", "1", "0", "0", "1", "0"], ["sum", "1", "1", "0", "0", "1", "0"]]
