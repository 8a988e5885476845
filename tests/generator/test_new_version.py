"""A version that nobody knew of is pinned, built and used, and no file is edited by hand."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import generator.__main__ as command_line
from generator import build
from generator.answers import load_requirements
from generator.overlay import holds_for, load_actions
from generator.versions import CACHE, PINS, ROOT, load_pins, spec_name
from tests.generator.small import operation, run, schema

STRING = {"type": "string"}


@pytest.fixture(scope="module")
def previous(specs: dict[str, Path]) -> str:
    return list(specs)[-1]


def made_up(previous: Path) -> dict[str, Any]:
    """Add a tag, operations, types, a parameter and a field to the newest spec."""
    spec: dict[str, Any] = yaml.load(previous.read_bytes(), yaml.CSafeLoader)
    spec["basePath"] = "/v9.99"
    spec["info"]["version"] = "9.99"
    spec["tags"].append({"name": "Harbour", "x-displayName": "Harbours"})
    spec["definitions"]["Harbour"] = schema(
        Name=STRING,
        Berths={"type": "array", "items": {"$ref": "#/definitions/Berth"}},
        Kind={"type": "string", "enum": ["sea", "river"]},
    )
    spec["definitions"]["Berth"] = schema(
        Depth={"type": "integer"}, Volume={"$ref": "#/definitions/Volume"}
    )
    one = {"in": "path", "name": "name", "type": "string", "required": True}
    spec["paths"]["/harbours"] = {
        "get": operation(
            "HarbourList",
            tag="Harbour",
            result={"type": "array", "items": {"$ref": "#/definitions/Harbour"}},
            parameters=[{"in": "query", "name": "deepOnly", "type": "boolean"}],
        ),
    }
    spec["paths"]["/harbours/{name}"] = {
        "delete": operation("HarbourDelete", tag="Harbour", parameters=[one])
    }
    spec["definitions"]["Volume"]["properties"]["Tide"] = STRING
    listing = spec["paths"]["/containers/json"]["get"]
    listing["parameters"].append({"in": "query", "name": "afloat", "type": "boolean"})
    return spec


@pytest.fixture(scope="module")
def package(
    previous: str, specs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Pin 9.99 beside the newest version, with the command line alone, and build the two."""
    folder = tmp_path_factory.mktemp("new")
    pins, cache, output = folder / "versions.toml", folder / "cache", folder / "out" / "moorage_api"
    text = PINS.read_text()
    pins.write_text(text)
    cache.mkdir()
    (cache / spec_name(previous)).write_bytes((CACHE / spec_name(previous)).read_bytes())
    spec = folder / "new.yaml"
    spec.write_text(yaml.safe_dump(made_up(specs[previous]), sort_keys=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command_line, "PINS", pins)
        patch.setattr(command_line, "CACHE", cache)
        patch.setattr(command_line, "OUTPUT", output)
        if previous != list(load_pins())[-1]:
            # What is made up is like an older version then, and is to be corrected like that one.
            alike = [replace(a, versions="") for a in load_actions() if a.holds_for(previous)]
            patch.setattr(build, "load_actions", lambda: alike)
            needed = [
                replace(each, versions="")
                for each in load_requirements()
                if holds_for(each.versions, previous)
            ]
            patch.setattr(build, "load_requirements", lambda: needed)
        pin = ["pin", "9.99", "--engine", "39.0", "--url", str(spec), "--commit", "c" * 40]
        assert command_line.main(pin) == 0
        assert list(load_pins(pins)) == [*load_pins(), "9.99"]
        assert command_line.main(["build"]) == 0
    return output


def module(version: str) -> str:
    return "v" + version.replace(".", "_")


def test_it_is_the_newest(package: Path, previous: str) -> None:
    program = """
import moorage, moorage_api.newest
print(moorage.VERSIONS, moorage_api.newest.Engine.api_version)
with moorage.connect(version="9.99", host="unix:///none") as engine:
    print(type(engine).__module__, engine.harbours.list.__name__, engine.harbours.delete.__name__)
"""
    assert run(package, program).splitlines() == [
        f"('{previous}', '9.99') 9.99",
        "moorage_api.v9_99.engine list delete",
    ]


def test_its_types_decode(package: Path) -> None:
    program = """
from moorage_api.v9_99 import Harbour
wire = {"Name": "a", "Berths": [{"Depth": 3, "Volume": {"Name": "v", "Tide": "low"}}], "New": 1}
harbour = Harbour.from_dict(wire)
print(harbour.berths[0].volume.tide, harbour.kind, harbour.extra, harbour.to_dict() == wire)
"""
    assert run(package, program) == "low None {'New': 1} True\n"


def test_what_did_not_change_is_the_older_version_s(package: Path, previous: str) -> None:
    program = f"""
from moorage_api import {module(previous)} as old, v9_99 as new
names = ("PortBinding", "NetworkSettings", "Volume")
print([getattr(old, name) is getattr(new, name) for name in names])
"""
    assert run(package, program) == "[True, True, False]\n"
    since = package / "since/v9_99"
    own = {file.relative_to(since).as_posix() for file in since.glob("*/*.py")}
    assert "models/harbour.py" in own
    assert "operations/containers.py" in own
    assert "models/port_binding.py" not in own
    assert len(own) < 30


def test_the_older_version_lacks_it_and_says_so(package: Path, previous: str) -> None:
    program = f"""
import moorage
with moorage.connect(version="{previous}", host="unix:///none") as engine:
    for call in (lambda: engine.harbours, lambda: engine.containers.list(afloat=True)):
        try:
            call()
        except moorage.OperationUnavailable as error:
            print(error)
"""
    assert run(package, program).splitlines() == [
        f"harbours needs API 9.99; this engine speaks {previous}",
        f"containers.list(afloat=) needs API 9.99; this engine speaks {previous}",
    ]


def test_its_answers_are_checked(package: Path, previous: str) -> None:
    program = f"""
import moorage
from moorage import conformance
payload = [{{"Name": "a", "Kind": "lake", "Berths": [{{"Depth": 3, "Volume": None}}], "New": 1}}]
print(*conformance.check("harbours.list", "9.99", payload), sep="\\n")
try:
    conformance.check("harbours.list", "{previous}", payload)
except moorage.OperationUnavailable as error:
    print(error)
"""
    assert run(package, program).splitlines() == [
        "$[0].Kind: expected one of 'sea', 'river', found string 'lake'",
        "$[0].Berths[0].Volume: expected object, found null",
        "$[0].New: expected no such field, found integer 1",
        f"API {previous} has no harbours.list; API 9.99 has it",
    ]


def test_its_engine_is_known(package: Path) -> None:
    program = "from moorage_api.engines import ENGINES; print(ENGINES['9.99'])"
    assert run(package, program) == "39.0\n"


def test_it_is_dated(package: Path, previous: str) -> None:
    text = (package / "since/v9_99/operations/harbours.py").read_text()
    # That something is new can be told only where the version before is at hand.
    assert ("GET /harbours. Since API 9.99." in text) == (previous == list(load_pins())[-1])


def test_it_is_typed(package: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("""
import moorage
from moorage_api import v9_99

with moorage.connect(v9_99.Engine) as engine:
    reveal_type(engine.harbours.list(deep_only=True))
    reveal_type(engine.containers.list(afloat=True))
    engine.containers.list(aflot=True)
""")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental",
         "--cache-dir=/dev/null", str(program)],
        env={"MYPYPATH": f"{package.parent}:{ROOT / 'overrides'}", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    said = re.sub(r"moorage_api\.[\w.]*\.", "", done.stdout)
    assert 'Revealed type is "list[Harbour]"' in said, done.stdout
    assert 'Revealed type is "list[ContainerSummary]"' in said
    assert 'Unexpected keyword argument "aflot"' in said
    assert "Found 1 error in 1 file" in said
