"""Since when there is an operation, a parameter, a type or a field, and until when."""

from __future__ import annotations

from typing import Any

from generator.history import date, field_spans, spans
from generator.ir import Api
from moorage.diff.names import python_name
from tests.generator.small import document, operation, parsed, schema

STRING = {"type": "string"}
VERSIONS = ["1.25", "1.26", "1.27"]


def query(name: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "type": "string"}


def body(**properties: Any) -> dict[str, Any]:
    return {"in": "body", "name": "body", "schema": schema(**properties)}


def versions() -> dict[str, Api]:
    listing = {"/things": {"get": operation(parameters=[query("old")])}}
    newer = {
        "/things": {"get": operation(parameters=[query("old"), query("new")])},
        "/things/create": {
            "post": operation("ThingCreate", parameters=[query("name"), body(A=STRING)])
        },
    }
    newest = {
        "/things": {"get": operation(parameters=[query("new")])},
        "/things/create": {
            "post": operation("ThingCreate", parameters=[query("name"), body(A=STRING, B=STRING)])
        },
    }
    return {
        "1.25": parsed(document(listing, {"Thing": schema(A=STRING)}, "1.25")),
        "1.26": parsed(document(newer, {"Thing": schema(A=STRING, B=STRING)}, "1.26")),
        "1.27": parsed(document(newest, {"Thing": schema(A=STRING, B=STRING)}, "1.27")),
    }


def notes(api: Api) -> dict[str, str]:
    """Collect what has a note."""
    made = {model.name: model.since for model in api.models.values()}
    for model in api.models.values():
        made |= {f"{model.name}.{field.name}": field.since for field in model.fields}
    for each in api.operations:
        made[each.name] = each.since
        made |= {f"{each.name}({parameter.name})": parameter.since for parameter in each.parameters}
    return {name: since for name, since in made.items() if since}


def test_what_came_has_a_note() -> None:
    dated = date(versions(), VERSIONS)
    assert notes(dated["1.25"]) == {}
    new = {"Thing.b": "1.26", "list(new)": "1.26", "create": "1.26", "ThingCreateRequest": "1.26"}
    assert notes(dated["1.26"]) == new
    assert notes(dated["1.27"]) == new | {"ThingCreateRequest.b": "1.27"}


def test_without_the_version_before_nobody_can_tell() -> None:
    later = {version: api for version, api in versions().items() if version != "1.26"}
    assert notes(date(later, VERSIONS)["1.27"]) == {}


def test_spans() -> None:
    operations, keywords = spans(versions())
    assert operations == {"things.list": ("1.25", "1.27"), "things.create": ("1.26", "1.27")}
    assert keywords == {
        "things.list": {"old": ("1.25", "1.26"), "new": ("1.26", "1.27")},
        "things.create": {"name": ("1.26", "1.27"), "a": ("1.26", "1.27"), "b": ("1.27", "1.27")},
    }


def test_spans_of_fields_that_some_version_lacks() -> None:
    apis = versions()
    # A model that is new has all its fields as long as it is there.
    assert field_spans(apis) == {
        "Thing": {"b": ("1.26", "1.27")},
        "ThingCreateRequest": {"b": ("1.27", "1.27")},
    }
    assert field_spans({"1.25": apis["1.25"]}) == {}


def test_a_diff_names_things_as_the_generator_does(apis: dict[str, Api]) -> None:
    wrong = set()
    for api in apis.values():
        named = [(f.wire, f.name) for model in api.models.values() for f in model.fields]
        named += [(p.wire, p.name) for each in api.operations for p in each.parameters]
        wrong |= {(wire, name) for wire, name in named if python_name(wire) != name}
    assert wrong == set()
