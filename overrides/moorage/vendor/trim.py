"""What a copy of some namespaces does without."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

from moorage.vendor.edits import Edits

__all__ = ["with_verbs", "without_namespaces"]


def without_namespaces(text: str, kept: Collection[str]) -> str:
    """Take the other namespaces' properties from the module of an engine's classes."""
    return _without_methods(text, lambda method: bool(method.decorator_list), kept)


def with_verbs(text: str, kept: Collection[str]) -> str:
    """Let the module of an engine's classes have these verbs alone, as classes that they inherit.

    Installed, a verb's module is imported when the verb is first asked for.
    """
    edits = Edits(text)
    (block,) = (each for each in edits.tree.body if isinstance(each, ast.If))
    imports = [each for each in block.body if isinstance(each, ast.ImportFrom)]
    verbs = [each for each in imports if ".methods." in (each.module or "")]
    chosen = [each for each in verbs if (each.module or "").rpartition(".")[2] in kept]
    late = [f"    {edits.segment(each)}" for each in imports if each not in verbs]
    now = [f"{edits.segment(each)}\n" for each in chosen]
    edits.replace(block, "".join(now) + "\n".join(["if TYPE_CHECKING:", *late]))
    text = edits.text()
    for prefix in ("", "Async"):
        names = [
            f"{name.name}, "
            for each in chosen
            for name in each.names
            if name.name.startswith("Async") == bool(prefix)
        ]
        text = text.replace(f"Engine(_{prefix}Verbs, ", f"Engine({''.join(names)}")
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
