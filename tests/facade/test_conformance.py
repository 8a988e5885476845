"""The strict check: every kind of departure, its place and its words, and what is no departure."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import moorage
from generator.build import apis_of
from generator.schemas import schemas
from moorage.conformance import Departure, check
from moorage.errors import OperationUnavailable, UnsupportedVersion
from moorage.versions import published as published_specs
from moorage.versions.numbers import version_key
from tests.generator.small import document, operation, schema

Bundle: TypeAlias = Callable[..., None]

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
BOOLEAN = {"type": "boolean"}
STRINGS = {"type": "array", "items": STRING}
EITHER = {"type": ["array", "string"], "items": STRING}
MAP = {"type": "object", "additionalProperties": STRING}
LETTER = {"type": "string", "enum": ["a", "b"]}
BIT = {"type": "integer", "enum": [0, 1]}
THING = {"$ref": "#/definitions/Thing"}
NULLABLE = {"x-nullable": True}


@pytest.fixture
def bundle(monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """Put the schemas of small documents in the place of the real ones."""

    def put(*small: dict[str, Any]) -> None:
        documents = {each["info"]["version"]: each for each in small}
        made = json.loads(schemas(documents, apis_of(documents, [], {})))
        monkeypatch.setattr("moorage_api.VERSIONS", tuple(documents))
        monkeypatch.setattr(published_specs, "_schemas", lambda: made)

    return put


def answering(
    result: dict[str, Any], version: str = "1.25", /, **definitions: Any
) -> dict[str, Any]:
    return document({"/things": {"get": operation(result=result)}}, definitions, version)


# The schema of the answer, the payload, and the departures.
TABLE: list[tuple[dict[str, Any], Any, list[str]]] = [
    # Types
    (STRING, "", []),
    (STRING, 1, ["$: expected string, found integer 1"]),
    (STRING, [], ["$: expected string, found array"]),
    (STRING, {}, ["$: expected string, found object"]),
    (INTEGER, -1, []),
    (INTEGER, 1.0, ["$: expected integer, found number 1.0"]),
    (INTEGER, True, ["$: expected integer, found boolean true"]),
    (NUMBER, 1, []),
    (NUMBER, 1.5, []),
    (NUMBER, False, ["$: expected number, found boolean false"]),
    (BOOLEAN, False, []),
    (BOOLEAN, 0, ["$: expected boolean, found integer 0"]),
    (BOOLEAN, "true", ["$: expected boolean, found string 'true'"]),
    (STRINGS, [], []),
    (STRINGS, ["a", 1, None], ["$[1]: expected string, found integer 1",
                               "$[2]: expected string, found null"]),
    (STRINGS, "a", ["$: expected array of string, found string 'a'"]),
    ({"type": "array", "items": MAP}, {}, ["$: expected array of map of string, found object"]),
    ({"type": "array"}, [1, None], []),
    ({"type": "array"}, 1, ["$: expected array, found integer 1"]),
    (MAP, {"a": "b"}, []),
    (MAP, {"a": "b", "c": 1}, ["$.c: expected string, found integer 1"]),
    (MAP, [], ["$: expected map of string, found array"]),
    (EITHER, "a", []),
    (EITHER, ["a"], []),
    (EITHER, [1], ["$[0]: expected string, found integer 1"]),
    (EITHER, 1, ["$: expected array or string, found integer 1"]),
    # No type: anything goes
    (schema(A={}), {"A": None}, []),
    (schema(A={}), {"A": {"B": [1]}}, []),
    ({"properties": {"A": STRING}}, {"A": 1}, ["$.A: expected string, found integer 1"]),
    ({"additionalProperties": STRING}, {"A": 1}, ["$.A: expected string, found integer 1"]),
    # Null
    (schema(A=STRINGS), {"A": None}, ["$.A: expected array of string, found null"]),
    (schema(A=STRINGS | NULLABLE), {"A": None}, []),
    (schema(A={**THING, **NULLABLE}), {"A": None}, []),
    (schema(A=THING), {"A": None}, ["$.A: expected object, found null"]),
    (schema(A={"$ref": "#/definitions/Nullable"}), {"A": None}, []),
    # Fields
    (schema(A=STRING), {}, []),
    ({**schema(A=STRINGS), "required": ["A"]}, {},
     ["$.A: expected array of string, found nothing"]),
    ({**schema(A=STRING | NULLABLE), "required": ["A"]}, {},
     ["$.A: expected string, found nothing"]),
    ({**schema(A=STRING), "required": ["A", "B"]}, {"A": ""},
     ["$.B: expected any value, found nothing"]),
    (schema(A=STRING), {"A": "", "B": None}, ["$.B: expected no such field, found null"]),
    (schema(), {"B": 1}, ["$.B: expected no such field, found integer 1"]),
    ({"type": "object"}, {"A": {"B": 1}}, []),
    ({"type": "object", "additionalProperties": True}, {"A": 1}, []),
    ({"type": "object", "additionalProperties": False}, {"A": 1},
     ["$.A: expected no such field, found integer 1"]),
    ({**schema(A=INTEGER), "additionalProperties": STRING}, {"A": 1, "B": 1},
     ["$.B: expected string, found integer 1"]),
    # Enums
    (LETTER, "b", []),
    (LETTER, "c", ["$: expected one of 'a', 'b', found string 'c'"]),
    (LETTER, None, ["$: expected string, found null"]),
    (LETTER | NULLABLE, None, []),
    (BIT, 2, ["$: expected one of 0, 1, found integer 2"]),
    (BIT, True, ["$: expected integer, found boolean true"]),
    ({"type": "object", "additionalProperties": {"type": "object", "enum": [{}]}},
     {"80/tcp": {}, "a": {"b": 1}}, ["$.a: expected one of {}, found object"]),
    # References
    (THING, {"Name": "a", "Things": [{"Name": "b"}, {"Other": 1}]},
     ["$.Things[1].Other: expected no such field, found integer 1",
      "$.Things[1].Name: expected string, found nothing"]),
    (schema(A={"type": "array", "items": THING}), {"A": None},
     ["$.A: expected array of Thing, found null"]),
    # allOf
    ({"allOf": [THING, schema(Size=INTEGER)]}, {"Name": "a", "Size": 1}, []),
    ({"allOf": [THING, {**schema(Size=INTEGER), "required": ["Size"]}]}, {"Size": "a", "X": 1},
     ["$.Size: expected integer, found string 'a'",
      "$.X: expected no such field, found integer 1",
      "$.Name: expected string, found nothing"]),
    ({"allOf": [THING], **schema(Size=INTEGER)}, {"Name": "a", "Size": 1}, []),
    ({"allOf": [THING, {**schema(Name=STRING), "required": ["Name"]}]}, {},
     ["$.Name: expected string, found nothing"]),
    (schema(A={"allOf": [{"$ref": "#/definitions/Nullable"}, schema(B=STRING)]}), {"A": None},
     ["$.A: expected object, found null"]),
    (schema(A={"allOf": [THING, schema(B=STRING)]} | NULLABLE), {"A": None}, []),
]  # fmt: skip
DEFINITIONS: dict[str, Any] = {
    "Thing": {
        **schema(Name=STRING, Things={"type": "array", "items": THING}),
        "required": ["Name"],
    },
    "Nullable": schema(A=STRING) | NULLABLE,
}


@pytest.mark.parametrize(("result", "payload", "departures"), TABLE)
def test_departures(
    bundle: Bundle, result: dict[str, Any], payload: Any, departures: list[str]
) -> None:
    bundle(answering(result, **DEFINITIONS))
    assert list(map(str, check("things.list", "1.25", payload))) == departures


def test_a_departure_says_where_what_should_be_and_what_is(bundle: Bundle) -> None:
    bundle(answering(STRINGS))
    (departure,) = check("things.list", "1.25", ["a", None])
    assert departure == Departure("$[1]", "string", "null")
    assert (departure.path, departure.expected, departure.found) == ("$[1]", "string", "null")


def test_paths(bundle: Bundle) -> None:
    bundle(answering({"type": "array", "items": {"type": "object", "additionalProperties": MAP}}))
    keys = ["Name", "a_1", "com.example/x", "80/tcp", "it's", "", "ä", "a\nb", "\ud800"]
    found = check("things.list", "1.25", [{}, {key: {key: 1} for key in keys}])
    assert [each.path for each in found] == [
        "$[1].Name.Name",
        "$[1].a_1.a_1",
        "$[1]['com.example/x']['com.example/x']",
        "$[1]['80/tcp']['80/tcp']",
        """$[1]["it's"]["it's"]""",
        "$[1]['']['']",
        "$[1]['ä']['ä']",
        r"$[1]['a\nb']['a\nb']",
        r"$[1]['\ud800']['\ud800']",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 38, f"string '{'x' * 38}'"),
        ("x" * 10**6, f"string '{'x' * 39}…"),
        (10**60, f"integer 1{'0' * 39}…"),
        ("a\n\x1b[0m\ud800", r"string 'a\n\x1b[0m\ud800'"),
        (float("inf"), "number Infinity"),
        ([["x"] * 1000], "array"),
    ],
)
def test_what_was_found_is_shown_in_short(bundle: Bundle, value: Any, shown: str) -> None:
    bundle(answering(BOOLEAN))
    assert [each.found for each in check("things.list", "1.25", value)] == [shown]


CIRCLES = {
    "Itself": {"$ref": "#/definitions/Itself"},
    "One": {"$ref": "#/definitions/Other"},
    "Other": {"allOf": [{"$ref": "#/definitions/One"}, {"type": "object"}]},
}


@pytest.mark.parametrize("name", CIRCLES)
def test_definitions_that_are_only_themselves(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    # No build takes them: they are put here by hand.
    plain = json.loads(json.dumps(CIRCLES).replace("#/definitions/", ""))
    made = {
        "operations": {"things.list": [["1.25", {"responses": {"200": {"$ref": name}}}]]},
        "definitions": {key: [["1.25", each]] for key, each in plain.items()},
    }
    monkeypatch.setattr("moorage_api.VERSIONS", ("1.25",))
    monkeypatch.setattr(published_specs, "_schemas", lambda: made)
    assert check("things.list", "1.25", {"A": [1]}) == []


def test_a_deep_payload_of_a_definition_that_has_itself(bundle: Bundle) -> None:
    bundle(answering(THING, **DEFINITIONS))
    payload: dict[str, Any] = {"Name": 1}
    for _ in range(5000):
        payload = {"Name": "a", "Things": [payload]}
    assert [each.found for each in check("things.list", "1.25", payload)] == ["integer 1"]


def test_each_version_is_checked_by_its_own_schema(bundle: Bundle) -> None:
    bundle(
        answering(THING, "1.25", Thing=schema(A=STRING)),
        answering(THING, "1.30", Thing=schema(A=STRING)),
        answering(THING, "1.100", Thing=schema(A=INTEGER)),
    )
    found = {version: check("things.list", version, {"A": 1}) for version in moorage.VERSIONS}
    assert list(map(bool, found.values())) == [True, True, False]


def test_errors(bundle: Bundle) -> None:
    things = {"/things": {"get": operation(result=STRING)}}
    nothing = {"/things/start": {"post": operation("ThingStart")}}
    bundle(
        document(nothing, version="1.25"),
        document(things | nothing, version="1.26"),
        document(things | nothing, version="1.27"),
        document(nothing, version="1.28"),
    )
    with pytest.raises(ValueError, match=r"'1,26' is not an API version: write it like \"1\.44\""):
        check("things.list", "1,26", "")
    with pytest.raises(UnsupportedVersion, match=r"no client for API 1\.29; it has 1\.25 to 1\.28"):
        check("things.list", "1.29", "")
    with pytest.raises(
        ValueError, match=r"'ThingList' is not an operation .* like 'containers\.list'"
    ):
        check("ThingList", "1.26", "")
    for version in ("1.25", "1.28"):
        with pytest.raises(
            OperationUnavailable,
            match=rf"API {version} has no things\.list; API 1\.26 to 1\.27 has it",
        ):
            check("things.list", version, "")
    with pytest.raises(
        ValueError, match=r"API 1\.26 describes no JSON as the answer of things\.start"
    ):
        check("things.start", "1.26", None)
    assert check("things.list", "1.26", "") == []


@pytest.mark.parametrize("payload", [b"", (), object(), [set()]])
def test_what_is_no_json(bundle: Bundle, payload: Any) -> None:
    bundle(answering({"type": "array", "items": STRING}))
    with pytest.raises(TypeError, match="is not decoded JSON"):
        check("things.list", "1.25", payload)


@pytest.mark.parametrize(
    "operation",
    ["system.ping", "containers.logs", "containers.start", "images.build", "images.get"],
)
def test_operations_that_answer_without_json(operation: str) -> None:
    for version in moorage.VERSIONS:
        with pytest.raises(ValueError, match="describes no JSON"):
            check(operation, version, "OK")


def test_what_is_published_counts_and_not_what_is_corrected() -> None:
    # Corrections of the generator make it `ID`, which is what engines send.
    assert list(map(str, check("secrets.create", "1.41", {"ID": "x"}))) == [
        "$.ID: expected no such field, found string 'x'",
        "$.Id: expected string, found nothing",
    ]


def test_streams_are_checked_by_the_document() -> None:
    event = {"Type": "container", "Action": "start", "time": 1, "timeNano": 10**18}
    assert check("system.events", "1.41", event) == []
    assert list(map(str, check("system.events", "1.41", event | {"time": "1"}))) == [
        "$.time: expected integer, found string '1'"
    ]


def test_calls_do_not_load_it() -> None:
    program = """
import sys, moorage
from moorage_api import newest
newest.Engine
with moorage.connect(newest.Engine, host="unix:///none") as engine:
    engine.containers.list
print("moorage.conformance" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=20,
)


@cache
def published(version: str) -> dict[str, dict[str, Any]]:
    """Return the schemas of the answers and definitions that a version has."""
    held: dict[str, dict[str, Any]] = {"operations": {}, "definitions": {}}
    for part, found in held.items():
        for name, history in published_specs._schemas()[part].items():
            for since, each in history:
                if version_key(since) <= version_key(version):
                    found[name] = each
    return {
        "answers": {name: answer(each) for name, each in held["operations"].items() if each},
        "definitions": held["definitions"],
    }


def answer(operation: dict[str, Any]) -> Any:
    """Return the schema of an answer of success; None where there is none."""
    good = [each for status, each in operation["responses"].items() if status[0] in "12"]
    return next(filter(None, good), None)


ANSWERS = [
    (name, version)
    for version in moorage.VERSIONS
    for name, schema_ in published(version)["answers"].items()
    if schema_
]


@settings(deadline=None)
@given(st.sampled_from(ANSWERS), JSON)
def test_any_json_is_checked(answer: tuple[str, str], payload: Any) -> None:
    for each in check(*answer, payload):
        assert str(each).startswith("$")
        assert len(each.found) < 60


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(ANSWERS), st.data())
def test_what_is_made_after_a_schema_does_not_depart(
    answer: tuple[str, str], data: st.DataObject
) -> None:
    name, version = answer
    held = published(version)
    payload = conforming(data.draw, held["answers"][name], held["definitions"])
    assert check(name, version, payload) == []


def conforming(draw: Any, schema: Any, definitions: Any, depth: int = 0) -> Any:
    """Make a payload after a schema, without the check's own reading of it."""
    if schema.get("x-nullable") and draw(st.booleans()):
        return None
    if "$ref" in schema:
        return conforming(draw, definitions[schema["$ref"]], definitions, depth)
    if "allOf" in schema:
        own = {key: value for key, value in schema.items() if key != "allOf"}
        parts = [conforming(draw, each, definitions, depth) for each in (*schema["allOf"], own)]
        if isinstance(parts[0], str):  # a definition of a text, with a description of its own
            return parts[0]
        return {key: value for part in parts for key, value in (part or {}).items()}
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    kinds = schema.get("type", "object")
    kind = draw(st.sampled_from(kinds)) if isinstance(kinds, list) else kinds
    if kind == "array":
        items = schema.get("items", {})
        return [
            conforming(draw, items, definitions, depth + 1) for _ in range(draw(st.integers(0, 2)))
        ]
    if kind == "object":
        required = schema.get("required", ())
        made = {
            name: conforming(draw, each, definitions, depth + 1)
            for name, each in schema.get("properties", {}).items()
            if name in required or (depth < 4 and draw(st.booleans()))
        }
        made |= {name: None for name in required if name not in made}  # described nowhere
        if "additionalProperties" in schema:
            made["a b"] = conforming(draw, schema["additionalProperties"], definitions, depth + 1)
        return made
    return draw(SCALARS[kind])


SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=3),
    "integer": st.integers(),
    "number": st.floats() | st.integers(),
    "boolean": st.booleans(),
}
