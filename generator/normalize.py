"""Normalize a corrected document to the plain form that the parser reads without loss.

Every object with properties becomes a named schema, and all other schemas are inlined; `allOf` is
folded into one list of properties; and responses without a body by their kind lose its description.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from itertools import count
from typing import Any

from generator.errors import BuildError
from generator.kinds import KINDS
from generator.load import Document, operations
from generator.names import class_name, pascal

__all__ = ["PREFIX", "body_is_described", "kind_of", "normalize"]

PREFIX = "#/components/schemas/"

# Keys that the parser reads from the document itself, beside the library.
MARKS = (
    "x-moorage-also",
    "x-moorage-bytes",
    "x-moorage-secret",
    "x-moorage-variables",
    "x-nullable",
)


def normalize(document: Document, renames: Mapping[str, str]) -> None:
    """Normalize a document in place.

    Args:
        document: An OpenAPI 3 document.
        renames: Better names of types, by their default names.

    Raises:
        BuildError: A reference leads nowhere, or two schemas would get the same name.
    """
    _Normalizer(document, renames).run()


def successes(operation: Document) -> list[tuple[str, Document]]:
    """List the successful responses; 304 is one, meaning that there was nothing to do."""
    return [
        (status, response)
        for status, response in operation["responses"].items()
        if status[0] in "123"
    ]


def kind_of(method: str, operation: Document) -> str:
    """Return the kind of an operation: from the overlays, else from its responses."""
    if "x-moorage-kind" in operation:
        return str(operation["x-moorage-kind"])
    if method == "head":
        return "headers"
    contents = [
        response["content"] for _, response in successes(operation) if "content" in response
    ]
    if not contents:
        return "nothing"
    (media,) = contents[0]
    if media == "text/plain":
        return "text"
    return "json" if media == "application/json" else "download"


def body_is_described(kind: str) -> bool:
    """Return whether the schema of a success describes the result of this kind."""
    return KINDS[kind].described


class _Normalizer:
    def __init__(self, document: Document, renames: Mapping[str, str]) -> None:
        self.document = document
        self.renames = renames
        self.schemas: dict[str, Document] = document["components"]["schemas"]
        self.names: dict[str, str] = {}
        """The class name of each definition that becomes a class."""
        self.done: dict[str, Document] = {}
        """The named schemas, under their class's names."""
        self.inlining: list[str] = []
        """The definitions without a class, which are inlined."""
        self.maps = count(1)

    def run(self) -> None:
        for name, schema in self.schemas.items():
            if _has_properties(schema) or (_folds(schema) and _alias(schema) is None):
                self._name_definition(name, schema)
        for name, made in self.names.items():
            self.done[made] = self._named(self.schemas[name], made)
        for _path, method, operation in operations(self.document):
            self._operation(method, operation)
        self.document["components"]["schemas"] = self.done

    def _name_definition(self, name: str, schema: Document) -> None:
        made = self._class(schema.get("x-moorage-name", name))
        if made in self.names.values():
            raise BuildError(f"{self._version}: two definitions would be called {made}")
        self.names[name] = made

    def _class(self, text: str) -> str:
        made = class_name(text)
        return self.renames.get(made, made)

    @property
    def _version(self) -> str:
        return str(self.document["info"]["version"])

    def _operation(self, method: str, operation: Document) -> None:
        context = pascal(operation["operationId"])
        kind = kind_of(method, operation)
        operation["x-moorage-kind"] = kind
        operation["x-errors"] = [
            [status, response["description"]]
            for status, response in operation["responses"].items()
            if status[0] not in "123"
        ]
        for parameter in operation["parameters"]:
            parameter["schema"] = self._inline(
                parameter["schema"], context + pascal(parameter["name"])
            )
        if "requestBody" in operation:
            for content in operation["requestBody"]["content"].values():
                content["schema"] = self._inline(content["schema"], f"{context}Request")
        responses = {}
        for status, response in successes(operation):
            responses[status] = {"description": response["description"]}
            if body_is_described(kind):
                # The kind implies a JSON body, whatever the media type.
                for content in response.get("content", {}).values():
                    schema = self._inline(content["schema"], f"{context}Response")
                    responses[status]["content"] = {"application/json": {"schema": schema}}
        operation["responses"] = responses

    def _named(self, schema: Document, name: str) -> Document:
        """Normalize a named schema, which stays in place."""
        if (alias := _alias(schema)) is not None:
            return self._reference(alias)
        if _folds(schema):
            return self._fold(schema, name)
        kept = ("description", "type", "enum", "format", *MARKS)
        result: Document = {key: schema[key] for key in kept if key in schema}
        if _has_properties(schema):
            properties = schema["properties"]
            result["title"] = name
            result["properties"] = {
                key: self._inline(each, name + pascal(key)) for key, each in properties.items()
            }
            required = [
                key
                for key in schema.get("required", [])
                if key in properties and not self._nullable(properties[key])
            ]
            if required:
                result["required"] = required
        elif schema.get("type") == "object" and "additionalProperties" in schema:
            # The parser makes a class for every map, named by its place, which may clash with
            # another schema.
            result["title"] = f"MapOfValues{next(self.maps)}"
            result["additionalProperties"] = self._inline(
                schema["additionalProperties"], f"{name}Value"
            )
        if schema.get("type") == "array":
            result["items"] = self._inline(schema["items"], f"{name}Item")
        return result

    def _inline(self, schema: Document, context: str) -> Document:
        """Normalize a schema inside another one; an object with properties is moved out."""
        if _alias(schema) is not None or not (_has_properties(schema) or _folds(schema)):
            return self._named(schema, context)
        # A name used by an object of another shape is avoided.
        texts = [class_name(each) for each in (schema.get("title"), context) if each]
        for name in (*map(self._class, texts), *texts):
            if self._moved_out(schema, name):
                return {"$ref": PREFIX + name, **_prose(schema)}
        raise BuildError(
            f"{self._version}: two different schemas would be called {context}:"
            " give one of them a title in overrides/spec, or a name in overrides/names.yaml"
        )

    def _moved_out(self, schema: Document, name: str) -> bool:
        """Name an object, unless an object of another shape has the name."""
        for definition, taken in self.names.items():
            if taken == name:
                return bool(_shape(self.schemas[definition]) == _shape(schema))
        before = dict(self.done)
        made = self._named(schema, name)
        if _shape(self.done.setdefault(name, made)) == _shape(made):
            return True
        self.done = before  # undo schemas moved out with it
        return False

    def _reference(self, schema: Document) -> Document:
        name = schema["$ref"].removeprefix(PREFIX)
        if name not in self.schemas:
            raise BuildError(f"{self._version}: {schema['$ref']} leads nowhere")
        if name in self.names:
            return {"$ref": PREFIX + self.names[name], **_prose(schema)}
        if name in self.inlining:
            raise BuildError(f"{self._version}: {schema['$ref']} consists of nothing but itself")
        self.inlining.append(name)
        made = self._named(self.schemas[name], self._class(name))
        self.inlining.pop()
        return made | _prose(schema)

    def _fold(self, schema: Document, name: str) -> Document:
        plain = self._resolved(schema)
        return self._named({"type": "object", **plain, **_prose(schema)}, name)

    def _resolved(self, schema: Document) -> Document:
        while "$ref" in schema:
            self._reference(schema)
            schema = self.schemas[schema["$ref"].removeprefix(PREFIX)]
        if not schema.get("allOf"):
            return schema
        result: Document = {"properties": {}, "required": []}
        for member in [*schema["allOf"], {**schema, "allOf": []}]:
            plain = self._resolved(member)
            result["properties"].update(deepcopy(plain.get("properties", {})))
            result["required"].extend(plain.get("required", []))
        return result

    def _nullable(self, schema: Document) -> bool:
        if schema.get("x-nullable"):
            return True
        target: Any = self.schemas.get(schema.get("$ref", "").removeprefix(PREFIX), {})
        return bool(target.get("x-nullable"))


def _has_properties(schema: Document) -> bool:
    return schema.get("type") == "object" and bool(schema.get("properties"))


def _folds(schema: Document) -> bool:
    return bool(schema.get("allOf"))


def _alias(schema: Document) -> Document | None:
    """Return the reference of a schema that is only a reference, in any form; else None.

    An `allOf` of one reference is one, beside members without a shape.
    """
    if "$ref" in schema:
        return schema
    members = [each for each in schema.get("allOf", []) if "$ref" in each or each.get("properties")]
    if len(members) != 1 or "$ref" not in members[0] or schema.get("properties"):
        return None
    return {**members[0], **_prose(schema)}


def _prose(schema: Document) -> Document:
    """Return the prose beside a reference."""
    kept = ("description", *(mark for mark in MARKS if mark != "x-nullable"))
    return {key: schema[key] for key in kept if key in schema}


def _shape(schema: Any) -> Any:
    """Return a schema without its prose, and whether it is nullable."""
    if isinstance(schema, dict):
        return {
            key: _shape(value)
            for key, value in schema.items()
            if key not in ("title", "description", "x-nullable") or isinstance(value, dict)
        }
    return schema
