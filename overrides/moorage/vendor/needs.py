"""The namespaces that verbs call, which a copy must include."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

__all__ = ["namespaces_of"]

_ENGINES = {"client", "engine", "_engine"}
"""The names of the engine in the verbs' modules."""


def namespaces_of(module: str, read: Callable[[str], str], names: Collection[str]) -> set[str]:
    """Return the namespaces that a verb's module calls, and those of verbs it uses.

    Args:
        module: The module.
        read: Returns a module's text.
        names: All namespaces.
    """
    found: set[str] = set()
    left, seen = [module], set[str]()
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        for node in ast.walk(ast.parse(read(name))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("moorage.verbs"):
                left.append(node.module or "")
            elif isinstance(node, ast.Attribute) and node.attr in names and _is_engine(node.value):
                found.add(node.attr)
    return found


def _is_engine(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
    return name in _ENGINES
