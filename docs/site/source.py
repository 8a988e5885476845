"""Read modules of Python without running them, each once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import griffe
from attrs import frozen

from generator.versions import ROOT

__all__ = ["Field", "Parameter", "Text", "call", "fields", "module", "text"]

_ROOTS = (ROOT / "generated", ROOT / "overrides")


@frozen
class Parameter:
    """A parameter of a method."""

    name: str
    type: str
    default: str | None
    """None if it has to be given."""
    by_position: bool
    prose: str


@frozen
class Field:
    """A field of a model or an attribute of a class."""

    name: str
    type: str
    required: bool
    prose: str


@frozen
class Text:
    """A docstring of Google style in parts."""

    prose: str
    parameters: tuple[Parameter, ...] = ()
    keywords: tuple[Parameter, ...] = ()
    returns: str = ""
    raises: tuple[tuple[str, str], ...] = ()


@cache
def module(path: str) -> griffe.Module:
    """Read a module by its dotted name."""
    inside = Path(*path.split("."))
    for root in _ROOTS:
        for file in (root / inside.with_suffix(".py"), root / inside / "__init__.py"):
            if file.is_file():
                code = file.read_text(encoding="utf-8")
                return griffe.visit(path, filepath=file, code=code)
    raise LookupError(f"there is no module {path}")


def call(function: griffe.Function) -> str:
    """Write what a function takes, as its signature has it but for the types."""
    parts = []
    keyword = False
    for each in function.parameters:
        if each.name in {"self", "cls"}:
            continue
        if each.kind is griffe.ParameterKind.var_keyword:
            parts.append("**fields")
            continue
        if each.kind is griffe.ParameterKind.keyword_only and not keyword:
            keyword = True
            parts.append("*")
        parts.append(each.name if each.default is None else f"{each.name}={each.default}")
    return ", ".join(parts)


def fields(made: griffe.Class) -> Iterator[Field]:
    """List the public attributes of a class that have an annotation."""
    for name, member in made.members.items():
        if name.startswith("_") or not isinstance(member, griffe.Attribute):
            continue
        if member.annotation is None or "property" in member.labels:
            continue
        prose = member.docstring.value if member.docstring else ""
        yield Field(name, str(member.annotation), member.value is None, prose)


def text(
    function: griffe.Function | griffe.Class, docstring: griffe.Docstring | None = None
) -> Text:
    """Take a docstring apart; by default the function's own, else one that it inherits."""
    docstring = docstring or function.docstring
    if docstring is None:
        return Text("")
    prose: list[str] = []
    parameters: list[Parameter] = []
    keywords: list[Parameter] = []
    returns: list[str] = []
    raises: list[tuple[str, str]] = []
    for section in griffe.parse_google(docstring, warnings=False):
        if section.kind is griffe.DocstringSectionKind.text:
            prose.append(str(section.value))
        elif section.kind is griffe.DocstringSectionKind.parameters:
            parameters += [_parameter(function, each) for each in section.value]
        elif section.kind is griffe.DocstringSectionKind.other_parameters:
            keywords += [
                Parameter(each.name, str(each.annotation or ""), "None", False, each.description)
                for each in section.value
            ]
        elif section.kind is griffe.DocstringSectionKind.returns:
            returns += [each.description for each in section.value]
        elif section.kind is griffe.DocstringSectionKind.raises:
            raises += [(str(each.annotation), each.description) for each in section.value]
    return Text(
        "\n\n".join(prose),
        tuple(parameters),
        tuple(keywords),
        "\n\n".join(returns),
        tuple(raises),
    )


def _parameter(
    function: griffe.Function | griffe.Class, said: griffe.DocstringParameter
) -> Parameter:
    known = {}
    if isinstance(function, griffe.Function):
        known = {each.name: each for each in function.parameters}
    name = said.name.lstrip("*")
    if name not in known:
        return Parameter(name, str(said.annotation or ""), "", False, said.description)
    found = known[name]
    return Parameter(
        name,
        str(found.annotation or ""),
        None if found.default is None else str(found.default),
        found.kind is not griffe.ParameterKind.keyword_only,
        said.description,
    )
