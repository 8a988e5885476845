"""Parts that a copy of some namespaces omits."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

from moorage.vendor.edits import Edits

__all__ = ["with_verbs", "without_namespaces"]


def without_namespaces(text: str, kept: Collection[str]) -> str:
    """Remove other namespaces' properties from the module of an engine's classes."""
    return _without_methods(text, lambda method: bool(method.decorator_list), kept)


def with_verbs(text: str, home: str, classes: Collection[str]) -> str:
    """Make the engine's classes inherit the verbs, which a copy has in one module.

    When installed, a verb's module is imported on first use.

    Args:
        text: The module of an engine's classes.
        home: The module of the verbs.
        classes: The verbs' classes, sync and async.
    """
    edits = Edits(text)
    (block,) = (each for each in edits.tree.body if isinstance(each, ast.If))
    late = [
        f"    {edits.segment(each)}"
        for each in block.body
        if isinstance(each, ast.ImportFrom) and not (each.module or "").endswith(".methods")
    ]
    now = [f"from {home} import {', '.join(classes)}\n"] if classes else []
    edits.replace(block, "".join(now) + "\n".join(["if TYPE_CHECKING:", *late]))
    text = edits.text()
    for prefix in ("", "Async"):
        bases = [each for each in classes if each.startswith("Async") == bool(prefix)]
        inherited = "".join(f"{each}, " for each in bases)
        text = text.replace(f"Engine(_{prefix}Verbs, ", f"Engine({inherited}")
    return text


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
