"""Convert Swagger 2 to OpenAPI 3, and repair errors common to all versions."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from generator.load import Document, operations

__all__ = ["convert"]

PARAMETER_KEYS = ("name", "in", "description", "required")
MEDIA_JSON = "application/json"
MEDIA_BYTES = "application/octet-stream"


def convert(version: str, document: Document) -> Document:
    """Return the OpenAPI 3 document for a Swagger 2 document, which stays unchanged."""
    paths: Document = {}
    for path, method, operation in operations(document):
        shared = document["paths"][path].get("parameters", [])
        paths.setdefault(path, {})[method] = _operation(document, operation, shared)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Docker Engine API", "version": version},
        "servers": [{"url": f"/v{version}"}],
        "tags": [dict(tag) for tag in document.get("tags", [])],
        "paths": paths,
        "components": {
            "schemas": {name: _schema(schema) for name, schema in document["definitions"].items()}
        },
    }


def _operation(document: Document, operation: Document, shared: list[Document]) -> Document:
    produces = operation.get("produces") or document.get("produces") or []
    consumes = operation.get("consumes") or document.get("consumes") or []
    parameters = [*operation.get("parameters", []), *shared]
    result: Document = {
        key: deepcopy(operation[key])
        for key in ("operationId", "summary", "description", "tags")
        if key in operation
    }
    result["parameters"] = [
        _parameter(each)
        for each in parameters
        # Content-Type follows from the body; as a parameter it would be sent twice.
        if each["in"] != "body" and each["name"].lower() != "content-type"
    ]
    for each in parameters:
        if each["in"] == "body":
            result["requestBody"] = _body(each, consumes)
    result["responses"] = {
        str(status): _response(response, produces)
        for status, response in operation["responses"].items()
    }
    return result


def _parameter(parameter: Document) -> Document:
    schema = parameter.get("schema") or {
        key: value
        for key, value in parameter.items()
        if key not in PARAMETER_KEYS and key != "collectionFormat"
    }
    result = {key: parameter[key] for key in PARAMETER_KEYS if key in parameter}
    result["schema"] = _schema(schema)
    return result


def _body(parameter: Document, consumes: list[str]) -> Document:
    schema = _schema(parameter["schema"])
    # `consumes` has wrong types for JSON and omits x-tar: the schema is right.
    binary = schema.get("type") == "string"
    media = MEDIA_BYTES if binary else MEDIA_JSON
    tar = "application/x-tar"
    return {
        "description": parameter.get("description", ""),
        "required": parameter.get("required", False),
        "content": {
            media: {"schema": {"type": "string", "format": "binary"} if binary else schema}
        },
        "x-name": parameter["name"],
        "x-content-type": (tar if tar in consumes else MEDIA_BYTES) if binary else MEDIA_JSON,
    }


def _response(response: Document, produces: list[str]) -> Document:
    result: Document = {"description": response.get("description", "")}
    if "schema" in response:
        json = not produces or any("json" in media for media in produces)
        text = any(media.startswith("text/") for media in produces)
        media = MEDIA_JSON if json else "text/plain" if text else MEDIA_BYTES
        result["content"] = {media: {"schema": _schema(response["schema"])}}
    return result


def _schema(schema: Document) -> Document:
    """Convert a schema and its parts, keeping only shape and prose."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        reference: Document = {"$ref": f"#/components/schemas/{name}"}
        for key in ("description", "x-nullable"):
            if key in schema:
                reference[key] = schema[key]
        return reference
    result: Document = {
        key: deepcopy(schema[key])
        for key in ("title", "description", "required", "x-nullable")
        if key in schema
    }
    kind = _type(schema)
    if kind is not None:
        result["type"] = kind
    values = [value for value in schema.get("enum", []) if isinstance(value, str | int)]
    if values and kind in ("string", "integer"):
        result["enum"] = values
    if schema.get("format") == "binary":
        result["format"] = "binary"
    if "properties" in schema:
        result["properties"] = {
            name: _schema(each or {}) for name, each in schema["properties"].items()
        }
    if isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = _schema(schema["additionalProperties"])
    if kind == "array":
        result["items"] = _schema(schema.get("items") or {})
    if "allOf" in schema:
        result["allOf"] = [_schema(each) for each in schema["allOf"]]
    return result


def _type(schema: Document) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):  # [array, string]: engines take and send arrays
        return "array" if "array" in kind else kind[0]
    if kind is None and ("properties" in schema or "additionalProperties" in schema):
        return "object"
    if kind is None and "enum" in schema:
        return "string"
    return kind
