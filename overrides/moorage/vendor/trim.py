"""What a copy of some namespaces does without."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

from moorage.vendor.edits import Edits

__all__ = ["without_execute", "without_namespaces"]


def without_namespaces(text: str, kept: Collection[str]) -> str:
    """Take the other namespaces' properties from the module of an engine's classes."""
    return _without_methods(text, lambda method: bool(method.decorator_list), kept)


def without_execute(text: str) -> str:
    """Take the method `execute` from the classes that engines inherit: it needs `exec`."""
    return _without_methods(text, lambda method: method.name == "execute", ())


Method = ast.FunctionDef | ast.AsyncFunctionDef


def _without_methods(text: str, goes: Callable[[Method], bool], kept: Collection[str]) -> str:
    edits = Edits(text)
    for owner in edits.tree.body:
        if not isinstance(owner, ast.ClassDef):
            continue
        for each in owner.body:
            if isinstance(each, Method) and goes(each) and each.name not in kept:
                edits.drop(each)
    return edits.text()
