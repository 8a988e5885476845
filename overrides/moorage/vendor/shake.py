"""Remove unreachable code from a copy's modules; the remaining text is unchanged."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from itertools import pairwise

from moorage.vendor.modules import TABLE, Function, Module, is_guard, is_prose, name_of
from moorage.vendor.reach import Reach

__all__ = ["shaken"]


def shaken(texts: Mapping[str, str], roots: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the modules reached from some names, each with only its reached parts.

    Args:
        texts: The modules, by their names.
        roots: The copy's public names, and the module of each.
    """
    reach = Reach(texts, roots)
    return {name: _Cut(name, reach).text() for name in texts if name in reach.reached}


class _Cut:
    def __init__(self, name: str, reach: Reach) -> None:
        self._module: Module = reach.modules[name]
        self._edits = self._module.edits
        self._methods = reach.methods
        self._names = {each for module, each in reach.names if module == name}

        self._imported = {
            each
            for each in self._names
            if isinstance(self._module.bindings[each][0], ast.ImportFrom)
        }

    def text(self) -> str:
        body = self._module.tree.body
        for node in body:
            if is_guard(node):
                kept = [each for each in node.body if self._stays(each)]
                self._cut_all(node.body if kept else [node], whole=not kept)
            else:
                self._cut_all([node], whole=False)
        for former, node in pairwise(body):
            if is_prose(node) and not self._stays(former):
                self._edits.drop(node)
        return self._edits.text()

    def _cut_all(self, nodes: Iterable[ast.stmt], *, whole: bool) -> None:
        for node in nodes:
            if whole or not self._stays(node):
                self._edits.drop(node)
            else:
                self._cut(node)

    def _stays(self, node: ast.stmt) -> bool:
        if node in self._module.lazy:
            return not self._names.isdisjoint(self._module.lazy_names)
        if is_guard(node):
            return any(map(self._stays, node.body))
        if _target(node) in ("__all__", TABLE):
            return bool(self._listed(node))
        bound = [name for name, nodes in self._module.bindings.items() if node in nodes]
        return node in self._module.runs or not bound or not self._names.isdisjoint(bound)

    def _cut(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            kept = [each for each in node.names if name_of(each) in self._names]
            if kept and len(kept) < len(node.names):
                node.names = kept
                self._edits.replace(node, ast.unparse(node))
        elif isinstance(node, ast.ClassDef):
            gone = [x for x in node.body if isinstance(x, Function) and x not in self._methods]
            for each in gone:
                if len(gone) == len(node.body) and each is gone[-1]:
                    self._edits.replace(each, "pass")
                else:
                    self._edits.drop(each)
        elif isinstance(node, ast.Assign) and _target(node) in ("__all__", TABLE):
            self._cut_list(node)

    def _listed(self, node: ast.stmt) -> list[ast.expr]:
        """Return the names in a list to keep: imports that are re-exported."""
        value = node.value if isinstance(node, ast.Assign) else None
        keys = value.keys if isinstance(value, ast.Dict) else getattr(value, "elts", ())
        return [
            each for each in keys if isinstance(each, ast.Constant) and each.value in self._imported
        ]

    def _cut_list(self, node: ast.Assign) -> None:
        kept = self._listed(node)
        if isinstance(node.value, ast.Dict):
            pairs = zip(node.value.keys, node.value.values, strict=True)
            lines = [
                f"    {self._edits.segment(k)}: {self._edits.segment(v)},\n"
                for k, v in pairs
                if k in kept
            ]
            if len(lines) < len(node.value.keys):
                self._edits.replace(node.value, "{\n" + "".join(lines) + "}")
        elif len(kept) < len(getattr(node.value, "elts", ())):
            names = ", ".join(map(self._edits.segment, kept))
            self._edits.replace(node.value, f"[{names}]")


def _target(node: ast.stmt) -> str:
    return ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
