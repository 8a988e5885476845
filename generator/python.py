"""Write types, values and prose as Python; all text of a spec passes through here."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from generator.ir import Choice, Either, Field, ListOf, MapOf, Ref, Scalar, Type

__all__ = [
    "WIDTH",
    "annotation",
    "decoder",
    "default",
    "docstring",
    "encodable",
    "from_wire",
    "keyword",
    "literal",
    "wrapped",
]

WIDTH = 96


def literal(value: Any) -> str:
    """Write a value as a Python literal, whatever the text holds."""
    return repr(value)


def docstring(text: str, indent: int = 4) -> str:
    """Write prose as a docstring, escaped so that it can't end it."""
    if not text.replace("\n", "").isprintable():
        text = "".join(char for char in text if char == "\n" or char.isprintable())
    # Escape the first of three quotes, and one at the end.
    text = re.sub(r'"(?=""|\Z)', r"\"", text.strip().replace("\\", r"\\"))
    lines = [part for line in text.splitlines() for part in wrapped(line, WIDTH - indent)]
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


def wrapped(line: str, width: int, margin: str | None = None) -> list[str]:
    """Wrap one line of prose; later lines keep its margin, or use the given one."""
    lead = re.match(r"\s*(?:[-*] )?", line)
    if margin is None:
        margin = " " * len(lead[0]) if lead else ""
    lines = textwrap.wrap(
        line.rstrip(),
        width,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
    # An overlong word must not leave its bullet, or the name of an entry, alone.
    if len(lines) > 1 and re.fullmatch(r"\s*[-*]|\s*\S+:", lines[0]):
        lines[:2] = [f"{lines[0]} {lines[1].strip()}"]
    return lines or [""]


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
    """Write the default of a model's field."""
    options = []
    if field.empty:
        options.append("factory=list" if isinstance(field.type, ListOf) else "factory=dict")
    elif not field.required:
        options.append("default=None")
    if field.secret:
        options.append("repr=False")
    if field.variables:
        options.append("converter=environment")
    optional = "" if field.required or field.empty else " | None"
    if options in ([], ["default=None"]):
        return f"{optional} = None" if options else optional
    return f"{optional} = field({', '.join(options)})"


def keyword(field: Field) -> str:
    """Write the annotation of a field that is given as a keyword, without its None."""
    more = " | Mapping[str, str | None]" if field.variables else ""
    return annotation(field.type) + more


def encodable(type_: Type) -> bool:
    """Return whether a value of this type holds models, which are encoded as JSON."""
    match type_:
        case Ref():
            return True
        case ListOf(item) | MapOf(item) | Either(item):
            return encodable(item)
    return False


def from_wire(field: Field) -> str:
    """Write the expression that decodes a property in `from_dict`.

    A value of another type than the spec's passes unchanged: decoding never fails on an engine's
    response.
    """
    wire = literal(field.wire)
    # A missing required field raises KeyError, which costs nothing if it is present.
    take = f"take({wire})" if field.required and not field.empty else f"take({wire}, None)"
    if field.type == Scalar("bytes"):
        return f"decode_bytes({take})"
    if field.variables:
        return f"as_sent({take})"
    absent = f"no_{'list' if isinstance(field.type, ListOf) else 'map'}(v, data, {wire})"
    if encodable(field.type):
        return _decoding(field.type, "v", f"(v := {take})", 0, absent if field.empty else "v")
    return f"v if (v := {take}) is not None else {absent}" if field.empty else take


def _decoding(type_: Type, name: str, subject: str, depth: int, other: str = "") -> str:
    """Write the decoding of a value; one of another type becomes `other`, or stays."""
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
            made = f"lambda v: {model}.from_dict(as_object(v))"
        # Engines send null for an empty list or map.
        case ListOf(Ref(model)):
            made = f"list_of({model}.from_dict)"
        case ListOf(item) if encodable(item):
            made = f"lambda v: [{_decoding(item, 'v1', 'v1', 1)} for v1 in as_list(v)]"
        case MapOf(item) if encodable(item):
            pairs = "k1, v1 in as_map(v).items()"
            made = f"lambda v: {{k1: {_decoding(item, 'v1', 'v1', 1)} for {pairs}}}"
        case ListOf():
            made = "as_list"
        case MapOf():
            made = "as_map"
        case _:
            made = "as_is"
    return f"optional({made})" if may_be_empty else made
