"""The encodings of parameters: the type of each value, and the function that encodes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from generator.ir import Choice, ListOf, MapOf, Parameter, Ref, Scalar, Type
from generator.python import annotation, literal

__all__ = [
    "ENCODINGS",
    "PLATFORM",
    "argument",
    "default_encoding",
    "encoded",
    "path_expression",
    "refers_to",
]

# The model of a platform.
PLATFORM = "OCIPlatform"


class Encoding(NamedTuple):
    """One way to encode a parameter; `x-moorage-encoding` names it."""

    annotation: str
    """The parameter's type; `{type}` and `{item}` are those of the specification."""
    function: str
    """The function of `moorage.contract` that takes the parameter's name and its value."""
    doc: str = ""
    """Advice for the caller, if the specification describes the wire format."""
    takes_type: bool = False
    """Whether the function takes the type as well."""


_ONE_PLATFORM = f'Give "os/arch", "os/arch/variant" or an {PLATFORM}.'

ENCODINGS = {
    "auth": Encoding("RegistryAuth", "auth_header", "Give a `moorage.auth.RegistryAuth`."),
    "auths": Encoding(
        "Mapping[str, RegistryAuth]",
        "auths_header",
        "Give the result of `moorage.auth.find_all()`.",
    ),
    "bool": Encoding("bool", "query_bool"),
    "container": Encoding("str", "container_segment"),
    "filters": Encoding(
        "Filters", "filters_json", 'Give a mapping, such as `{"label": ["a=b", "c"]}`.'
    ),
    "float": Encoding("float", "query_float"),
    "int": Encoding("int", "query_int"),
    "json": Encoding("{type}", "query_json", takes_type=True),
    "line-count": Encoding("str | int", "line_count", 'Give a number of lines, or "all".'),
    "platform": Encoding(f"str | {PLATFORM}", "platform_text", _ONE_PLATFORM),
    "platform-json": Encoding(f"str | {PLATFORM}", "platform_json", _ONE_PLATFORM),
    "platforms-json": Encoding(
        f"str | {PLATFORM} | Iterable[str | {PLATFORM}]",
        "platforms_json",
        f'Give "os/arch", "os/arch/variant" or an {PLATFORM}, one or several.',
    ),
    "segment": Encoding("str", "segment"),
    "text": Encoding("{type}", "query_text"),
    "text-or-number": Encoding("str | int", "text_or_number"),
    "texts": Encoding("{item} | Iterable[{item}]", "query_texts"),
    "time": Encoding(
        "PointInTime",
        "seconds_text",
        'Give seconds, a datetime, a duration before now such as "10m", or a timestamp.',
    ),
    "variables": Encoding("Mapping[str, str | None]", "variables_json"),
}


def default_encoding(type_: Type) -> str | None:
    """Return the default encoding of a type; None without one."""
    match type_:
        case Scalar("bool" | "float" | "int" as name):
            return name
        case Scalar("str") | Choice(_, "str"):
            return "text"
        case ListOf(Scalar("str") | Choice(_, "str")):
            return "texts"
        case MapOf():
            return "json"
    return None


def argument(parameter: Parameter) -> str:
    """Write the annotation of a parameter, without its None."""
    type_ = parameter.type
    item = annotation(type_.item if isinstance(type_, ListOf) else type_)
    form = ENCODINGS[parameter.encoding].annotation
    return form.replace("{type}", annotation(type_)).replace("{item}", item)


def encoded(parameter: Parameter) -> str:
    """Write the expression that encodes a parameter."""
    encoding = ENCODINGS[parameter.encoding]
    more = f", {literal(annotation(parameter.type))}" if encoding.takes_type else ""
    made = f"{encoding.function}({literal(parameter.name)}, {parameter.name}{more})"
    # The functions for parts of a path refuse None themselves.
    if parameter.required and parameter.place != "path":
        return f"needed({literal(parameter.name)}, {made})"
    return made


def refers_to(encoding: str) -> Iterator[Ref]:
    """List the models in an encoding's annotation."""
    if PLATFORM in ENCODINGS[encoding].annotation:
        yield Ref(PLATFORM)


def path_expression(path: str, parameters: tuple[Parameter, ...]) -> str:
    """Write the expression that puts the parameters into a path."""
    named = {each.wire: each for each in parameters if each.place == "path"}
    parts = re.split(r"\{([^}]*)\}", path)
    return " + ".join(
        encoded(named[part]) if place % 2 else literal(part)
        for place, part in enumerate(parts)
        if part
    )
