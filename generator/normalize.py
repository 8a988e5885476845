"""Bring a corrected document into the plain form that the parser takes without loss.

Every object with properties becomes a named schema of its own, `allOf` is folded into one list of
properties, and what does not have a body by its kind loses the description of one.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from generator.errors import BuildError
from generator.load import Document, operations
from generator.names import class_name

__all__ = ["PREFIX", "body_is_described", "kind_of", "normalize"]

PREFIX = "#/components/schemas/"


def normalize(document: Document) -> None:
    """Normalize a document in place.

    Raises:
        BuildError: a reference leads nowhere, or two schemas would get the same name.
    """
    _Normalizer(document).run()


def successes(operation: Document) -> list[tuple[str, Document]]:
    """List the answers that are no errors; 304 is one, it says that there was nothing to do."""
    return [
        (status, response)
        for status, response in operation["responses"].items()
        if status[0] in "123"
    ]


def kind_of(method: str, operation: Document) -> str:
    """Name the kind of an operation: what the overlays say, else what its answers look like."""
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
    """Tell whether the schema of a success describes what an operation of this kind gives."""
    return kind in ("json", "json_stream")


class _Normalizer:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.schemas: dict[str, Document] = document["components"]["schemas"]
        self.names: dict[str, str] = {}
        """The class's name of each definition."""
        self.done: dict[str, Document] = {}
        """The named schemas, under their class's names."""

    def run(self) -> None:
        for name in self.schemas:
            self._name_definition(name)
        # A title that a definition has too, or that two different schemas have, names neither.
        for name, schema in self.schemas.items():
            self.done[self.names[name]] = self._named(schema, self.names[name])
        for _path, method, operation in operations(self.document):
            self._operation(method, operation)
        self.document["components"]["schemas"] = self.done

    def _name_definition(self, name: str) -> None:
        made = class_name(name)
        if made in self.names.values():
            raise BuildError(f"{self._version}: two definitions would be called {made}")
        self.names[name] = made

    @property
    def _version(self) -> str:
        return str(self.document["info"]["version"])

    def _operation(self, method: str, operation: Document) -> None:
        context = class_name(operation["operationId"])
        kind = kind_of(method, operation)
        operation["x-moorage-kind"] = kind
        operation["x-errors"] = [
            [status, response["description"]]
            for status, response in operation["responses"].items()
            if status[0] not in "123"
        ]
        for parameter in operation["parameters"]:
            parameter["schema"] = self._inline(
                parameter["schema"], context + class_name(parameter["name"])
            )
        if "requestBody" in operation:
            for content in operation["requestBody"]["content"].values():
                content["schema"] = self._inline(content["schema"], f"{context}Body")
        responses = {}
        for status, response in successes(operation):
            responses[status] = {"description": response["description"]}
            if body_is_described(kind):
                # A body of JSON whatever media type is claimed: the kind says so.
                for content in response.get("content", {}).values():
                    schema = self._inline(content["schema"], f"{context}Response")
                    responses[status]["content"] = {"application/json": {"schema": schema}}
        operation["responses"] = responses

    def _named(self, schema: Document, name: str) -> Document:
        """Normalize a schema that has a name, so that an object of its own stays in place."""
        if "$ref" in schema:
            return self._reference(schema)
        if "allOf" in schema:
            return self._fold(schema, name)
        result: Document = {
            key: schema[key] for key in ("description", "type", "enum", "format") if key in schema
        }
        if _has_properties(schema):
            properties = schema["properties"]
            result["title"] = name
            result["properties"] = {
                key: self._inline(each, name + class_name(key)) for key, each in properties.items()
            }
            required = [
                key
                for key in schema.get("required", [])
                if key in properties and not self._nullable(properties[key])
            ]
            if required:
                result["required"] = required
        elif schema.get("type") == "object" and "additionalProperties" in schema:
            result["additionalProperties"] = self._inline(
                schema["additionalProperties"], f"{name}Value"
            )
        if schema.get("type") == "array":
            result["items"] = self._inline(schema["items"], f"{name}Item")
        return result

    def _inline(self, schema: Document, context: str) -> Document:
        """Normalize a schema inside another one: an object with properties is moved out."""
        if "$ref" in schema:
            return self._reference(schema)
        members = schema.get("allOf", [])
        if len(members) == 1 and "$ref" in members[0] and not schema.get("properties"):
            return self._reference({**members[0], **_prose(schema)})
        if not members and not _has_properties(schema):
            return self._named(schema, context)
        for name in (schema.get("title"), context):
            if not name:
                continue
            name = class_name(name)
            made = self._named(schema, name)
            if name not in self.names.values() and self.done.setdefault(name, made) == made:
                return {"$ref": PREFIX + name, **_prose(schema)}
        raise BuildError(
            f"{self._version}: two different schemas would be called {context}:"
            " give one of them a title in overrides/spec"
        )

    def _reference(self, schema: Document) -> Document:
        name = schema["$ref"].removeprefix(PREFIX)
        if name not in self.schemas:
            raise BuildError(f"{self._version}: {schema['$ref']} leads nowhere")
        return {"$ref": PREFIX + self.names[name], **_prose(schema)}

    def _fold(self, schema: Document, name: str) -> Document:
        folded: Document = {"type": "object", "properties": {}, "required": [], **_prose(schema)}
        for member in [*schema["allOf"], {**schema, "allOf": []}]:
            plain = self._resolved(member)
            folded["properties"].update(plain.get("properties", {}))
            folded["required"].extend(plain.get("required", []))
        return self._named(folded, name)

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


def _prose(schema: Document) -> Document:
    return {"description": schema["description"]} if "description" in schema else {}
