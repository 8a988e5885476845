"""Write types, values and prose as Python; all text of a spec gets into code through here."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from generator.ir import Choice, Either, Field, ListOf, MapOf, Parameter, Ref, Scalar, Type

__all__ = [
    "annotation",
    "argument",
    "decoder",
    "default",
    "docstring",
    "encodable",
    "from_wire",
    "literal",
    "note",
    "path_expression",
]

WIDTH = 96


def literal(value: Any) -> str:
    """Write a value so that Python reads the same value, whatever the text holds."""
    return repr(value)


def docstring(text: str, indent: int = 4) -> str:
    """Write prose as a docstring, which it cannot end whatever characters it has."""
    text = "".join(char for char in text if char == "\n" or char.isprintable())
    # Of three quotes the first is escaped, and one at the end.
    text = re.sub(r'"(?=""|\Z)', r"\"", text.strip().replace("\\", r"\\"))
    lines: list[str] = []
    for line in text.splitlines():
        lead = re.match(r"\s*(?:[-*] )?", line)
        margin = " " * len(lead[0]) if lead else ""
        lines += textwrap.wrap(
            line.rstrip(),
            WIDTH - indent,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        ) or [""]
    if not lines:
        lines = ["Undocumented."]
    if len(lines) > 1:
        lines.append("")
    return (
        '"""'
        + textwrap.indent("\n".join(lines), " " * indent).strip(" ")
        + (" " * indent if len(lines) > 1 else "")
        + '"""'
    )


def annotation(type_: Type) -> str:
    """Write a type as an annotation."""
    match type_:
        case Scalar(name):
            return name
        case Choice(values, base):
            return f"Literal[{', '.join(map(literal, values))}] | {base}"
        case ListOf(item):
            return f"list[{annotation(item)}]"
        case MapOf(value):
            return f"dict[str, {annotation(value)}]"
        case Ref(model):
            return model
        case Either(either, scalar):
            return f"{annotation(either)} | {annotation(scalar)}"


def default(field: Field) -> str:
    """Write what follows the annotation of a model's field."""
    secret = "repr=False" if field.secret else ""
    if field.required:
        return f" = field({secret})" if secret else ""
    if field.empty:
        factory = "factory=list" if isinstance(field.type, ListOf) else "factory=dict"
        return f" = field({', '.join(filter(None, [factory, secret]))})"
    return f" | None = field(default=None, {secret})" if secret else " | None = None"


def encodable(type_: Type) -> bool:
    """Tell whether a value of this type has models in it, which are to be written as JSON."""
    match type_:
        case Ref():
            return True
        case ListOf(item) | MapOf(item) | Either(item):
            return encodable(item)
    return False


def from_wire(field: Field) -> str:
    """Write the expression that decodes a property in `from_dict`.

    A value of another type than the spec says passes as it is: decoding never fails on what an
    engine sends. What it sent is in a variable then, called as `sent_as` says.
    """
    sent = sent_as(field)
    take = f"({sent} := take({literal(field.wire)}, None))"
    empty = ("[]" if isinstance(field.type, ListOf) else "{}") if field.empty else ""
    if encodable(field.type):
        other = f"{empty} if {sent} is None else {sent}" if empty else sent
        return _decoding(field.type, sent, take, 0, other)
    return f"{empty} if {take} is None else {sent}" if empty else take


def sent_as(field: Field) -> str:
    """Name the variable that holds what an engine sent, which no other in `from_dict` is called."""
    return f"{field.name}_"


def note(field: Field) -> str:
    """Write the statements that note whether an engine left a field out, or sent null.

    A required field gets its type's empty value then.
    """
    value, wire, sent = f"self.{field.name}", literal(field.wire), sent_as(field)
    found = f"data.get({wire}, ...)"
    if field.required:
        return (
            f"if {sent} is None:\n"
            f"    {value} = {_empty(field.type)}\n"
            f"    sent += ({wire}, {value}, {found})"
        )
    if field.empty:
        return f"if {sent} is None:\n    sent += ({wire}, {value}, {found})"
    return f"if {sent} is None and {wire} in data:\n    sent += ({wire}, None, None)"


def _empty(type_: Type) -> str:
    """Write the empty value of a type, as a program in Go would have it."""
    match type_:
        case Choice(_, base):
            return _empty(Scalar(base))
        case Either(either):
            return _empty(either)
        case Ref(model):
            return f"{model}.from_dict({{}})"
        case ListOf():
            return "[]"
        case MapOf():
            return "{}"
        case Scalar("Any"):
            return "None"
    return {"bool": "False", "bytes": 'b""', "float": "0.0", "int": "0", "str": '""'}[type_.name]


def _decoding(type_: Type, name: str, subject: str, depth: int, other: str = "") -> str:
    """Write how a value is decoded; one of another type is what `other` says, or stays."""
    item = f"v{depth + 1}"
    other = other or name
    match type_:
        case Either(either):
            return _decoding(either, name, subject, depth, other)
        case Ref(model):
            return f"{model}.from_dict({name}) if isinstance({subject}, dict) else {other}"
        case ListOf(inner):
            decoded = _decoding(inner, item, item, depth + 1)
            return f"[{decoded} for {item} in {name}] if isinstance({subject}, list) else {other}"
        case MapOf(inner):
            decoded = _decoding(inner, item, item, depth + 1)
            key = f"k{depth + 1}"
            made = f"{{{key}: {decoded} for {key}, {item} in {name}.items()}}"
            return f"{made} if isinstance({subject}, dict) else {other}"
    return name


def decoder(type_: Type | None, *, may_be_empty: bool = False) -> str:
    """Write the function that decodes the body of an answer."""
    match type_:
        case Ref(model):
            made = f"{model}.from_dict"
        # Engines send null for a list or a map that is empty.
        case ListOf(item) if encodable(item):
            made = f"lambda v: [{_decoding(item, 'v1', 'v1', 1)} for v1 in v or ()]"
        case MapOf(item) if encodable(item):
            pairs = "k1, v1 in (v or {}).items()"
            made = f"lambda v: {{k1: {_decoding(item, 'v1', 'v1', 1)} for {pairs}}}"
        case ListOf():
            made = "lambda v: v or []"
        case MapOf():
            made = "lambda v: v or {}"
        case _:
            made = "as_is"
    return f"optional({made})" if may_be_empty else made


def path_expression(path: str, parameters: tuple[Parameter, ...]) -> str:
    """Write the expression that puts the parameters into a path."""
    names = {each.wire: each.name for each in parameters if each.place == "path"}
    parts = re.split(r"\{([^}]*)\}", path)
    return " + ".join(
        f"segment({names[part]})" if place % 2 else literal(part)
        for place, part in enumerate(parts)
        if part
    )


def argument(parameter: Parameter) -> str:
    """Write the annotation of a parameter, without its None."""
    match parameter.encoding:
        case "filters":
            return "Filters"
        case "auth":
            return "RegistryAuth"
        case "auths":
            return "Mapping[str, RegistryAuth]"
    return annotation(parameter.type)
