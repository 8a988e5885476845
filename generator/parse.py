"""Parse an OpenAPI 3 document with openapi-python-client, and extract its result.

Only this module knows that library, whose internals are not a stable interface. Its warnings are
errors here, and so is anything in the document that is missing in the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any

from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import errors, openapi
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.literal_enum_property import LiteralEnumProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.string import StringProperty

from generator.errors import BuildError
from generator.ir import (
    Api,
    Body,
    Choice,
    Either,
    Field,
    ListOf,
    MapOf,
    Model,
    Operation,
    Process,
    Ref,
    Scalar,
    Type,
)
from generator.load import Document, operations
from generator.marks import JSON_TYPES
from generator.names import identifier, method_name, namespace_name
from generator.parameters import parameters_of
from generator.prose import plain
from generator.wording import reworded

__all__ = ["parse"]

# Names in use in a model's class and its body.
TAKEN_FIELDS = frozenset(
    {"as_sent", "bool", "bytes", "decode_bytes", "dict", "environment", "extra", "field", "float",
     "from_dict", "int", "list", "no_list", "no_map", "self", "str", "to_dict"}
)  # fmt: skip

SCALARS: dict[type[Any], str] = {
    AnyProperty: "Any",
    BooleanProperty: "bool",
    FileProperty: "bytes",
    FloatProperty: "float",
    IntProperty: "int",
    StringProperty: "str",
}


def parse(version: str, document: Document) -> Api:
    """Parse a normalized document.

    Raises:
        BuildError: The library reported something, or something was lost.
    """
    config = Config.from_sources(
        ConfigFile(use_path_prefixes_for_title_model_names=False, literal_enums=True),
        MetaType.NONE,
        document_source=version,
        file_encoding="utf-8",
        overwrite=False,
        output_path=None,
    )
    with _shallow_copies():
        data = openapi.GeneratorData.from_dict(document, config=config)
    if isinstance(data, errors.GeneratorError):
        raise BuildError(f"{version}: {data.header}: {data.detail}")
    collections = data.endpoint_collections_by_tag.values()
    reports = [*data.errors, *(each for one in collections for each in one.parse_errors)]
    if reports:
        raise BuildError(f"{version}: " + "; ".join(f"{r.header}: {r.detail}" for r in reports))
    endpoints = {
        (_text(endpoint.path), endpoint.method): endpoint
        for collection in collections
        for endpoint in collection.endpoints
    }
    schemas = document["components"]["schemas"]
    # A property parsed before its reference knows only the class of it.
    classes = {str(model.class_info.name): model for model in data.models}
    found = {_text(model.data.title): model for model in data.models if model.data.title}
    reader = _Reader(version, classes)
    models = {
        name: _model(reader, name, schema, found)
        for name, schema in schemas.items()
        if schema.get("properties")
    }
    tags = {tag["name"]: tag for tag in document["tags"]}
    parsed = []
    for path, method, operation in operations(document):
        endpoint = endpoints.get((_python_path(endpoints, path), method))
        if endpoint is None:
            raise reader.lost(f"{method.upper()} {path}")
        parsed.append(_operation(reader, path, method, operation, endpoint, tags))
    return Api(version, models, tuple(parsed))


@contextmanager
def _shallow_copies() -> Iterator[None]:
    """Spare the library the deep copy of every endpoint, which takes longer than all the rest.

    It copies an endpoint to sort the parameters of its path, and drops the original.
    """
    deep = openapi.deepcopy  # type: ignore[attr-defined]
    openapi.deepcopy = copy  # type: ignore[attr-defined, assignment]
    try:
        yield
    finally:
        openapi.deepcopy = deep  # type: ignore[attr-defined]


def _python_path(endpoints: Any, path: str) -> str:
    return next((known for known, _ in endpoints if _same(known, path)), path)


def _same(one: str, other: str) -> bool:
    pairs = [one.split("/"), other.split("/")]
    return len(pairs[0]) == len(pairs[1]) and all(
        a == b or (a[:1] == b[:1] == "{") for a, b in zip(*pairs, strict=True)
    )


def _text(value: Any) -> str:
    """Read text that the library marks as untrusted; the renderer quotes it."""
    text = value.get_untrusted_value() if hasattr(value, "get_untrusted_value") else value
    return "" if text is None else str(text)


@dataclass(frozen=True)
class _Reader:
    """Reads the types of one version's properties."""

    version: str
    classes: dict[str, Any]

    def lost(self, what: str) -> BuildError:
        return BuildError(f"{self.version}: the parser lost {what}")

    def type(self, where: str, found: Any) -> Type:
        scalar = SCALARS.get(type(found))
        if scalar is not None:
            return Scalar(scalar)
        if isinstance(found, LiteralEnumProperty):
            return Choice(tuple(sorted(found.values)), found.value_type.__name__)
        if isinstance(found, ListProperty):
            return ListOf(self.type(f"{where}[]", found.inner_property))
        if isinstance(found, ModelProperty):
            if found.data.properties:
                return Ref(_text(found.data.title))
            values = self.classes[found.class_info.name].additional_properties
            return MapOf(self.type(f"{where}{{}}", values) if values else Scalar("Any"))
        kind = type(found).__name__
        raise BuildError(f"{self.version}: {where} is a {kind}, which has no type here yet")


def _model(reader: _Reader, name: str, schema: Document, found: dict[str, Any]) -> Model:
    if name not in found:
        raise reader.lost(f"the schema {name}")
    model = found[name]
    properties = {
        _text(each.name): each for each in [*model.required_properties, *model.optional_properties]
    }
    if set(properties) != set(schema["properties"]):
        lost = ", ".join(sorted(set(schema["properties"]) ^ set(properties)))
        raise reader.lost(f"properties of {name}: {lost}")
    fields = []
    taken = set(TAKEN_FIELDS)
    for wire, described in schema["properties"].items():
        type_ = _with_scalars(reader.type(f"{name}.{wire}", properties[wire]), described)
        if "x-moorage-bytes" in described:
            type_ = Scalar("bytes")
        # Engines send null for any array or map, whatever the spec requires.
        required = properties[wire].required and not isinstance(type_, ListOf | MapOf)
        python = identifier(wire, taken)
        taken.add(python)
        doc, secret = plain(described.get("description", "")), "x-moorage-secret" in described
        if type_ == Scalar("bytes"):
            doc = reworded("bytes", doc)
        variables = "x-moorage-variables" in described
        fields.append(Field(wire, python, type_, required, doc, secret=secret, variables=variables))
    return Model(name, tuple(fields), plain(schema.get("description", "")))


def _with_scalars(type_: Type, described: Document) -> Type:
    """Add alternatives of a value, which the library does not report."""
    if "x-moorage-also" in described:
        return Either(type_, Scalar(JSON_TYPES[described["x-moorage-also"]]))
    match type_:
        case ListOf(item):
            return ListOf(_item(item, described["items"]))
        case MapOf(value) if described.get("additionalProperties"):
            return MapOf(_item(value, described["additionalProperties"]))
    return type_


def _item(type_: Type, described: Document) -> Type:
    made = _with_scalars(type_, described)
    return Either(made, Scalar("None")) if described.get("x-nullable") else made


def _operation(
    reader: _Reader, path: str, method: str, described: Document, endpoint: Any, tags: Document
) -> Operation:
    where = described["operationId"]
    kind = described["x-moorage-kind"]
    properties = {(place, _text(each.name)): each for place, each in endpoint.iter_all_parameters()}
    types: dict[tuple[str, str], Type] = {}
    for each in described["parameters"]:
        key = (each["in"], each["name"])
        if key not in properties:
            raise reader.lost(f"the parameter {key[1]} of {where}")
        types[key] = reader.type(f"{where}({key[1]})", properties[key])
    contents = [
        response
        for response in endpoint.responses
        if "content" in described["responses"].get(response.status_code.pattern, {})
    ]
    expected = sum("content" in each for each in described["responses"].values())
    if len(contents) != expected or len(endpoint.responses.patterns) != len(described["responses"]):
        raise reader.lost(f"an answer of {where}")
    results = {reader.type(f"{where}()", each.prop) for each in contents}
    if len(results) > 1:
        raise BuildError(f"{reader.version}: {where} has answers of different types")
    if kind == "json" and not results:
        raise BuildError(f"{reader.version}: {where} gives JSON, and no schema says which")
    tag = (described.get("tags") or ["System"])[0]
    namespace, _, name = described.get("x-moorage-name", "").partition(".")
    return Operation(
        id=where,
        namespace=namespace or tags.get(tag, {}).get("x-moorage-namespace") or namespace_name(tag),
        name=name or method_name(where, tag),
        method=method.upper(),
        path=path,
        kind=kind,
        parameters=parameters_of(path, described["parameters"], types),
        body=_body(reader, described, endpoint),
        result=results.pop() if results else None,
        may_be_empty=kind == "json" and len(described["responses"]) > expected,
        upgrade=described.get("x-moorage-upgrade"),
        process=_process(described),
        detach=described.get("x-moorage-detach"),
        doc=reworded(kind, _prose(described)),
        errors=tuple((status, plain(text)) for status, text in described["x-errors"]),
    )


def _body(reader: _Reader, described: Document, endpoint: Any) -> Body | None:
    if "requestBody" not in described:
        return None
    body = described["requestBody"]
    if len(endpoint.bodies) != 1:
        raise reader.lost(f"the body of {described['operationId']}")
    type_ = reader.type(f"{described['operationId']}(body)", endpoint.bodies[0].prop)
    required = body["required"] or isinstance(type_, Ref)
    return Body(
        "body" if type_ != Scalar("bytes") else "content",
        type_,
        required,
        body["x-content-type"],
        reworded("body", plain(body["description"])),
    )


def _process(described: Document) -> Process | None:
    declared = described.get("x-moorage-process")
    if declared is None:
        return None
    ways = {name: tuple(way) for name, way in declared.items() if isinstance(way, list)}
    return Process(declared["path"], resize=declared.get("resize"), **ways)


def _prose(described: Document) -> str:
    parts = [described.get("summary", ""), described.get("description", "")]
    return "\n\n".join(plain(part) for part in parts if part and part.strip())
