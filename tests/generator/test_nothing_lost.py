"""Whatever a spec has comes out, counted here from the YAML alone; a loss ends the build."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client.parser import openapi
from openapi_python_client.parser.errors import ParseError

from generator.errors import BuildError
from generator.ir import Api, Operation
from generator.load import Document
from moorage.versions.numbers import version_key
from tests.generator.small import document, operation, parsed, schema

METHODS = ("get", "head", "post", "put", "delete")
STRING = {"type": "string"}
# Corrections of overrides/spec come out otherwise.
EMPTY = {
    ("DELETE", "/plugins/{name}"),
    ("POST", "/containers/{id}/start"),
    ("POST", "/containers/{id}/stop"),
}
PARAMETERS = {
    ("1.25", "/plugins/privileges"): [("query", "remote")],
    ("1.26", "/plugins/privileges"): [("query", "remote")],
    ("1.27", "/containers/prune"): [("query", "filters")],
    ("1.27", "/networks/prune"): [("query", "filters")],
    ("1.27", "/volumes/prune"): [("query", "filters")],
}
ADDED = {
    ("POST", "/build"): [("query", "ulimits")],
    ("GET", "/containers/{id}/logs"): [("query", "details")],
    ("GET", "/distribution/{name}/json"): [("header", "X-Registry-Auth")],
    ("GET", "/plugins/privileges"): [("header", "X-Registry-Auth")],
    ("POST", "/plugins/{name}/push"): [("header", "X-Registry-Auth")],
}
SESSION = [("query", "buildid"), ("query", "session")]  # of builds, from API 1.40 on
PROPERTIES = {
    *("Prefix", "Capability", "Version"),  # of a plugin's interface
    *("MediaType", "Digest", "Size", "URLs"),  # of a distribution's descriptor
    *("Architecture", "OS", "OSVersion", "OSFeatures", "Variant", "Features"),
    *("Secrets", "AccessibilityRequirements", "CapacityRange", "Availability", "BlockVolume"),
    *("id", "aux"),  # of the lines of a push and of a build
    *("code", "message", "current", "total"),  # of their progress
    *("Status", "ManagerStatus"),  # of a node
    *("NanoCPUs", "NanoCpus", "VolumesDeleted", "NetworksDeleted", "additionalProperties"),
}


def described(spec: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        assert not set(item) - {*METHODS, "parameters"}, path
        for method in METHODS:
            if method in item:
                shared = item.get("parameters", [])
                own = item[method].get("parameters", [])
                yield method.upper(), path, {**item[method], "parameters": [*own, *shared]}


def by_endpoint(api: Api) -> dict[tuple[str, str], Operation]:
    return {(each.method, each.path): each for each in api.operations}


def bodies_of_success(each: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        answer["schema"]
        for status, answer in each["responses"].items()
        if str(status)[0] in "123" and "schema" in answer
    ]


def test_every_operation_comes_out(
    specs: dict[str, Path], documents: dict[str, Document], apis: dict[str, Api]
) -> None:
    for version, spec in documents.items():
        endpoints = [(method, path) for method, path, _ in described(spec)]
        assert sorted(by_endpoint(apis[version])) == sorted(endpoints)
        assert len(apis[version].operations) == len(endpoints)
        # Counted in the file's text too, in case that reading it loses some.
        text = specs[version].read_text(encoding="utf-8")
        assert len(endpoints) == len(re.findall(r"^ +operationId: ", text, re.MULTILINE))


def test_every_parameter_comes_out(documents: dict[str, Document], apis: dict[str, Api]) -> None:
    for version, spec in documents.items():
        made = by_endpoint(apis[version])
        for method, path, each in described(spec):
            expected = [
                (p["in"], p["name"])
                for p in each["parameters"]
                if p["in"] != "body" and p["name"] != "Content-type"
            ]
            expected = PARAMETERS.get((version, path), expected) + ADDED.get((method, path), [])
            if path == "/build" and version_key(version) >= (1, 40):
                expected = expected + SESSION
            if path == "/images/create":  # before 1.40, it is added
                expected = [*{*expected, ("query", "changes")}]
            found = sorted((p.place, p.wire) for p in made[method, path].parameters)
            assert found == sorted(expected), f"{version}: {method} {path}"


def test_every_body_comes_out(documents: dict[str, Document], apis: dict[str, Api]) -> None:
    for version, spec in documents.items():
        made = by_endpoint(apis[version])
        for method, path, each in described(spec):
            expected = any(p["in"] == "body" for p in each["parameters"])
            assert (made[method, path].body is not None) == expected, f"{version}: {method} {path}"


def test_every_answer_comes_out(documents: dict[str, Document], apis: dict[str, Api]) -> None:
    raw = {"frames", "download", "hijack", "websocket", "text", "json_stream", "events", "headers"}
    raw.add("path_stat")
    for version, spec in documents.items():
        made = by_endpoint(apis[version])
        for method, path, each in described(spec):
            result = made[method, path]
            if result.kind == "json":
                assert result.result is not None, f"{version}: {method} {path}"
            elif bodies_of_success(each) and result.kind not in raw:
                assert (method, path) in EMPTY, version


def objects(spec: Document, node: Any, *, member: bool = False) -> Iterator[frozenset[str]]:
    """Name the properties of all objects in a schema; a member of allOf is not an object."""
    if not isinstance(node, dict):
        return
    names = property_names(spec, node)
    if names and not member:
        yield names
    inner = [*node.get("properties", {}).values(), node.get("items")]
    for each in [*inner, node.get("additionalProperties")]:
        yield from objects(spec, each)
    for each in node.get("allOf", []):
        yield from objects(spec, each, member=True)


def property_names(spec: Document, node: dict[str, Any]) -> frozenset[str]:
    if "$ref" in node:
        return property_names(spec, spec["definitions"][node["$ref"].rpartition("/")[2]])
    names = set(node.get("properties", {}))
    for member in node.get("allOf", []):
        names |= property_names(spec, member)
    return frozenset(names)


def test_every_property_comes_out(documents: dict[str, Document], apis: dict[str, Api]) -> None:
    for version, spec in documents.items():
        made = {
            frozenset(field.wire for field in model.fields)
            for model in apis[version].models.values()
        }
        schemas = list(spec["definitions"].values())
        for method, path, each in described(spec):
            schemas += [p["schema"] for p in each["parameters"] if p["in"] == "body"]
            kind = by_endpoint(apis[version])[method, path].kind
            if kind in ("json", "json_stream", "events"):
                schemas += bodies_of_success(each)
        found = {names for each in schemas for names in objects(spec, each)}
        assert len(found) > 100
        for names in found - made:
            corrected = names <= PROPERTIES or any(names ^ each <= PROPERTIES for each in made)
            assert corrected, f"{version}: {names}"


THINGS = {"/things/{id}": {"get": operation(
    result={"$ref": "#/definitions/Thing"},
    parameters=[
        {"in": "path", "name": "id", "type": "string", "required": True},
        {"in": "query", "name": "size", "type": "boolean"},
    ],
)}}  # fmt: skip
THING = {"Thing": schema(Id={"type": "string"}, Size={"type": "integer"})}


def lose_an_endpoint(data: Any) -> None:
    for collection in data.endpoint_collections_by_tag.values():
        collection.endpoints.clear()


def lose_a_parameter(data: Any) -> None:
    for collection in data.endpoint_collections_by_tag.values():
        collection.endpoints[0].query_parameters.clear()


def lose_an_answer(data: Any) -> None:
    for collection in data.endpoint_collections_by_tag.values():
        collection.endpoints[0].responses.patterns.clear()


def lose_a_property(data: Any) -> None:
    for model in data.models:
        model.optional_properties.pop()


def report(data: Any) -> None:
    data.errors.append(ParseError(header="a header", detail="a detail"))


@pytest.mark.parametrize(
    ("lose", "message"),
    [
        (lose_an_endpoint, "1.25: the parser lost GET /things/{id}"),
        (lose_a_parameter, "1.25: the parser lost the parameter size of ThingList"),
        (lose_an_answer, "1.25: the parser lost an answer of ThingList"),
        (lose_a_property, "1.25: the parser lost properties of Thing: Size"),
        (report, "1.25: a header: a detail"),
    ],
)
def test_what_the_parser_loses_or_reports_ends_the_build(
    monkeypatch: pytest.MonkeyPatch, lose: Callable[[Any], None], message: str
) -> None:
    assert len(parsed(document(THINGS, THING)).operations) == 1
    whole = openapi.GeneratorData.from_dict

    def losing(*args: Any, **kwargs: Any) -> Any:
        data = whole(*args, **kwargs)
        lose(data)
        return data

    monkeypatch.setattr(openapi.GeneratorData, "from_dict", losing)
    with pytest.raises(BuildError, match=re.escape(message)):
        parsed(document(THINGS, THING))


def with_result(result: dict[str, Any]) -> dict[str, Any]:
    return document({"/things": {"get": operation(result=result)}})


@pytest.mark.parametrize(
    ("small", "message"),
    [
        (with_result({"$ref": "#/definitions/None"}), "leads nowhere"),
        (with_result({"type": "weird"}), "1.25: "),
        (
            document({"/things": {"get": operation(), "trace": operation("ThingTrace")}}),
            "the spec has 2 operations, 1 came out",
        ),
        (
            document({"/things/{id}": {"get": operation()}}),
            "1.25: ",  # a path without its parameter
        ),
        (
            document({"/a": {"get": operation()}, "/b": {"get": operation()}}),
            "would both be called things.list: name one of them in overrides/spec",
        ),
        (
            document({"/a": {"get": operation(responses={
                "200": {"description": "", "schema": {"type": "string"}},
                "201": {"description": "", "schema": {"type": "integer"}},
            })}}),
            "ThingList has answers of different types",
        ),
        (
            document(definitions={"a-b": schema(x=STRING), "AB": schema(y=STRING)}),
            "two definitions would be called AB",
        ),
        (
            document({"/a": {"get": operation(result=schema(
                X={**schema(a={"type": "string"}), "title": "Same"},
                Y={**schema(b={"type": "string"}), "title": "Same"},
            ))}}),
            None,  # the second one is named by its place
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_built_without_a_loss(small: dict[str, Any], message: str | None) -> None:
    if message is None:
        assert {"Same", "ThingListResponse", "ThingListResponseY"} <= set(parsed(small).models)
        return
    with pytest.raises(BuildError, match=re.escape(message)):
        parsed(small)
