"""Keep what the published specifications promise of answers, for `moorage.conformance`.

This is taken before any correction: a check is to show where engines depart from the specification.
What all versions have in the same shape is written once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from generator.ir import Api
from generator.load import Document, operations

__all__ = ["schemas"]


def schemas(documents: Mapping[str, Document], apis: Mapping[str, Api]) -> str:
    """Write the schemas of all answers as JSON, the same bytes for the same documents.

    It has two members, `operations` and `definitions`. Each maps names to a list of [version,
    schema], the oldest first: a schema holds from its version until the next entry's. null stands
    where a version lacks the name, {} for an operation that does not answer with JSON.

    Args:
        documents: the specs as they are published, by version, the oldest first.
        apis: what was made of them; it has the names of the operations.
    """
    answers = {version: _answers(documents[version], api) for version, api in apis.items()}
    definitions = {
        version: {name: _plain(schema) for name, schema in document["definitions"].items()}
        for version, document in documents.items()
    }
    made = {"definitions": _history(definitions), "operations": _history(answers)}
    return json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n"


def _answers(document: Document, api: Api) -> dict[str, Any]:
    names = {(each.path, each.method): f"{each.namespace}.{each.name}" for each in api.operations}
    return {
        names[path, method.upper()]: _answer(document, operation)
        for path, method, operation in operations(document)
    }


def _answer(document: Document, operation: Document) -> Any:
    produces = operation.get("produces") or document.get("produces") or ["application/json"]
    described = [
        response["schema"]
        for status, response in operation["responses"].items()
        if str(status)[0] in "12" and "schema" in response
    ]
    # Some specs claim JSON for streams of bytes too.
    bytes_ = any(schema.get("format") == "binary" for schema in described)
    json_ = any("json" in media for media in produces)
    return _plain(described[0]) if described and json_ and not bytes_ else {}


def _plain(schema: Any) -> Any:
    """Leave of a schema what says which values it takes."""
    if not isinstance(schema, dict):
        # The values of additionalProperties: false takes none; true and nothing at all take any.
        return False if schema is False else {}
    if "$ref" in schema:
        result = {"$ref": schema["$ref"].removeprefix("#/definitions/")}
    else:
        result = {key: schema[key] for key in ("type", "enum") if key in schema}
        for key in ("items", "additionalProperties"):
            if key in schema:
                result[key] = _plain(schema[key])
        if "properties" in schema:
            result["properties"] = {
                name: _plain(each) for name, each in schema["properties"].items()
            }
        if "allOf" in schema:
            result["allOf"] = [_plain(each) for each in schema["allOf"]]
        if schema.get("required"):
            result["required"] = sorted(schema["required"])
    if schema.get("x-nullable"):
        result["x-nullable"] = True
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
