"""Make an operation's parameters: their names, their order and how each is encoded."""

from __future__ import annotations

import re
from typing import Any

from generator.ir import ListOf, MapOf, Parameter, Ref, Scalar, Type
from generator.load import Document
from generator.names import identifier
from generator.prose import plain

__all__ = ["parameters_of"]

# What an operation's functions have already: other arguments, and what they call.
TAKEN = frozenset(
    {"as_is", "auth_header", "auths_header", "body", "body_json", "content", "dict", "encode",
     "fields", "filters_json", "isinstance", "list", "optional", "request", "segment", "self",
     "to_json"}
)  # fmt: skip

# Parameters that carry credentials, which a user gives as objects.
AUTHORITIES = {"X-Registry-Auth": "auth", "X-Registry-Config": "auths"}


def parameters_of(
    path: str, described: list[Document], types: dict[tuple[str, str], Type]
) -> tuple[Parameter, ...]:
    """Make the parameters: those of the path in its order, then the others in the spec's order."""
    taken = set(TAKEN)
    order = re.findall(r"\{([^}]*)\}", path)
    described = sorted(
        described,
        key=lambda each: order.index(each["name"]) if each["in"] == "path" else len(order),
    )
    made = []
    for each in described:
        name = identifier(each["name"].removeprefix("X-"), taken)
        taken.add(name)
        type_ = types[each["in"], each["name"]]
        made.append(
            Parameter(
                wire=each["name"],
                name=name,
                type=type_,
                place=each["in"],
                required=each.get("required", False),
                encoding=_encoding(each, type_),
                doc=plain(each.get("description", "")),
            )
        )
    return tuple(made)


def _encoding(described: Document, type_: Any) -> str:
    if described["name"] in AUTHORITIES:
        return AUTHORITIES[described["name"]]
    if described["name"] == "filters" and type_ == Scalar("str"):
        return "filters"
    structured = isinstance(type_, MapOf | Ref) or (
        isinstance(type_, ListOf) and isinstance(type_.item, MapOf | Ref)
    )
    return "json" if structured or described.get("x-moorage-json") else "plain"
