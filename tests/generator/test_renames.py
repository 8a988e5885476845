"""The names of types: better ones are given in overrides/names.yaml, and each is of use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from generator.build import apis_of, read
from generator.convert import convert
from generator.errors import BuildError
from generator.ir import Api
from generator.normalize import normalize
from generator.overlay import apply, load_actions
from generator.renames import load_renames
from tests.generator.small import document, operation, parsed, schema

STRING = {"type": "string"}


def named(renames: dict[str, str], **definitions: Any) -> set[str]:
    small = document({"/a": {"get": operation(result=schema(X=schema(a=STRING)))}}, definitions)
    return set(apis_of({"1.25": small}, [], renames)["1.25"].models)


def test_by_place() -> None:
    assert named({}) == {"ThingListResponse", "ThingListResponseX"}
    assert named({"ThingListResponse": "Things", "ThingsX": "Thing"}) == {"Things", "Thing"}


def test_of_definitions() -> None:
    assert named({"Old": "New"}, Old=schema(a=STRING)) >= {"New", "ThingListResponse"}


def test_one_shape_is_one_class() -> None:
    same = {**schema(a=STRING), "description": "Other prose."}
    assert named({"ThingListResponseX": "Same"}, Same=same) == {"Same", "ThingListResponse"}


def test_another_shape_is_another_class() -> None:
    other = schema(b=STRING)
    assert named({"ThingListResponseX": "Same"}, Same=other) == {
        "Same",
        "ThingListResponse",
        "ThingListResponseX",
    }


def test_no_class_is_left_over_from_a_name_that_was_taken() -> None:
    inner = schema(Y=schema(a=STRING))
    small = document(
        {"/a": {"get": operation(result=schema(X={**inner, "title": "Same"}))}},
        {"Same": schema(b=STRING)},
    )
    assert set(parsed(small).models) == {
        "Same",
        "ThingListResponse",
        "ThingListResponseX",
        "ThingListResponseXY",
    }


def test_an_alias_is_no_class() -> None:
    alias = {"allOf": [{"$ref": "#/definitions/Thing"}, {"type": "object", "example": {}}]}
    small = document(
        {"/a": {"get": operation(result={"$ref": "#/definitions/Alias"})}},
        {"Thing": schema(a=STRING), "Alias": alias, "Names": {"type": "array", "items": STRING}},
    )
    assert set(parsed(small).models) == {"Thing"}


def test_what_consists_of_itself() -> None:
    endless = {"type": "array", "items": {"$ref": "#/definitions/Endless"}}
    small = document(
        {"/a": {"get": operation(result={"$ref": "#/definitions/Endless"})}}, {"Endless": endless}
    )
    with pytest.raises(BuildError, match="consists of nothing but itself"):
        parsed(small)


@pytest.mark.parametrize("text", ["[a]", "A: b", "A: [B]", "A: Any", "A: 'B C'", "A: {"])
def test_a_file_that_is_wrong(tmp_path: Path, text: str) -> None:
    file = tmp_path / "names.yaml"
    file.write_text(text)
    with pytest.raises(BuildError, match=re.escape(str(file))):
        load_renames(file)


class Asked(dict[str, str]):
    """Keeps what it was asked for."""

    def __init__(self, names: dict[str, str]) -> None:
        super().__init__(names)
        self.used: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        if key in self:
            self.used.add(key)
        return super().get(key, default)


def test_every_name_is_of_use(specs: dict[str, Path]) -> None:
    asked = Asked(dict(load_renames()))
    actions = load_actions()
    for version, spec in read(specs).items():
        converted = convert(version, spec)
        apply(version, converted, actions)
        normalize(converted, asked)
    assert asked.used == set(asked)


def test_the_names_read_well(apis: dict[str, Api]) -> None:
    for api in apis.values():
        for name in api.models:
            assert not re.search(r"Item|Type\d|Body|Value$", name), f"{api.version}: {name}"
