"""The page for contributors: its pictures and recipes agree with the code."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from docs.site.pictures import PICTURES, draw
from generator import build
from generator.kinds import KINDS
from generator.verbs import read_verbs
from generator.versions import ROOT
from tests.examples import examples

PAGE = ROOT / "docs" / "how-it-works.md"
TEXT = PAGE.read_text(encoding="utf-8")
SPEC = ROOT / "overrides" / "spec"


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_as_they_are_drawn(name: str) -> None:
    """`python -m docs.site.pictures` draws them."""
    drawn = draw(*PICTURES[name])
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == drawn
    assert f"]({name})" in TEXT
    ET.fromstring(drawn)
    for step in PICTURES[name][1]:
        for place in (step.name, step.beside):
            if "/" in place:
                assert (ROOT / place).exists()


def test_the_phases_are_those_of_a_build() -> None:
    code = Path(str(build.__file__)).read_text(encoding="utf-8")
    phases = re.findall(r"generator/(\w+)\.py", str(PICTURES["generator.svg"]))
    assert len(phases) >= 9
    assert [each for each in phases if f"from generator.{each} import" not in code] == []


def test_each_recipe_has_eight_steps() -> None:
    recipes = TEXT.split("\n## Recipe: ")[1:]
    assert len(recipes) == 4
    for recipe in recipes:
        assert re.findall(r"^(\d)\. ", recipe, re.MULTILINE) == [*"12345678"]


def test_what_recipes_name_is_there() -> None:
    code = re.findall(r"`([^`\n]+)`", TEXT)
    for name in code:
        if re.fullmatch(r"(generator|overrides|tests|spec|docs)/[\w./-]+", name):
            assert (ROOT / name.replace("NAME", "run")).exists(), name
        if found := re.fullmatch(r"make (\w+)", name):
            assert f"\n{found[1]}: " in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_correction_is_one_of_the_overlays() -> None:
    (block,) = re.findall(r"^ *```yaml\n(.*?)^ *```$", TEXT, re.MULTILINE | re.DOTALL)
    (action,) = yaml.safe_load(dedent(block))
    overlays = [yaml.safe_load(each.read_text(encoding="utf-8")) for each in SPEC.glob("*.yaml")]
    assert action in [each for overlay in overlays for each in overlay.get("actions", ())]


def test_the_kind_is_one_of_the_table() -> None:
    assert '_items("events", "Events", "events"),' in TEXT
    assert '_items("events", "Events", "events"),' in (ROOT / "generator/kinds.py").read_text()
    (line,) = re.findall(r"`json`, .* and so on", TEXT)
    assert {*re.findall(r"`(\w+)`", line)} <= {*KINDS}


def test_the_verb_is_one_to_the_generator(tmp_path: Path) -> None:
    (code,) = (each for each in examples(PAGE).values() if "Steps[" in each)
    (tmp_path / "uptime.py").write_text(f'"""A verb."""\n\n{code}')
    (verb,) = read_verbs(tmp_path)
    assert verb.name == "uptime"
    assert [each.name for each in verb.signature.parameters] == ["container"]
