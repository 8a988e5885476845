"""Make an operation's parameters: their names, their order and how each is encoded."""

from __future__ import annotations

import re

from generator.encodings import ENCODINGS, default_encoding, refers_to
from generator.errors import BuildError
from generator.ir import Parameter, Scalar, Type
from generator.load import Document
from generator.names import identifier
from generator.prose import plain
from generator.wording import reworded

__all__ = ["parameters_of"]

# Names used in an operation's functions: other arguments, and called functions.
TAKEN = frozenset(
    {"api_version", "as_is", "body", "body_json", "content", "dict", "extra", "fields",
     "isinstance", "items_json", "list", "optional", "request", "self",
     *(each.function for each in ENCODINGS.values())}
)  # fmt: skip

# Engines write a container's name with a leading slash.
CONTAINER = "/containers/{"

# Parameters that carry credentials, given as objects.
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
        encoding = _encoding(path, each, types[each["in"], each["name"]])
        type_ = next(refers_to(encoding), types[each["in"], each["name"]])
        made.append(
            Parameter(
                wire=each["name"],
                name=name,
                type=type_,
                place=each["in"],
                required=each.get("required", False),
                encoding=encoding,
                doc=reworded(encoding, plain(each.get("description", ""))),
            )
        )
    return tuple(made)


def _encoding(path: str, described: Document, type_: Type) -> str:
    name = described["name"]
    if "x-moorage-encoding" in described:
        encoding = described["x-moorage-encoding"]
        if encoding not in ENCODINGS:
            raise BuildError(
                f"{path}: the parameter {name} has the x-moorage-encoding {encoding!r}:"
                f" write one of {', '.join(ENCODINGS)}"
            )
        return str(encoding)
    if described["in"] == "path":
        return "container" if path.startswith(CONTAINER) else "segment"
    if name in AUTHORITIES:
        return AUTHORITIES[name]
    if name == "filters" and type_ == Scalar("str"):
        return "filters"
    default = default_encoding(type_)
    if default is None:
        raise BuildError(
            f"{path}: the parameter {name} has a type that has no encoding:"
            " give it a schema, or an x-moorage-encoding, in overrides/spec"
        )
    return default
