"""The modules of a copy: everything imported, starting from some modules."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from moorage.vendor.errors import VendorError
from moorage.vendor.sources import Sources, find

__all__ = ["closure", "place"]


def closure(roots: Iterable[str], sources: Sources) -> dict[str, str]:
    """Return the texts of modules, and of all their imports, late or for type checkers too.

    Args:
        roots: The modules to begin with, by their installed names.
        sources: The source of the texts.

    Raises:
        VendorError: An import can't be followed.
    """
    taken: dict[str, str] = {}
    left = list(roots)
    while left:
        module = left.pop()
        if module not in taken:
            taken[module] = sources.text(module)
            left += _reached(module, taken[module])
    places: dict[str, str] = {}
    for module in taken:
        other = places.setdefault(place(module), module)
        if other != module:
            raise VendorError(f"{other} and {module} would be one: this is a fault of moorage")
    return taken


def place(module: str) -> str:
    """Return the place of a module in a copy: "streams.frames", "models.volume"; "" for moorage."""
    root, *inside = module.split(".")
    # BuildKit's messages, common to all versions, are a module of the copy too.
    if root == "moorage_api" and inside != ["buildkit_messages"]:
        # A copy has no folders of versions or `since`.
        inside = inside[2 if inside[:1] == ["since"] else 1 :]
    return ".".join(inside)


def _reached(module: str, text: str) -> Iterator[str]:
    if place(parent := module.rpartition(".")[0]) and find(parent):
        yield parent
    for node in _imports(text):
        if isinstance(node, ast.ImportFrom):
            if node.module and node.module.partition(".")[0] in ("moorage", "moorage_api"):
                for each in node.names:
                    inside = f"{node.module}.{each.name}"
                    yield inside if find(inside) else node.module
        else:
            for each in node.names:
                if each.name.partition(".")[0] in ("moorage", "moorage_api"):
                    raise VendorError(
                        f"{module} has `import {each.name}`: this is a fault of moorage"
                    )


# A copy of some namespaces is followed twice: from these, and from what they offer.
@cache
def _imports(text: str) -> list[ast.Import | ast.ImportFrom]:
    nodes = ast.walk(ast.parse(text))
    return [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
