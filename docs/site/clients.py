"""What the clients of all versions have: operations, verbs and types, each by its versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import griffe
from attrs import field, frozen

from docs.site.source import Field, Text, call, fields, module, text
from moorage.versions.bundled import bundled_versions

__all__ = ["Clients", "Method", "Type", "read"]


@frozen
class Method:
    """An operation or a verb, as one version or several have it."""

    name: str
    endpoint: str
    """Method and path; "" where it is several."""
    call: str
    """Names of what it takes, as in a call."""
    returns: str
    awaited: str
    """Return type of its awaited form; "" where that is the same, and is awaited."""
    text: Text


@frozen
class Type:
    """A generated class, as one version or several have it."""

    name: str
    prose: str
    fields: tuple[Field, ...]


@frozen
class Clients:
    """All of it, by names and then by versions."""

    versions: tuple[str, ...] = field(factory=bundled_versions, converter=tuple)
    namespaces: dict[str, dict[str, dict[str, Method]]] = field(factory=dict)
    verbs: dict[str, dict[str, Method]] = field(factory=dict)
    types: dict[str, dict[str, Type]] = field(factory=dict)


def read() -> Clients:
    """Read the clients of all versions."""
    clients = Clients()
    for version in clients.versions:
        package = f"moorage_api.v{version.replace('.', '_')}"
        engine = module(f"{package}.engine")
        for name, path in engine.imports.items():
            if ".methods." in path and not name.startswith("Async"):
                method = _method(*path.rsplit(".", 1))
                clients.verbs.setdefault(method.name, {})[version] = method
        for namespace, member in engine["Engine"].members.items():
            if not isinstance(member, griffe.Attribute) or "property" not in member.labels:
                continue
            path, name = engine.imports[str(member.annotation)].rsplit(".", 1)
            operations = clients.namespaces.setdefault(namespace, {})
            for operation, there in _bases(module(path), name):
                operations.setdefault(operation, {})[version] = _method(*there.rsplit(".", 1))
        for name, path in module(package).imports.items():
            if ".models." in path:
                clients.types.setdefault(name, {})[version] = _type(path)
    return clients


def _bases(found: griffe.Module, name: str) -> Iterator[tuple[str, str]]:
    """List the classes that a class is made of: the method of each, and its path."""
    for base in found[name].bases:
        first, _, rest = str(base).partition(".")
        path = found.imports[first] + (f".{rest}" if rest else "")
        yield _method(*path.rsplit(".", 1)).name, path


@cache
def _method(path: str, name: str) -> Method:
    found = module(path)
    ((method, function),) = (
        (each, member)
        for each, member in found[name].members.items()
        if isinstance(member, griffe.Function) and not each.startswith("_")
    )
    twin = found[f"Async{name}"].members[method]
    said = found.docstring.value if found.docstring else ""
    listed = re.search(rf"^- `{method}`: (.+)$", said, re.MULTILINE)
    endpoint = listed[1] if listed and ".operations." in path else ""
    returns, awaited = str(function.returns), str(twin.returns)
    return Method(
        method,
        endpoint,
        call(function),
        returns,
        "" if "async" in twin.labels else awaited,
        _without(text(function, _docstring(path, name, method)), f"{endpoint}."),
    )


def _docstring(path: str, name: str, method: str) -> griffe.Docstring | None:
    """Return a method's docstring, which is inherited where a version restates the signature."""
    found = module(path)
    docstring: griffe.Docstring | None = found[name].members[method].docstring
    if docstring is not None or not found[name].bases:
        return docstring
    first, _, base = str(found[name].bases[0]).rpartition(".")
    return _docstring(found.imports[first], base, method)


def _without(whole: Text, ending: str) -> Text:
    """Leave out the endpoint, which stands at the end of an operation's docstring."""
    if ending == ".":
        return whole
    prose = whole.prose.removesuffix(ending).rstrip()
    return Text(prose, whole.parameters, whole.keywords, whole.returns, whole.raises)


@cache
def _type(path: str) -> Type:
    there, name = path.rsplit(".", 1)
    found: griffe.Class = module(there)[name]
    prose = found.docstring.value if found.docstring else ""
    return Type(name, prose, tuple(each for each in fields(found) if each.name != "extra"))
