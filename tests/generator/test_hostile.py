"""Text of a spec never becomes code, wherever it stands and whatever it holds."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from generator.errors import BuildError
from tests.generator.conftest import Built
from tests.generator.small import document, operation, parsed, run, schema

CODE = "__import__('pathlib').Path('pwned').touch()"

TEXTS = {
    "quotes": f"' + {CODE} + ' \" + {CODE} + \"",
    "triple": f'"""\n{CODE}\n"""',
    "triple single": f"'''\n{CODE}\n'''",
    "closing": f'ends with """"\\\n{CODE}',
    "backslash at the end": "a backslash \\",
    "backslashes": f'\\" + {CODE} + \\"\\\\"""',
    "escapes": "\\N{BULLET} \\x00 \\u0000 \\U00110000 \\777",
    "newline": f"a\n{CODE}\n    {CODE}\n",
    "carriage return": f"a\r{CODE}\r\n{CODE}",
    "separators": f"a\u2028{CODE}\u2029{CODE}\x85{CODE}\x0c{CODE}\x1c{CODE}",
    "template": "{{ " + CODE + " }}{% raw %}{# #}",
    "braces": "{" + CODE + "} %s %(x)s {0}",
    "hash": f"# noqa\n{CODE}  # type: ignore",
    "direction": f"\u202e{CODE}\u2066",
    "wide": "x" * 500 + f" {CODE} " + '"' * 200,
    "quote at the end": 'x"',
    "only a quote": '"',
}


def hostile(text: str) -> dict[str, Any]:
    """Put the text in every place where a spec can have one."""
    string = {"type": "string", "description": text}
    parameters: list[dict[str, Any]] = [
        {"in": "path", "name": "id", "type": "string", "required": True, "description": text},
        {"in": "query", "name": f"q{text}", "type": "string", "description": text},
        {"in": "query", "name": "kind", "type": "string", "enum": [f"k{text}", "x"]},
        {"in": "header", "name": f"X-h{text}", "type": "string", "description": text},
        {"in": "body", "name": text, "schema": {"$ref": "#/definitions/Thing"}},
    ]
    thing = schema(**{
        f"P{text}": string,
        "Kind": {"type": "string", "enum": [f"e{text}", "x"], "description": text},
        "Map": {"type": "object", "additionalProperties": {"$ref": "#/definitions/Other"}},
    })  # fmt: skip
    made = operation(
        "ThingPut", parameters=parameters, result={"$ref": "#/definitions/Thing"}, summary=text
    )
    made["description"] = text
    made["responses"]["404"] = {"description": text}
    return document(
        {"/things/{id}": {"post": made}},
        {
            "Thing": {**thing, "description": text, "title": text},
            "Other": {**schema(x=string), "description": text},
        },
    )


def code_of(package: Path) -> list[str]:
    """All names, attributes and arguments that the code has, constants left out."""
    found = []
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name):
                found.append(node.id)
            elif isinstance(node, ast.Attribute):
                found.append(node.attr)
            elif isinstance(node, ast.alias):
                found.append(node.name)
    return found


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_text_stays_text(built: Built, text: str) -> None:
    package = built(hostile(text))
    names = code_of(package)
    assert "Thing" in names
    assert not {"__import__", "touch", "pathlib"} & set(names)
    program = f"""
import json
from moorage_api.v1_25 import Other, Thing
from moorage_api.since.v1_25.operations import things_put
wire = json.loads({json.dumps({f"P{text}": "a", "Kind": f"e{text}", "Map": {text: {"x": "b"}}})!r})
thing = Thing.from_dict(wire)
assert thing.extra == {{}}, thing
assert thing.to_dict() == wire
(names,) = [[*things_put.request.__annotations__]]
request = things_put.request("1.25", "i", thing, **dict.fromkeys(names[3:6], "value"))
assert request.path == "/things/i"
print(json.dumps([list(request.query), list(request.headers)]))
"""
    query, headers = json.loads(run(package, program))
    assert query == [f"q{text}", "kind"]
    assert headers == [f"X-h{text}"]
    assert not (package.parent / "pwned").exists()


NAMES = ["class", "None", "import", "self", "from_dict", "to_dict", "extra", "list", "str", "print",
         "_", "__init__", "__class__", "1st", "a b", "é", "take", "data",
         "rest", "cls", "field", "Any", "object", "type", "dict", "v", "k1", "encode", "define",
         "Mapping", "body", "content", "request", "async", "await", "match", "moorage"]  # fmt: skip


def test_names_that_python_has_or_that_collide(built: Built) -> None:
    properties = {name: {"type": "string"} for name in NAMES}
    properties["items"] = {"type": "array", "items": {"$ref": "#/definitions/List"}}  # type: ignore[dict-item]
    parameters = [{"in": "query", "name": name, "type": "string"} for name in NAMES]
    small = document(
        {"/things": {"get": operation(
            parameters=parameters, result={"$ref": "#/definitions/Thing"}
        )}},
        {"Thing": schema(**properties), "List": schema(x={"type": "string"})},
    )  # fmt: skip
    program = f"""
import json
from moorage_api.v1_25 import Thing
from moorage_api.since.v1_25.operations import things_list
wire = {{name: name for name in {NAMES!r}}} | {{"items": [{{"x": "y"}}]}}
thing = Thing.from_dict(wire)
assert thing.extra == {{}}
assert thing.items[0].x == "y"
assert thing.to_dict() == wire
names = [each for each in things_list.request.__annotations__ if each != "return"]
request = things_list.request(**{{name: name for name in names}})
print(json.dumps(list(request.query)))
"""
    assert json.loads(run(built(small), program)) == NAMES


@pytest.mark.parametrize(
    "definition",
    ["Any", "Engine", "Literal", "Exception", "Mapping", "None", "true", "1st", "a.b/c", "list"],
)
def test_names_of_types_that_python_has(built: Built, definition: str) -> None:
    small = document(
        {"/things": {"get": operation(result={"$ref": f"#/definitions/{definition}"})}},
        {definition: schema(x={"type": "string"}, any={"type": "object"})},
    )
    (model,) = parsed(small).models
    program = f"""
from moorage_api import v1_25
print(v1_25.{model}.from_dict({{"x": "y"}}).x, v1_25.Engine.api_version)
"""
    assert run(built(small), program) == "y 1.25\n"


@pytest.mark.parametrize("name", ["../../x", "a/../b", "..", "", "/etc/passwd", "a\0b"])
def test_no_name_leaves_the_package(built: Built, tmp_path: Path, name: str) -> None:
    made = operation(f"Thing{name}", tag=f"Thing{name}", result={"$ref": f"#/definitions/X{name}"})
    small = document({"/things": {"get": made}}, {f"X{name}": schema(x={"type": "string"})})
    package = built(small)
    files = [each for each in tmp_path.rglob("*") if each.is_file() and each.suffix != ".yaml"]
    assert len(files) > 5
    assert all(package in each.parents for each in files)


def test_names_that_cannot_be_told_apart_end_the_build() -> None:
    thing = schema(**{"a b": {"type": "string"}, "a-b": {"type": "string"}})
    small = document({"/things": {"get": operation(result=thing)}})
    with pytest.raises(BuildError, match="same python_name"):
        parsed(small)
