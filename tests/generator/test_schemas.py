"""The parts of the published schemas that are kept, for the check of conformance."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from generator.build import apis_of
from generator.ir import Api
from generator.load import Document
from generator.overlay import Action
from generator.schemas import schemas
from tests.generator.conftest import Built
from tests.generator.small import document, operation, schema

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
BYTES = {"type": "string", "format": "binary"}
THING = {"$ref": "#/definitions/Thing"}
LISTING = {"endpoint": "GET /things", "responses": {"200": {"$ref": "Thing"}}}


def answering(version: str = "1.25", **definitions: Any) -> dict[str, Any]:
    return document({"/things": {"get": operation(result=THING)}}, definitions, version)


def kept(*small: dict[str, Any], actions: tuple[Action, ...] = ()) -> Any:
    documents = {each["info"]["version"]: each for each in small}
    return json.loads(schemas(documents, apis_of(documents, actions, {})))


def test_a_shape_is_kept_once_with_the_version_it_holds_from() -> None:
    old, new = schema(A=STRING), schema(A=STRING, B=INTEGER)
    made = kept(
        answering("1.25", Thing=old),
        answering("1.26", Thing={**old, "description": "Prose is not a change."}),
        answering("1.28", Thing=new),
        answering("1.29", Thing=new),
    )
    assert made["definitions"] == {"Thing": [["1.25", old], ["1.28", new]]}
    assert made["operations"] == {"things.list": [["1.25", LISTING]]}


def test_what_a_version_lacks_is_null() -> None:
    there, other = answering("1.26", Thing=schema(A=STRING)), {"/others": {"get": operation("X")}}
    made = kept(
        document(other, version="1.25"), there, document(other, version="1.27"),
        {**there, "info": {"version": "1.28"}},
    )  # fmt: skip
    there_and_not = [["1.26", LISTING], ["1.27", None], ["1.28", LISTING]]
    assert made["operations"]["things.list"] == there_and_not
    assert [since for since, _ in made["definitions"]["Thing"]] == ["1.26", "1.27", "1.28"]


def test_an_operation_has_one_name_whatever_a_correction_calls_it() -> None:
    named = Action(
        "names.yaml", "$.paths['/things'].get", "", {"x-moorage-name": "things.others"}, False
    )
    assert list(kept(answering(Thing=STRING), actions=(named,))["operations"]) == ["things.others"]


def test_corrections_are_left_out() -> None:
    published = answering(Thing={**schema(A=STRING, B=STRING), "required": ["A", "B"]})
    before = deepcopy(published)
    target = "$.components.schemas.Thing"
    actions = (
        Action("a.yaml", f"{target}.required[?@ == 'B']", "", None, True),
        Action("a.yaml", f"{target}.properties.A", "", {"type": "integer"}, False),
    )
    made = kept(published, actions=actions)
    assert made["definitions"]["Thing"] == [["1.25", before["definitions"]["Thing"]]]
    assert published == before


@pytest.mark.parametrize(
    ("described", "plain"),
    [
        ({"type": "string", "description": "a", "example": "b", "format": "dateTime"}, STRING),
        ({"type": ["array", "string"], "items": STRING, "x-nullable": True},
         {"type": ["array", "string"], "items": STRING, "x-nullable": True}),
        ({"type": "integer", "enum": [2, 1], "x-nullable": False, "default": 1},
         {"type": "integer", "enum": [2, 1], "default": 1}),
        ({**schema(description={"type": "string", "title": "t"}), "required": ["b", "a"]},
         {**schema(description=STRING), "required": ["a", "b"]}),
        ({"type": "object", "additionalProperties": {**INTEGER, "example": 1}},
         {"type": "object", "additionalProperties": INTEGER}),
        ({"type": "object", "additionalProperties": True},
         {"type": "object", "additionalProperties": {}}),
        ({"type": "object", "additionalProperties": False},
         {"type": "object", "additionalProperties": False}),
        ({"type": "object", "properties": {"a": None}}, schema(a={})),
        ({"allOf": [{"$ref": "#/definitions/Other", "description": "a"}, schema(a=STRING)]},
         {"allOf": [{"$ref": "Other"}, schema(a=STRING)]}),
        ({"type": "array", "items": {"$ref": "#/definitions/Other", "x-nullable": True}},
         {"type": "array", "items": {"$ref": "Other", "x-nullable": True}}),
    ],
)  # fmt: skip
def test_what_is_kept_of_a_schema(described: dict[str, Any], plain: dict[str, Any]) -> None:
    made = kept(answering(Thing=described, Other=schema(X=STRING)))
    assert made["definitions"]["Thing"] == [["1.25", plain]]


@pytest.mark.parametrize(
    ("responses", "produces", "kept_"),
    [
        ({"200": {"schema": STRING}}, ["application/json", "text/plain"], {"200": STRING}),
        ({"204": {}, "201": {"schema": STRING}}, [], {"201": STRING, "204": None}),
        ({"200": {"schema": STRING}}, ["application/x-ndjson"], {"200": STRING}),
        ({"200": {}, "500": {"schema": STRING}}, ["application/json"],
         {"200": None, "500": STRING}),
        ({"200": {"schema": STRING}, "500": {"schema": STRING}}, ["text/plain"],
         {"200": None, "500": STRING}),
        ({"200": {"schema": BYTES}}, ["application/json"], {"200": None}),
        ({"101": {"schema": BYTES}, "200": {"schema": STRING}}, ["application/json"],
         {"101": None, "200": None}),
    ],
)  # fmt: skip
def test_what_an_operation_answers_with(
    responses: dict[str, Any], produces: list[str], kept_: dict[str, Any]
) -> None:
    described = {status: {"description": "", **each} for status, each in responses.items()}
    made = operation(responses=described, produces=produces)
    frames = Action("kinds.yaml", "$.paths['/things'].get", "", {"x-moorage-kind": "frames"}, False)
    small = kept(document({"/things": {"get": made}}), actions=(frames,))
    ((_, operation_),) = small["operations"]["things.list"]
    assert operation_["responses"] == kept_


def test_what_an_operation_takes() -> None:
    parameters: list[dict[str, Any]] = [
        {"in": "query", "name": "all", "type": "boolean", "default": False, "description": "a"},
        {"in": "query", "name": "size", "type": "integer", "required": True},
        {"in": "header", "name": "X-Auth", "type": "string"},
        {"in": "path", "name": "id", "type": "string", "required": True},
        {"in": "body", "name": "spec", "schema": {**schema(A=STRING), "required": ["A"]}},
    ]
    made = operation("ThingCreate", parameters=parameters)
    paths = {"/things/{id}": {"post": made, "parameters": [{**parameters[0], "name": "shared"}]}}
    ((_, operation_),) = kept(document(paths))["operations"]["things.create"]
    assert operation_ == {
        "endpoint": "POST /things/{id}",
        "query": {
            "properties": {
                "all": {"type": "boolean", "default": False},
                "shared": {"type": "boolean", "default": False},
                "size": INTEGER,
            },
            "required": ["size"],
        },
        "header": {"properties": {"X-Auth": STRING}},
        "body": {**schema(A=STRING), "required": ["A"]},
        "responses": {"200": None},
    }


@pytest.mark.parametrize(
    ("description", "deprecated"),
    [
        ("A name.\n\n> **Deprecated**: use another.", True),
        ("Deprecated: it is never set.", True),
        ("Set by MAINTAINER (deprecated) in the file.", False),
        ("- `1` is the first generation (deprecated) builder", False),
        ("It replaces the deprecated field.", False),
    ],
)
def test_what_prose_calls_deprecated(description: str, deprecated: bool) -> None:
    said = {**STRING, "description": description}
    parameter = {"in": "query", "name": "all", **said}
    made = kept(
        document(
            {"/things": {"get": operation(parameters=[parameter], description=description)}},
            {"Thing": schema(A=said, B={**THING, "description": description})},
        )
    )
    ((_, thing),) = made["definitions"]["Thing"]
    ((_, listing),) = made["operations"]["things.list"]
    marked = [*thing["properties"].values(), listing, listing["query"]["properties"]["all"]]
    assert [each.get("deprecated", False) for each in marked] == [deprecated] * 4


def test_the_order_of_a_spec_does_not_show() -> None:
    one = answering(A=schema(x=STRING, y=STRING), B=STRING, Thing=STRING)
    other = answering(Thing=STRING, B=STRING, A=schema(y=STRING, x=STRING))
    texts = {schemas({"1.25": each}, apis_of({"1.25": each}, [], {})) for each in (one, other)}
    assert len(texts) == 1


def test_a_build_writes_it(built: Built) -> None:
    small = answering(Thing=schema(A=STRING))
    package = built(small)
    text = (package / "schemas.json").read_text()
    assert text == schemas({"1.25": small}, apis_of({"1.25": small}, [], {}))


def test_the_real_ones_are_small_and_whole(
    documents: dict[str, Document], apis: dict[str, Api]
) -> None:
    text = schemas(documents, apis)
    assert len(text) < 500_000
    made = json.loads(text)
    held: dict[str, Any] = {}
    for version, spec in documents.items():
        for name, history in made["definitions"].items():
            held.update((name, each) for since, each in history if since == version)
        there = {name for name, each in held.items() if each is not None}
        assert there == set(spec["definitions"])
        for name, described in spec["definitions"].items():
            assert set(held[name].get("properties", ())) == set(described.get("properties", ()))
            assert set(held[name].get("required", ())) == set(described.get("required", ()))
            assert held[name].get("enum") == described.get("enum")
    assert set(made["operations"]) == {
        f"{each.namespace}.{each.name}" for api in apis.values() for each in api.operations
    }
