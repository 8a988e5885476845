"""Explain errors of a version in terms of the API instead of mypy's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import TypeAlias

from moorage.versions.bundled import bundled_versions, version_module
from moorage.versions.numbers import span, version_key

__all__ = ["reason"]

_Known: TypeAlias = tuple[str, set[str]]
"""A name that a version may lack, and the versions that have it."""

_NO_PARAMETER = re.compile(
    r'Unexpected keyword argument "(\w+)" for (?:overloaded function )?"(\w+)" of "(\w+)"'
)
_NO_ARGUMENT = re.compile(r'Unexpected keyword argument "(\w+)" for "(\w+)"')
_NO_NAME = re.compile(r'Module (?:"moorage_api\.newest" )?has no attribute "(\w+)"')
_NO_ATTRIBUTE = re.compile(r'"(?:\w+\.)*(\w+)"(?: of ".*")? has no attribute "(\w+)"')


def reason(message: str, versions: Iterable[str]) -> str | None:
    """Explain a message of mypy, if versions lack something.

    Args:
        message: The message of mypy.
        versions: All versions with this message.
    """
    lacking = sorted(versions, key=version_key)
    what, having = _known(message, lacking[0])
    # A name these versions have is missing elsewhere: in a class of the program, or in a pinned
    # version.
    if not having or not having.isdisjoint(lacking):
        return None
    known = sorted(having, key=version_key)
    if version_key(lacking[-1]) < version_key(known[0]):
        return f"{what} came with API {known[0]}"
    if version_key(lacking[0]) > version_key(known[-1]):
        return f"{what} went after API {known[-1]}"
    return f"{what} is in API {span(known)} only"


def _known(message: str, version: str) -> _Known:
    if found := _NO_PARAMETER.search(message):
        return _parameter(found[3], found[2], found[1], version)
    if found := _NO_ARGUMENT.search(message):
        return _field(found[2], found[1])
    if found := _NO_NAME.search(message):
        name = found[1]
        return name, _where(lambda package: hasattr(package, name))
    if found := _NO_ATTRIBUTE.search(message):
        return _attribute(found[1], found[2])
    return "", set()


def _parameter(owner: str, method: str, name: str, version: str) -> _Known:
    engine = _package(version).Engine(None)
    for operation, spans in import_module("moorage_api.availability").KEYWORDS.items():
        namespace, _, its_method = operation.partition(".")
        if its_method == method and name in spans:
            function = getattr(getattr(engine, namespace, None), method, None)
            if getattr(function, "__qualname__", "") == f"{owner.removeprefix('Async')}.{method}":
                return f"{operation}({name}=)", _between([spans[name]])
    return "", set()


def _attribute(owner: str, name: str) -> _Known:
    operations: dict[str, tuple[str, str]] = import_module("moorage_api.availability").OPERATIONS
    thing = owner.removeprefix("Async")
    if thing == "Engine":
        return name, _between(
            each for key, each in operations.items() if key.partition(".")[0] == name
        )
    operation = f"{thing.lower()}.{name}"
    if operation in operations:
        return operation, _between([operations[operation]])
    return _field(owner, name)


def _field(owner: str, name: str) -> _Known:
    def has(package: ModuleType) -> bool:
        fields = getattr(getattr(package, owner, None), "__attrs_attrs__", ())
        return any(each.name == name for each in fields)

    return f"{owner}.{name}", _where(has)


def _between(spans: Iterable[tuple[str, str]]) -> set[str]:
    return {
        version
        for first, last in spans
        for version in bundled_versions()
        if version_key(first) <= version_key(version) <= version_key(last)
    }


def _where(has: Callable[[ModuleType], bool]) -> set[str]:
    return {version for version in bundled_versions() if has(_package(version))}


def _package(version: str) -> ModuleType:
    module: ModuleType = version_module(version)
    return module
