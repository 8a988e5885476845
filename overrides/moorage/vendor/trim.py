"""What a copy of some namespaces does without."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

from moorage.vendor.edits import Edits, without_unused_imports

__all__ = ["with_names", "without_execute", "without_namespaces"]


def with_names(text: str, kept: Collection[str]) -> str:
    """Write a module anew that offers only some of the names that it imports."""
    tree = ast.parse(text)
    homes: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            names = [each.name for each in node.names if each.name in kept]
            homes.setdefault(node.module, []).extend(names)
    imports = [
        f"from {home} import {', '.join(sorted(names))}"
        for home, names in sorted(homes.items())
        if names
    ]
    offered = ", ".join(f'"{name}"' for name in sorted(kept))
    prose = ast.get_docstring(tree)
    head = f'"""{prose}"""\n\nfrom __future__ import annotations\n\n'
    return head + "\n".join(imports) + f"\n\n__all__ = [{offered}]\n"


def without_namespaces(text: str, kept: Collection[str]) -> str:
    """Take the other namespaces' properties from the module of an engine's classes."""
    return _without_methods(text, lambda method: bool(method.decorator_list), kept)


def without_execute(text: str) -> str:
    """Take the method `execute` from the classes that engines inherit: it needs `exec`."""
    return _without_methods(text, lambda method: method.name == "execute", ())


Method = ast.FunctionDef | ast.AsyncFunctionDef


def _without_methods(text: str, goes: Callable[[Method], bool], kept: Collection[str]) -> str:
    edits = Edits(text)
    dropped = 0
    for owner in edits.tree.body:
        if not isinstance(owner, ast.ClassDef):
            continue
        for each in owner.body:
            if isinstance(each, Method) and goes(each) and each.name not in kept:
                edits.drop(each)
                dropped += 1
    return without_unused_imports(edits.text()) if dropped else text
