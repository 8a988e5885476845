"""`moorage check`, as its users run it.

In the programs, `# since 1.42 WHAT` marks a line that uses what came with that version, `# until`
what went after it, and `# always` what is wrong in itself; every other line is right.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from moorage.check import CheckFailed, Report, check
from moorage.check.programs import find_programs
from moorage.check.reasons import reason
from moorage.cli import main
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import version_key

PROGRAMS = Path(__file__).with_name("programs")
VERSIONS = ["1.40", "1.41", "1.44", "1.51", bundled_versions()[-1]]
MARK = re.compile(r"# (?:(since|until) (\S+) (.+)|always)$")
USES = "import moorage\nwith moorage.connect() as engine:\n    "
LATER = USES + 'engine.volumes.update("v", version=1)\n'
FINE = USES + "engine.containers.list()\n"
WRONG = USES + "engine.nothing\n"


def marked() -> dict[tuple[str, int], tuple[list[str], str | None]]:
    """Tell by file and line which versions refuse it, and why."""
    found = {}
    for file in sorted(PROGRAMS.rglob("*.py")):
        for line, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if mark := MARK.search(text):
                found[str(file.relative_to(PROGRAMS)), line] = refused(*mark.groups())
    return {place: what for place, what in found.items() if what[0]}


def refused(kind: str | None, version: str, what: str) -> tuple[list[str], str | None]:
    if kind == "since":
        lacking = [each for each in VERSIONS if version_key(each) < version_key(version)]
        return lacking, f"{what} came with API {version}"
    if kind == "until":
        lacking = [each for each in VERSIONS if version_key(each) > version_key(version)]
        return lacking, f"{what} went after API {version}"
    return VERSIONS, None


def found(report: Report) -> dict[tuple[str, int], tuple[list[str], str | None]]:
    found = {}
    for each in report.findings:
        place = str(each.mistake.file.relative_to(PROGRAMS)), each.mistake.line
        assert place not in found, "one finding a line"
        assert each.always == (each.reason is None)
        found[place] = [*each.versions], each.reason
    return found


def test_programs() -> None:
    report = check([PROGRAMS], VERSIONS)
    assert found(report) == marked()
    assert len(report.findings) > 15
    assert [(each.file.name, each.text) for each in report.notes] == [
        ("pinned.py", "pinned to API 1.44: checked as that version alone"),
        ("untyped.py", "API 1.44 is chosen when it runs: checked as if it were negotiated"),
    ]
    # mypy's cache, warm now with what it was told of other versions, does not mix them up.
    for version in ("1.44", "1.40"):
        expected = {
            place: ([version], why)
            for place, (versions, why) in marked().items()
            if version in versions
        }
        assert found(check([PROGRAMS], [version])) == expected


def test_text(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROGRAMS)
    assert main(["check", "tool/hints.py", "pinned.py", "--api", "1.44,1.41,1.40"]) == 1
    assert (
        capsys.readouterr().out
        == """\
Errors with the API versions marked x:
  1.40 to 1.41  1.44
  x             -     tool/hints.py:8: ClusterVolumeSpec came with API 1.42
                          Module "moorage_api.newest" has no attribute "ClusterVolumeSpec"
  x             -     tool/hints.py:12: containers.stop(signal=) came with API 1.42
                          Unexpected keyword argument "signal" for "stop" of \
"AsyncContainersStopOperation"

Errors with every version:
  pinned.py:8: Unexpected keyword argument "manifests" for "list" of "ImagesListOperation"
  tool/hints.py:13: Argument "t" to "stop" of "AsyncContainersStopOperation" has incompatible type \
"str"; expected "int | None"

Notes:
  pinned.py:4: pinned to API 1.44: checked as that version alone

Something was found with each of API 1.40 to 1.41, 1.44.
"""
    )


def test_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(LATER)
    assert main(["check", str(program), "--api", "1.41,1.44", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "api": ["1.41", "1.44"],
        "findings": [
            {
                "file": str(program),
                "line": 3,
                "column": 5,
                "code": "attr-defined",
                "message": '"Volumes" has no attribute "update"',
                "reason": "volumes.update came with API 1.42",
                "api": ["1.41"],
                "always": False,
            }
        ],
        "notes": [],
    }


def test_nothing_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(PROGRAMS / "fine.py"), "--api", "1.25, 1.51"]) == 0
    assert capsys.readouterr().out == "Nothing was found with API 1.25, 1.51.\n"


def test_a_mended_program(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(LATER)
    assert len(check([program], ["1.41"]).findings) == 1
    program.write_text(FINE)
    assert check([program], ["1.41"]).findings == ()


def test_an_error_in_the_syntax(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n    pass\n")
    (tmp_path / "uses.py").write_text(f"from broken import f\n{LATER}f()\n")
    findings = check([tmp_path], ["1.41", "1.44"]).findings
    broken, later = findings
    assert (broken.mistake.file.name, broken.mistake.line) == ("broken.py", 2)
    assert (broken.mistake.code, broken.always) == ("syntax", True)
    assert (later.mistake.file.name, later.mistake.line) == ("uses.py", 4)
    assert later.versions == ("1.41",)


def test_modules_of_the_same_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "helper.py").write_text("import moorage\nengine = moorage.connect()\n")
        (tmp_path / name / "main.py").write_text(f"from helper import engine\nengine.{name}\n")
    files = [each.mistake.file.parent.name for each in check([tmp_path], ["1.44"]).findings]
    assert files == ["a", "b"]


def test_what_a_missing_module_has_is_not_checked(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import nowhere\nnowhere.engine.nothing\n")
    report = check([tmp_path], ["1.44"])
    assert report.findings == ()
    (note,) = report.notes
    assert (note.file.name, note.line) == ("program.py", 1)
    assert '"nowhere": names from there are not checked' in note.text


def test_a_class_that_is_called_like_one_of_moorage(tmp_path: Path) -> None:
    program = "class Volumes:\n    pass\n\nVolumes().update()\n"
    (tmp_path / "program.py").write_text(program)
    (finding,) = check([tmp_path], ["1.41"]).findings
    assert (finding.always, finding.reason) == (True, None)


def test_the_settings_of_the_project_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mypy.ini").write_text("[mypy]\nignore_errors = true\n")
    (tmp_path / "program.py").write_text(WRONG)
    monkeypatch.chdir(tmp_path)
    assert len(check([Path()], ["1.44"]).findings) == 1


def test_files_of_others_are_not_read(tmp_path: Path) -> None:
    for folder in (".hidden", "node_modules", "__pycache__", "venv", "package"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "program.txt").touch()
    (program,) = find_programs([tmp_path, tmp_path / "package"])
    assert (program.file.parent.name, program.module) == ("package", "package")


@pytest.mark.parametrize(
    ("message", "versions", "expected"),
    [
        ('"Engine" has no attribute "configs"', ["1.29"], "configs came with API 1.30"),
        (
            'Unexpected keyword argument "capabilities" for "HostConfig"',
            ["1.39", "1.41"],
            "HostConfig.capabilities is in API 1.40 only",
        ),
        # These versions have it: it's another class that has not.
        ('"Engine" has no attribute "configs"', ["1.29", "1.30"], None),
        ('"Engine" has no attribute "nothing"', ["1.29"], None),
        ('"Nothing" has no attribute "update"', ["1.29"], None),
        ('Argument "t" has incompatible type "str"', ["1.29"], None),
    ],
)
def test_reasons(message: str, versions: list[str], expected: str | None) -> None:
    assert reason(message, versions) == expected


@pytest.mark.parametrize(
    ("path", "api", "complaint"),
    [
        ("", "1.41", "there is no Python file in"),
        ("nowhere.py", "1.41", "there is no "),
        ("program.py", "9.99", "there is no client for API '9.99'; there are 1.25 to"),
        ("program.py", "v1.41", "there is no client for API 'v1.41'"),
        ("program.py", "1.41,", "there is no client for API ''"),
    ],
)
def test_wrong_use(
    path: str, api: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if path == "program.py":
        (tmp_path / path).touch()
    assert main(["check", str(tmp_path / path), "--api", api]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"moorage check: {complaint}")


def test_mypy_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mypy", None)
    assert main(["check", str(PROGRAMS / "fine.py")]) == 2
    assert "pip install 'moorage[check]'" in capsys.readouterr().err


def test_mypy_gives_up(tmp_path: Path) -> None:
    package = tmp_path / "not-a-name"
    shutil.copytree(PROGRAMS / "tool", package)
    with pytest.raises(CheckFailed, match=r"(?s)mypy gave up:.*not-a-name"):
        check([package], ["1.44"])
