"""Text of a spec never becomes code, wherever it stands and whatever it holds."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generator.errors import BuildError
from generator.load import load, read_yaml
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
from moorage_api.since.v1_25.operations import things
wire = json.loads({json.dumps({f"P{text}": "a", "Kind": f"e{text}", "Map": {text: {"x": "b"}}})!r})
thing = Thing.from_dict(wire)
assert thing.extra == {{}}, thing
assert thing.to_dict() == wire
(names,) = [[*things._put_request.__annotations__]]
request = things._put_request("1.25", "i", thing, **dict.fromkeys(names[3:6], "value"))
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
from moorage_api.since.v1_25.operations import things
wire = {{name: name for name in {NAMES!r}}} | {{"items": [{{"x": "y"}}]}}
thing = Thing.from_dict(wire)
assert thing.extra == {{}}
assert thing.items[0].x == "y"
assert thing.to_dict() == wire
names = [each for each in things._list_request.__annotations__ if each != "return"]
request = things._list_request(**{{name: name for name in names}})
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


HEAD = "swagger: '2.0'\npaths: {/x: {get: {responses: {200: {}}, operationId: XList}}}\n"
BOMB = "\n".join(
    [
        "definitions:",
        "  a0: &a0 {x: 1}",
        *(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)),
    ]
)
DANGEROUS = {
    "flow": ("definitions: " + "[" * 100_000, "nested too deep"),
    "closed": ("definitions: " + "[" * 10_000 + "]" * 10_000, "nested too deep"),
    "maps": ("definitions: " + "{a: " * 50_000, "nested too deep"),
    "dashes": ("definitions:\n" + "- " * 50_000 + "x", "nested too deep"),
    "keys": ("definitions:\n" + "? " * 50_000, "nested too deep"),
    "block": (
        "definitions:\n" + "".join(" " * n + "a:\n" for n in range(1, 200)),
        "nested too deep",
    ),
    "exploding": (BOMB, "too many values"),
    "endless": ("definitions: &a {x: *a}", "contains itself"),
    "a date": ("definitions: {A: {default: 2020-01-01}}", "A.default is a date"),
    "a time": ("definitions: {A: {enum: [2020-01-01 10:00:00]}}", "A.enum.0 is a datetime"),
    "a date that is none": ("definitions: {A: {default: 2020-13-41}}", "month must be in"),
    "a key that is a date": ("definitions: {2020-01-01: {}}", "a key that is a date"),
    "a list as a key": ("definitions: {? [a] : b}", "unhashable key"),
    "bytes": ("definitions: {A: !!binary aGk=}", "A is a bytes"),
    "a set": ("definitions: {A: !!set {a, b}}", "A is a set"),
    "an object": ("definitions: {A: !!python/object/apply:os.system [x]}", "constructor"),
    "a large number": (f"definitions: {{A: {10**30}}}", "A is a number too large"),
    "a huge number": (f"definitions: {{A: {'9' * 5000}}}", "cannot read"),
    "sexagesimal": (f"definitions: {{A: {'59:' * 2000}59}}", "A is a number too large"),
    "infinity": ("definitions: {A: .inf}", "A is not a number"),
    "no number": ("definitions: {A: .nan}", "A is not a number"),
    "a path of nothing": ("definitions: {}\npaths: {/x: }", "is not a map of operations"),
    "an operation of nothing": ("definitions: {}\npaths: {/x: {get: []}}", "is not a map"),
    "not UTF-8": ("definitions: {A: \udcff}", "cannot read"),
}


@pytest.mark.parametrize("name", DANGEROUS)
def test_what_is_dangerous_to_load(name: str, tmp_path: Path) -> None:
    text, message = DANGEROUS[name]
    head = HEAD if "paths" not in text else HEAD.partition("\n")[0] + "\n"
    file = tmp_path / "x.yaml"
    file.write_bytes((head + text).encode(errors="surrogateescape"))
    with pytest.raises(BuildError, match=message):
        load("1.25", file)


def test_what_is_dangerous_ends_no_process(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("[" * 1_000_000)
    for reader in ("load('1.25', file)", "read_yaml(file)"):
        program = f"""
import sys, pathlib
from generator.errors import BuildError
from generator.load import load, read_yaml
file = pathlib.Path(sys.argv[1])
try:
    {reader}
except BuildError as error:
    print(error)
"""
        done = subprocess.run(
            [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, "nested too deep" in done.stdout) == (0, True), done


def nested(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        made = {"type": "array", "items": made}
    return made


MALFORMED: dict[str, dict[str, Any]] = {
    "arrays": document({"/things": {"get": operation(result=nested(3000))}}),
    "a reference to a number": document(definitions={"A": schema(x={"$ref": 5})}),
    "a reference to nothing": document(definitions={"A": schema(x={"$ref": "#/definitions/B"})}),
    "a reference elsewhere": document(definitions={"A": schema(x={"$ref": "http://x/y"})}),
    "a reference to itself": document(
        definitions={"A": {"$ref": "#/definitions/A"}, "B": schema(x={"$ref": "#/definitions/A"})}
    ),
    "an array of itself": document(
        definitions={
            "A": {"type": "array", "items": {"$ref": "#/definitions/A"}},
            "B": schema(x={"$ref": "#/definitions/A"}),
        }
    ),
    "properties that are a list": document(definitions={"A": {"properties": ["x"]}}),
    "a type that is a number": document(definitions={"A": schema(x={"type": 5})}),
    "parameters that are text": document({"/things": {"get": operation(parameters="x")}}),  # type: ignore[arg-type]
    "responses that are a list": document({"/things": {"get": operation() | {"responses": ["x"]}}}),
    "a definition of nothing": document(definitions={"A": None}),
    "a description that is a list": document(definitions={"A": schema(x={"description": ["x"]})}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed(name: str) -> None:
    with pytest.raises(BuildError, match=r"^1\.25: "):
        parsed(MALFORMED[name])


def test_overlays_are_read_as_carefully(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    for text in (BOMB, "[" * 100_000, "a: " + "9" * 5000):
        file.write_text(text)
        with pytest.raises(BuildError, match="is not YAML"):
            read_yaml(file)
