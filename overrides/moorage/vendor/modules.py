"""A module as its top-level statements, and the names that each binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TypeGuard

from moorage.vendor.edits import Edits

__all__ = ["TABLE", "Function", "Members", "Module", "is_guard", "is_prose", "members", "name_of"]

TABLE = "_HOMES"
"""The dict in which lazy modules look up names: name to module."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Members = dict[str, list[Function]]


class Module:
    """A module's statements, by the names that they bind.

    Args:
        text: Its source.
    """

    def __init__(self, text: str) -> None:
        self.edits: Edits = Edits(text)
        self.tree: ast.Module = self.edits.tree
        self.bindings: dict[str, list[ast.stmt]] = {}
        """The statements that bind a name; an import appears under each of its names."""
        self.runs: list[ast.stmt] = []
        """Statements that run on import, besides bindings."""
        self.lazy: list[ast.stmt] = []
        """The block with `__getattr__`, which imports names on first use."""
        self.guarded: set[ast.stmt] = set()
        """Blocks for type checkers only."""
        for node in self.tree.body:
            if is_guard(node):
                self.guarded |= {*node.body}
            for each in node.body if is_guard(node) else [node]:
                self._add(each)

    @cached_property
    def lazy_names(self) -> set[str]:
        """The names that the module imports on first use."""
        imports = [each for each in self.guarded if isinstance(each, ast.ImportFrom)]
        return {name_of(alias) for each in imports for alias in each.names if self.lazy}

    def _add(self, node: ast.stmt) -> None:
        names = [*_bound(node)]
        if is_prose(node) or names in (["__all__"], ["annotations"]):
            return
        if isinstance(node, ast.If) and "__getattr__" in [*_defined(node)]:
            self.lazy.append(node)
        elif names:
            for name in names:
                self.bindings.setdefault(name, []).append(node)
        else:
            self.runs.append(node)
            for name in _defined(node):
                self.bindings.setdefault(name, []).append(node)


def name_of(alias: ast.alias) -> str:
    """Return the name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def is_guard(node: ast.stmt) -> TypeGuard[ast.If]:
    """Return whether a block is for type checkers."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def is_prose(node: ast.stmt) -> bool:
    """Return whether a statement is a docstring."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def members(node: ast.ClassDef) -> Members:
    """Return the methods of a class; one with overloads, or a setter, is several functions."""
    found: Members = {}
    for each in node.body:
        if isinstance(each, Function):
            found.setdefault(each.name, []).append(each)
    return found


def _bound(node: ast.stmt) -> Iterator[str]:
    """Return the names that a plain statement binds; none if it does more than that."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from map(name_of, node.names)
    elif isinstance(node, Definition):
        yield node.name
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, ast.Assign) and all(map(_is_plain, node.targets)):
        for target in node.targets:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def _is_plain(target: ast.expr) -> bool:
    inside = target.elts if isinstance(target, ast.Tuple) else [target]
    return all(isinstance(each, ast.Name) for each in inside)


def _defined(block: ast.stmt) -> Iterator[str]:
    for node in ast.iter_child_nodes(block):
        if isinstance(node, ast.stmt):
            yield from _bound(node) or ()
            yield from _defined(node)
