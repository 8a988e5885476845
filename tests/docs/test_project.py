"""The changelog, workflows, templates and hooks agree with the code."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from importlib.metadata import Distribution
from typing import Any

import pytest
import yaml

from generator.versions import ROOT
from moorage.versions.numbers import version_key
from moorage.versions.own import VERSION
from tests.distribution.bill import bill

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAD = re.compile(
    r"^## (\d+\.\d+)\.(\d+) \((unreleased|\d{4}-\d\d-\d\d)\)$",
    re.MULTILINE,
)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SETTINGS = sorted([*(ROOT / ".github").rglob("*.yml"), ROOT / ".pre-commit-config.yaml"])


def test_the_changelog_has_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = HEAD.findall(text)
    assert len(heads) == text.count("\n## ")
    versions = [(version_key(first), int(patch)) for first, patch, _ in heads]
    assert versions == sorted(versions, reverse=True)
    assert ".".join(heads[0][:2]) == PROJECT["version"] == VERSION
    assert "unreleased" not in [when for *_, when in heads[1:]]


@pytest.mark.parametrize("file", SETTINGS, ids=lambda file: file.name)
def test_settings_are_yaml_whose_verbs_are_there(file: Any) -> None:
    text = file.read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    verbs = re.findall(r"(?:run|entry): make ([\w-]+)", text)
    assert [verb for verb in verbs if f"\n{verb}: " not in MAKEFILE] == []


def test_hosted_tests_run_on_every_python() -> None:
    prefix = "Programming Language :: Python :: 3."
    said = [each.removeprefix(prefix) for each in PROJECT["classifiers"] if prefix in each]
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["quick"]["strategy"]["matrix"]["python"] == [f"3.{x}" for x in said]
    assert PROJECT["requires-python"] == f">=3.{said[0]}"


def test_a_release_is_published_without_a_secret() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["publish"]["permissions"] == {"id-token": "write"}
    assert "secrets." not in str(workflow)


class Installed(Distribution):
    """A distribution that is made up."""

    def __init__(self, name: str, *requires: str) -> None:
        lines = [f"Name: {name}", "Version: 1.0", "License-Expression: MIT"]
        lines += [f"Requires-Dist: {each}" for each in requires]
        self._text = "\n".join(lines)

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        raise NotImplementedError


def test_a_bill_of_materials() -> None:
    made = bill(
        "a",
        [Installed("A", "b_b>=1", 'c; extra == "x"'), Installed("B.b"), Installed("c")],
        {"a.whl": "0f"},
    )
    assert made["metadata"]["component"]["purl"] == "pkg:pypi/a@1.0"
    assert [each["name"] for each in made["components"]] == ["B.b", "a.whl"]
    assert made["components"][0]["licenses"] == [{"license": {"name": "MIT"}}]
    assert made["dependencies"] == [
        {"ref": "pkg:pypi/a@1.0", "dependsOn": ["pkg:pypi/b-b@1.0"]},
        {"ref": "pkg:pypi/b-b@1.0", "dependsOn": []},
    ]


def test_what_the_policy_calls_public_is_there() -> None:
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    public = text.partition("**Public** are")[2].partition(";")[0]
    names = re.findall(r"`(moorage[\w.]*)`", public)
    assert len(names) >= 10
    assert [name for name in names if not import_module(name).__all__] == []
