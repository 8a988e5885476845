"""Look up which API versions have an operation, or take a keyword."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from moorage.errors import OperationUnavailable
from moorage.versions import version_key

__all__ = ["unavailable", "unavailable_keyword"]


def unavailable(owner: str, namespace: str | None, name: str, version: str) -> AttributeError:
    """Make the error for a namespace or an operation that an engine's API version lacks.

    Args:
        owner: The name of the class that lacks it.
        namespace: The namespace that lacks it; None if it is the engine.
        name: The name of the namespace or operation.
        version: The API version in use.

    Returns:
        An `OperationUnavailable` if another version has it, else a plain `AttributeError`.
    """
    known: dict[str, tuple[str, str]] = import_module("moorage_api.availability").OPERATIONS
    if namespace is None:
        what = name
        spans = [each for key, each in known.items() if key.partition(".")[0] == name]
    else:
        what = f"{namespace}.{name}"
        spans = [known[what]] if what in known else []
    if not spans:
        return AttributeError(f"{owner!r} object has no attribute {name!r}")
    return OperationUnavailable(_reason(what, spans, version))


def unavailable_keyword(
    operation: str, keywords: Iterable[str], version: str
) -> OperationUnavailable | None:
    """Make the error for the first keyword that other API versions take, but not this one.

    Args:
        operation: The operation, like "containers.list".
        keywords: The keywords that it was given.
        version: The API version in use.
    """
    known = import_module("moorage_api.availability").KEYWORDS.get(operation, {})
    for name in keywords:
        if name in known and not _within(known[name], version):
            return OperationUnavailable(_reason(f"{operation}({name}=)", [known[name]], version))
    return None


def _reason(what: str, spans: Iterable[tuple[str, str]], version: str) -> str:
    firsts, lasts = zip(*spans, strict=True)
    first, last = min(firsts, key=version_key), max(lasts, key=version_key)
    speaks = f"this engine speaks {version}"
    if version_key(version) < version_key(first):
        return f"{what} needs API {first}; {speaks}"
    if version_key(version) > version_key(last):
        return f"{what} was removed after API {last}; {speaks}"
    return f"{what} is not in every API from {first} to {last}; {speaks}"


def _within(span: tuple[str, str], version: str) -> bool:
    return version_key(span[0]) <= version_key(version) <= version_key(span[1])
