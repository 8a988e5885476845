"""Look up which API versions have an operation, or take a keyword."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from moorage.errors import OperationUnavailable
from moorage.model.keywords import called_here
from moorage.other_names import name_here
from moorage.versions.numbers import version_key
from moorage.versions.spans import lacking

__all__ = ["unavailable", "unavailable_keyword"]

_SPEAKER = "this engine speaks"


def unavailable(owner: str, namespace: str | None, name: str, version: str) -> AttributeError:
    """Make the error for a namespace or an operation that an engine's API version lacks.

    Args:
        owner: The name of the class that lacks it.
        namespace: The namespace that lacks it; None if it is the engine.
        name: The name of the namespace, the operation or the verb.
        version: The API version in use.

    Returns:
        An `OperationUnavailable` if another version has it, else a plain `AttributeError`.
    """
    known: dict[str, tuple[str, str]] = import_module("moorage_api.availability").OPERATIONS
    if namespace is None:
        what = name
        spans = [each for key, each in known.items() if key.partition(".")[0] == name]
        verbs: dict[str, tuple[str, str]] = import_module("moorage_api.availability").VERBS
        spans += [verbs[name]] if name in verbs else []
    else:
        what = f"{namespace}.{name}"
        spans = [known[what]] if what in known else []
    if not spans:
        here = name_here(namespace, name, known)
        instead = f"; here that is {here}" if here else ""
        return AttributeError(f"{owner!r} object has no attribute {name!r}{instead}")
    return OperationUnavailable(lacking(what, spans, _SPEAKER, version))


def unavailable_keyword(
    operation: str, keywords: Iterable[str], version: str
) -> OperationUnavailable | TypeError | None:
    """Make the error for the first keyword that other versions, or other clients, take.

    Args:
        operation: The operation, like "containers.list".
        keywords: The keywords that it was given.
        version: The API version in use.
    """
    known = import_module("moorage_api.availability").KEYWORDS.get(operation, {})
    for name in keywords:
        if name in known and not _within(known[name], version):
            what = f"{operation}({name}=)"
            return OperationUnavailable(lacking(what, [known[name]], _SPEAKER, version))
        ours = None if name in known else called_here(name, known)
        if ours is not None:
            return TypeError(f"{operation}: {name}= is called {ours}= here")
    return None


def _within(span: tuple[str, str], version: str) -> bool:
    return version_key(span[0]) <= version_key(version) <= version_key(span[1])
