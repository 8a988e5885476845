"""The contract of an operation in the generated code: answer, body and parameters.

The generated clients have the corrected specification of each version, so a fake engine that reads
them takes and sends what that version does, and nothing else.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from attrs import frozen

from moorage.model.annotations import parsed
from moorage.model.base import Model, layout
from moorage.model.decoding import empty
from moorage.namespace import request_builder
from moorage.versions.bundled import version_module

__all__ = ["Contract", "Kind", "contract_of", "kind_of"]


@frozen
class Kind:
    """A type of JSON, read from an annotation of the generated code.

    Attributes:
        name: "any", "list", "map", "model", or the name of a scalar: "str", "int", "float", "bool".
        item: The type of a list's items or a map's values.
        model: The class of an object.
    """

    name: str
    item: Kind | None = None
    model: Any = None


@frozen
class Contract:
    """An operation of a version.

    Attributes:
        answer: The type of its JSON, or of each piece of JSON in its stream.
        body: The type of the body that it takes as JSON; None if it takes none.
        parameters: The types of its keywords, whose names are in lower case and without
            underscores.
    """

    answer: Kind
    body: Kind | None
    parameters: Mapping[str, Kind]


ANY = Kind("any")
_SCALARS = {"str", "int", "float", "bool", "bytes"}


@cache
def contract_of(version: str, operation: str) -> Contract:
    """Return the contract of an operation in the generated client of a version."""
    namespace, _, method = operation.partition(".")
    function = getattr(type(getattr(_engine(version), namespace)), method)
    said = dict(request_builder(function).__annotations__)
    models = version_module(version)
    answer = _kind(parsed(said.pop("return")), models)
    body = said.get("body")
    return Contract(
        answer.item or ANY,
        _kind(parsed(body), models) if body else None,
        {plain(name): _kind(parsed(text), models) for name, text in said.items()},
    )


def plain(name: str) -> str:
    """Normalise a name so that a keyword and the wire's name are the same."""
    return name.replace("_", "").replace("-", "").lower()


@cache
def kind_of(model: Any) -> Mapping[str, Kind]:
    """Return the types of a model's fields, by their JSON names."""
    names = vars(sys.modules[model.__module__])
    return {
        wire: _kind(parsed(annotation), SimpleNamespace(**names))
        for wire, (_, annotation) in layout(model).places.items()
    }


def required(model: Any) -> Iterable[str]:
    """Name the fields that engines always send."""
    return sorted(model._required)


def nothing_of(model: Any, wire: str) -> Any:
    """Return the value of a field that is always sent and otherwise unknown."""
    annotation = layout(model).places[wire][1]
    value = empty(annotation, vars(sys.modules[model.__module__]))
    if isinstance(value, Model):
        return {each: nothing_of(type(value), each) for each in required(type(value))}
    return "" if isinstance(value, bytes) else value


@cache
def _engine(version: str) -> Any:
    return version_module(version).Engine(SimpleNamespace(version=version))


def _kind(node: ast.expr, names: Any) -> Kind:
    """Read an annotation; parts beyond JSON are ignored."""
    match node:
        case ast.BinOp(left=left, right=right):
            arms = [
                each for each in (_kind(left, names), _kind(right, names)) if each.name != "None"
            ]
            if len({each.name for each in arms}) == 1:
                return arms[0]
            # A list or a map comes first, before other forms that Python programs may give.
            structured = [each for each in arms if each.name in ("list", "map")]
            return structured[0] if structured else ANY
        case ast.Constant(value=None):
            return Kind("None")
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inside):
            first = inside.elts[0] if isinstance(inside, ast.Tuple) else inside
            value = first.value if isinstance(first, ast.Constant) else ""
            return Kind(type(value).__name__)
        case ast.Subscript(value=ast.Name(id="Request"), slice=inside):
            return Kind("request", _kind(inside, names))
        case ast.Subscript(value=ast.Name(id="list" | "Iterable"), slice=inside):
            return Kind("list", _kind(inside, names))
        case ast.Subscript(value=ast.Attribute(attr="list"), slice=inside):
            return Kind("list", _kind(inside, names))
        case ast.Subscript(value=ast.Name(id="dict" | "Mapping"), slice=ast.Tuple(elts=[_, value])):
            return Kind("map", _kind(value, names))
        case ast.Name(id=name) if name in _SCALARS:
            return Kind("str" if name == "bytes" else name)
        case ast.Name(id=name) if isinstance(found := getattr(names, name, None), type):
            return Kind("model", model=found) if issubclass(found, Model) else ANY
    return ANY
