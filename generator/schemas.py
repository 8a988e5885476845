"""Extract the published schemas, for `moorage.conformance` and `moorage.diff`.

They are taken before any correction: a check shows where engines depart from the specification, and
a diff what upstream changed. A shape shared by many versions is written once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from generator.ir import Api
from generator.load import Document, operations

__all__ = ["schemas"]

KEPT = ("type", "enum", "default")
PLACES = ("query", "header")

# A sentence or a note; "(deprecated)" in a list is about its item.
DEPRECATED = re.compile(r"\bDeprecated\b(\*\*)?:")


def schemas(documents: Mapping[str, Document], apis: Mapping[str, Api]) -> str:
    """Write the schemas of all operations as JSON, the same bytes for the same documents.

    It has two members, `operations` and `definitions`. Each maps names to a list of [version,
    value], the oldest first: a value holds until the next entry's version. null means that versions
    lack the name. A definition is a schema. An operation has its `endpoint`; the objects `query`
    and `header`, whose properties are its parameters; the schema of its `body`; and `responses`,
    the schemas by status, null where the answer is not JSON.

    Args:
        documents: The published specs by version, the oldest first.
        apis: The parsed versions, with the names of operations.
    """
    described = {version: _operations(documents[version], api) for version, api in apis.items()}
    definitions = {
        version: {name: _plain(schema) for name, schema in document["definitions"].items()}
        for version, document in documents.items()
    }
    made = {"definitions": _history(definitions), "operations": _history(described)}
    return json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n"


def _operations(document: Document, api: Api) -> dict[str, Any]:
    names = {(each.path, each.method): f"{each.namespace}.{each.name}" for each in api.operations}
    return {
        names[path, method.upper()]: _operation(document, path, method, operation)
        for path, method, operation in operations(document)
    }


def _operation(document: Document, path: str, method: str, operation: Document) -> Document:
    parameters = [*operation.get("parameters", ()), *document["paths"][path].get("parameters", ())]
    result: Document = {"endpoint": f"{method.upper()} {path}"}
    for place in PLACES:
        if there := [each for each in parameters if each["in"] == place]:
            result[place] = _object(there)
    for each in parameters:
        if each["in"] == "body":
            result["body"] = _plain(each["schema"])
    result["responses"] = _responses(document, operation)
    return _marked(result, operation)


def _object(parameters: Sequence[Document]) -> Document:
    """Combine parameters into one schema, like fields of an object."""
    result: Document = {"properties": {each["name"]: _plain(each) for each in parameters}}
    if required := sorted(each["name"] for each in parameters if each.get("required")):
        result["required"] = required
    return result


def _responses(document: Document, operation: Document) -> Document:
    produces = operation.get("produces") or document.get("produces") or ["application/json"]
    responses = {str(status): each for status, each in operation["responses"].items()}
    good = {status for status in responses if status[0] in "12"}
    # Some specs claim JSON for streams of bytes too.
    bytes_ = any(responses[each].get("schema", {}).get("format") == "binary" for each in good)
    json_ = any("json" in media for media in produces) and not bytes_
    return {
        status: _plain(each["schema"])
        if "schema" in each and (json_ or status not in good)
        else None
        for status, each in responses.items()
    }


def _plain(schema: Any) -> Any:
    """Reduce a schema to the parts that constrain values."""
    if not isinstance(schema, dict):
        # additionalProperties: false allows none; true or absence allows any.
        return False if schema is False else {}
    if "$ref" in schema:
        result = {"$ref": schema["$ref"].removeprefix("#/definitions/")}
    else:
        result = {key: schema[key] for key in KEPT if key in schema}
        for key in ("items", "additionalProperties"):
            if key in schema:
                result[key] = _plain(schema[key])
        if "properties" in schema:
            result["properties"] = {
                name: _plain(each) for name, each in schema["properties"].items()
            }
        if "allOf" in schema:
            result["allOf"] = [_plain(each) for each in schema["allOf"]]
        # In a parameter, `required` is true or false, not a list.
        if isinstance(schema.get("required"), list) and schema["required"]:
            result["required"] = sorted(schema["required"])
    if schema.get("x-nullable"):
        result["x-nullable"] = True
    return _marked(result, schema)


def _marked(result: Document, described: Document) -> Document:
    """Mark deprecated things, which the specification names in prose."""
    if described.get("deprecated") or DEPRECATED.search(str(described.get("description", ""))):
        result["deprecated"] = True
    return result


def _history(versions: Mapping[str, Mapping[str, Any]]) -> dict[str, list[tuple[str, Any]]]:
    history: dict[str, list[tuple[str, Any]]] = {}
    for version, schemas in versions.items():
        for name in {*history, *schemas}:
            entries = history.setdefault(name, [])
            schema = schemas.get(name)
            if not entries or entries[-1][1] != schema:
                entries.append((version, schema))
    return history
