"""The diff of API versions: against the engine's own change log, and with itself."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from moorage import diff
from moorage.cli import main
from moorage.diff import Change
from moorage.diff.names import python_place
from moorage.versions.bundled import bundled_versions
from moorage_api.availability import OPERATIONS
from tests.facade.change_log import DISAGREEMENTS, FACTS

PREVIOUS = {after: before for before, after in pairwise(bundled_versions())}
ALL = [
    (version, operation, fact)
    for version, operations in FACTS.items()
    for operation, facts in operations.items()
    for fact in facts
]


def says(change: Change, fact: str) -> bool:
    """Return whether a change is a fact: +came, -went, !deprecated; place="value" for an enum's."""
    sign, (place, _, value) = fact[0], fact[1:].partition("=")
    if change.place != place:
        return False
    if sign == "!":
        return (change.aspect, change.kind) == ("deprecated", "added")
    kind = {"+": "added", "-": "removed"}[sign]
    aspect = "value" if value else "presence"
    there = change.after if sign == "+" else change.before
    return (change.aspect, change.kind) == (aspect, kind) and value in ("", there)


def found(version: str, operation: str, fact: str) -> bool:
    changed = {each.name: each.changes for each in diff.between(PREVIOUS[version], version)}
    return any(says(change, fact) for change in changed.get(operation, ()))


def test_facts_of_the_change_log() -> None:
    assert len(ALL) - len(DISAGREEMENTS) >= 150
    missed = [each for each in ALL if each not in DISAGREEMENTS and not found(*each)]
    assert missed == []


def test_what_the_specifications_say_otherwise() -> None:
    assert DISAGREEMENTS.keys() <= set(ALL)
    assert [each for each in DISAGREEMENTS if found(*each)] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [("1.41", "1.44"), (bundled_versions()[0], bundled_versions()[-1]), ("1.51", "1.52")],
)
def test_the_other_way_round(before: str, after: str) -> None:
    def told(one: str, other: str, *, turned: bool) -> set[tuple[Any, ...]]:
        return {
            (each.name, change.place, change.aspect, *sides)
            for each in diff.between(one, other)
            for change in each.changes
            for sides in [
                (change.after, change.before) if turned else (change.before, change.after)
            ]
        }

    assert told(before, after, turned=False) == told(after, before, turned=True)


@pytest.mark.parametrize("version", bundled_versions())
def test_a_version_and_itself(version: str) -> None:
    assert diff.between(version, version) == ()


def test_operations_come_and_go_as_clients_have_them() -> None:
    oldest, newest = bundled_versions()[0], bundled_versions()[-1]
    for name, (first, last) in OPERATIONS.items():
        whole = [
            (revision.version, change.kind)
            for revision in diff.history(name)
            for change in revision.changes
            if (change.place, change.aspect) == ("", "presence")
        ]
        came = [version for version, kind in whole if kind == "added"]
        gone = [version for version, kind in whole if kind == "removed"]
        assert came[0] == max(first, oldest, key=lambda each: int(each.partition(".")[2])), name
        assert bool(gone) == (last != newest), name


def test_what_can_break_a_caller_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    operations = diff.between("1.43", "1.44")
    impacts = [each.impact for each in operations]
    assert impacts == sorted(impacts, key=["breaking", "deprecated", "compatible"].index)
    assert main(["diff", "1.43", "1.44"]) == 1
    printed = capsys.readouterr().out
    names = [printed.index(each.name) for each in (operations[0], operations[-1])]
    assert names == sorted(names)
    assert "\x1b" not in printed


@pytest.mark.parametrize(
    ("place", "python"),
    [
        ("query.fromSrc", "from_src"),
        ("header.X-Registry-Auth", "registry_auth"),
        ("body.HostConfig.Mounts[].BindOptions.CreateMountpoint",
         "host_config.mounts[].bind_options.create_mountpoint"),
        ("body", "body"),
        ("200[].Names", "result[].names"),
        ("201.ID", "result.id"),
        ("200{}.DNSNames", "result{}.dns_names"),
        ("200", "result"),
        ("404", "404"),
        ("", ""),
        ("body.From", "from_"),
    ],
)  # fmt: skip
def test_places_are_named_as_a_caller_writes_them(place: str, python: str) -> None:
    assert python_place(place) == python


def test_names_on_request(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ours, theirs = "host_config.kernel_memory: removed", "body.HostConfig.KernelMemory: removed"
    for command in (["diff", "1.41", "1.44"], ["history", "containers.create"]):
        for more, there, missing in (([], ours, theirs), (["--wire"], theirs, ours)):
            main([*command, *more])
            printed = capsys.readouterr().out
            assert there in printed
            assert missing not in printed
    page = tmp_path / "page.html"
    main(["diff", "1.41", "1.44", "--wire", "--html", str(page)])
    assert theirs in page.read_text()
    main(["diff", "1.41", "1.44", "--json"])
    places = {
        change["place"]: change["python_place"]
        for each in json.loads(capsys.readouterr().out)["operations"]
        for change in each["changes"]
    }
    assert places["body.HostConfig.KernelMemory"] == "host_config.kernel_memory"


def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["diff", "1.41", "1.42", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {"volumes.update", "containers.create"} <= {each["name"] for each in told["operations"]}
    page = tmp_path / "page.html"
    assert main(["diff", "1.41", "1.42", "--html", str(page)]) == 1
    text = page.read_text()
    assert text.startswith("<!DOCTYPE html>")
    assert "<script" not in text
    assert "http://" not in text
    assert main(["diff", "1.41", "1.41"]) == 0
    assert main(["history", "containers.wait"]) == 0
    assert "1.30" in capsys.readouterr().out
    assert main(["history", "containers.wait", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["diff", "1.41", "latest"], "moorage diff: "),
        (["diff", "1.2", "1.44"], "moorage diff: "),
        (["diff", "1.41", "1.42", "--html", "/nowhere/x"], "cannot write /nowhere/x"),
        (["history", "nothing.here"], "'nothing.here' is not an operation of any version"),
    ],
)
def test_what_is_wrong(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
