"""The package in generated/: how large it is, what it imports, and how much of it a call loads."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from generator.__main__ import OUTPUT
from generator.ir import Api
from generator.kinds import KINDS
from generator.load import Document
from generator.report import open_types, print_report
from generator.share import Package
from generator.verb_fields import fields_of
from generator.verbs import Verb
from generator.versions import ROOT, load_pins, version_key
from moorage.versions.bundled import version_module
from moorage.versions.numbers import package_name
from moorage_api import VERSIONS, newest
from tests.generator.small import run

FILES = list(OUTPUT.rglob("*.py"))


def test_it_is_not_too_large() -> None:
    files = [file for file in OUTPUT.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    versions = len(load_pins())
    # These are 908 files and 6.2 MB for 31 versions.
    assert 500 < len(files) <= 30 * versions
    # A new one may be as large as the largest.
    largest = 206_000 * versions + 250_000 * max(0, versions - 31)
    assert sum(file.stat().st_size for file in files) <= largest


def test_type_checkers_may_use_it() -> None:
    # The marker of PEP 561: without it an installed package counts as untyped.
    assert (OUTPUT / "py.typed").is_file()


@cache
def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, file
            found.add(node.module or "")
    return found


def test_it_imports_only_what_it_may() -> None:
    # BuildKit's protocols take an extra.
    plain = [file for file in FILES if file.name != "buildkit.py"]
    count = Counter(name for file in plain for name in imported(file))
    packages = {name.partition(".")[0] for name in count} - set(sys.stdlib_module_names)
    # Protobuf is for the messages of BuildKit, which nothing but an extra's code imports.
    assert packages == {"moorage_api", "moorage", "attrs", "google"}
    users = {file.stem for file in FILES if any("google" in name for name in imported(file))}
    assert users == {"buildkit_messages"}
    # Methods of verbs import what their signatures, which are written by hand, refer to.
    operations = (file for file in plain if file.name != "methods.py")
    count = Counter(name for file in operations for name in imported(file))
    facade = {name for name in count if name.partition(".")[0] == "moorage"}
    results = {f"moorage.{kind.home}" for kind in KINDS.values() if kind.home}
    assert facade == results | {
        "moorage.contract",
        "moorage.model.empties",
        "moorage.model.encoding",
        "moorage.engine_base",
        "moorage.parameters.environment",
        "moorage.model.base",
        "moorage.namespace",
    }


def test_it_holds_nothing_that_an_older_version_has(packages: dict[str, Package]) -> None:
    expected = {module.file for package in packages.values() for module in package.own}
    found = {file.relative_to(OUTPUT).as_posix() for file in FILES}
    written = {each for each in found if each.startswith("since/v")}
    assert {each for each in written if not each.endswith("/__init__.py")} == expected
    indexes = {
        f"{package_name(version)}/{name}.py"
        for version in packages
        for name in ("__init__", "engine")
    }
    assert {each for each in found if each.startswith("v")} == indexes


def test_verbs_take_by_name_what_their_operation_has(apis: dict[str, Api]) -> None:
    program = """
import json
from moorage.versions.bundled import version_module
from moorage_api import VERSIONS
found = {}
for version in VERSIONS:
    package = version_module(version)
    fields = [each for each in package.__all__ if each.endswith("Fields")]
    found[version] = {each: sorted(getattr(package, each).__optional_keys__) for each in fields}
print(json.dumps(found))
"""
    found = json.loads(run(OUTPUT, program))
    for version, api in apis.items():
        expected = {
            each.name: sorted([*(o.name for o in each.options), *(f.name for f in each.fields)])
            for each in fields_of(api)
        }
        assert found[version] == expected, version


def test_a_verb_is_written_out_once_for_each_wording(packages: dict[str, Package]) -> None:
    verbs = [
        module
        for package in packages.values()
        for module in package.own
        if isinstance(module.content, Verb)
    ]
    whole = [module.content for module in verbs if module.base is None]
    assert len(whole) == len(set(whole))
    restated = [module for module in verbs if module.base]
    assert restated
    for module in restated:
        assert module.base
        assert module.base.content == module.content
        assert module.base.base is None


LOADED = """
import sys
def loaded():
    return sorted(name for name in sys.modules if name.startswith("moorage_api"))
"""


def test_importing_moorage_loads_none_of_it() -> None:
    assert run(OUTPUT, f"{LOADED}\nimport moorage\nprint(loaded())") == "[]\n"


@pytest.mark.parametrize("version", ["1.25", "1.41", "1.51"])
def test_a_pinned_engine_loads_only_itself(version: str) -> None:
    package = f"moorage_api.{package_name(version)}"
    program = f"""
{LOADED}
import moorage
with moorage.connect(version="{version}", host="unix:///none"):
    print(*loaded())
"""
    assert run(OUTPUT, program).split() == ["moorage_api", package, f"{package}.engine"]


def test_every_name_of_every_version_can_be_imported() -> None:
    program = """
import importlib, moorage_api
from moorage.versions.bundled import version_module
from moorage.versions.numbers import package_name
count = 0
for version in moorage_api.VERSIONS:
    package = version_module(version)
    assert package.Engine.api_version == version
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
        assert name in dir(package)
        count += 1
    for side in (package.Engine, package.AsyncEngine):
        for name, attribute in vars(side).items():
            if isinstance(attribute, property):
                namespace = type(attribute.fget(side(None)))
                for method in vars(namespace):
                    assert method.startswith("_") or getattr(namespace, method)
print(count)
"""
    assert int(run(OUTPUT, program)) > 3000


def test_the_report_s_sums_are_the_specs(
    documents: dict[str, Document],
    apis: dict[str, Api],
    packages: dict[str, Package],
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_report(documents, apis, packages)
    first_table = capsys.readouterr().out.partition("types that the specifications leave open")[0]
    lines = [line for line in first_table.splitlines() if "│" in line]
    rows = {cells[0]: [int(each) for each in cells[1:]] for cells in map(row, lines)}
    sums = rows.pop("sum")
    assert list(rows) == list(apis)
    assert sums == [sum(column) for column in zip(*rows.values(), strict=True)]
    for version, (described, generated, types, _, operations, left_open) in rows.items():
        assert described == generated == len(apis[version].operations)
        assert types == len(apis[version].models)
        assert operations == sum(m.folder == "operations" for m in packages[version].own)
        assert left_open == len(open_types(apis[version]))
    first = rows[next(iter(rows))]
    assert first[2:5] == [first[3], first[3], first[1]]


def test_what_is_left_open_is_documented(apis: dict[str, Api]) -> None:
    text = (ROOT / "docs" / "open-types.md").read_text(encoding="utf-8")
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    places = [each for each in rows if len(each) == 4 and each[2][:1].isdigit()]
    assert places
    for version, api in apis.items():
        documented = {place: type_ for place, type_, span, _ in places if in_span(version, span)}
        assert documented == open_types(api), version


def in_span(version: str, span: str) -> bool:
    """Return whether a version is in a span, such as "1.30 to 1.38" or "1.42 and later"."""
    found = re.fullmatch(r"([\d.]+)(?: to ([\d.]+)| and later)", span)
    assert found, span
    first, last = found.groups()
    if last is None:
        return version_key(first) <= version_key(version)
    return version_key(first) <= version_key(version) <= version_key(last)


def row(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("│")[1:-1]]


def test_the_newest_version_shows_all_its_names() -> None:
    assert {"Engine", "HostConfig"} <= set(dir(newest))
    assert dir(newest) == dir(version_module(VERSIONS[-1]))
