"""Write the docstrings of generated code, in Google's style."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from generator import encodings
from generator.ir import Body, Choice, Field, ListOf, MapOf, Model, Operation, Parameter, Ref, Type
from generator.kinds import Option
from generator.python import WIDTH, annotation, keyword, wrapped

__all__ = ["field_prose", "method_prose", "model_prose", "namespace_prose"]

# The width of prose in the docstring of a method.
METHOD = WIDTH - 8

EXTRA = "Fields the specification does not define, by their JSON names."

# Abbreviations that don't end a sentence.
SENTENCE = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)\s")

ERRORS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "409": "Conflict",
    "500": "ServerError",
    "503": "Unavailable",
}


def namespace_prose(name: str) -> str:
    """Write the docstring of a namespace."""
    return f"Operations of `engine.{name}`."


def model_prose(model: Model) -> str:
    """Write the docstring of a model."""
    return _with_since(model.doc or f"{model.name}.", model.since)


def field_prose(field: Field) -> str:
    """Write the docstring of a model's field, which begins with its JSON name."""
    wire = f"`{field.wire}`" if field.wire != field.name else ""
    return _with_since(": ".join(filter(None, [wire, field.doc])), field.since)


def method_prose(
    operation: Operation, options: Sequence[Option], fields: Sequence[Field] | None
) -> str:
    """Write the docstring of a method: summary, arguments, errors and endpoint.

    Args:
        operation: The operation.
        options: The keywords that are not sent to the engine.
        fields: The fields of the body that can be given by name; None if the body is not a model.
    """
    arguments = [_parameter(each) for each in operation.parameters]
    if operation.body is not None:
        arguments.append(_body(operation, operation.body, by_fields=bool(fields)))
    arguments += [_entry(each.name, each.doc) for each in options]
    parts = [operation.doc or f"{operation.id}.", *_section("Args", arguments)]
    if fields:
        listed = [*map(_field, fields), _entry("extra (dict[str, Any])", EXTRA)]
        parts += _section("Keyword Args", listed)
    errors = [_entry(ERRORS.get(status, "APIError"), text) for status, text in operation.errors]
    parts += _section("Raises", dict.fromkeys(errors))
    since = f" Since API {operation.since}." if operation.since else ""
    parts.append(f"{operation.method} {operation.path}.{since}")
    return "\n\n".join(parts)


def _section(title: str, entries: Iterable[str]) -> list[str]:
    text = "\n".join(entries)
    return [f"{title}:\n{text}"] if text else []


def _parameter(parameter: Parameter) -> str:
    given = encodings.ENCODINGS[parameter.encoding].doc
    doc = "\n\n".join(filter(None, [parameter.doc.strip(), given]))
    since = f" Since API {parameter.since}." if parameter.since else ""
    return _entry(parameter.name, f"{doc}{since}".strip() or f"`{parameter.wire}`.")


def _body(operation: Operation, body: Body, *, by_fields: bool) -> str:
    parts = [body.doc]
    if body.name == "content":
        parts.append("Give bytes, a path, an open binary file, or chunks of bytes.")
    elif by_fields:
        parts.append(f"Give a `{operation.body_model}`, or its fields by name.")
    text = " ".join(filter(None, parts))
    return _entry(body.name, text or f"Give `{annotation(body.type)}`.")


def _field(field: Field) -> str:
    since = f" Since API {field.since}." if field.since else ""
    first = SENTENCE.split(field.doc.partition("\n")[0], maxsplit=1)[0]
    text = re.sub(r":\Z", ".", first) or f"`{field.wire}`."
    return _entry(f"{field.name} ({_short(field)})", text + since)


def _short(field: Field) -> str:
    """Write the type of a field without the known values of an enum."""
    return keyword(
        Field(field.wire, field.name, _open(field.type), True, variables=field.variables)
    )


def _open(type_: Type) -> Type:
    match type_:
        case Choice(_, base):
            return Ref(base)
        case ListOf(item):
            return ListOf(_open(item))
        case MapOf(value):
            return MapOf(_open(value))
    return type_


def _entry(name: str, text: str) -> str:
    """Write an entry of a section; lines after the first are indented twice."""
    first, *rest = text.strip().splitlines() or [""]
    lines = wrapped(f"    {name}: {first}".rstrip(), METHOD, " " * 8)
    for line in rest:
        lines += wrapped(f"        {line}".rstrip(), METHOD)
    return "\n".join(lines)


def _with_since(text: str, since: str) -> str:
    return "\n\n".join(filter(None, [text, f"Since API {since}." if since else ""]))
