"""Changes of a module's text where its syntax tree has its nodes; all else stays as it was."""

from __future__ import annotations

import ast
from collections.abc import Iterable

__all__ = ["Edits", "without_unused_imports"]

Statement = ast.stmt | ast.expr | ast.alias


class Edits:
    """A module that is being changed.

    The changes are made in bytes, as a syntax tree counts columns, and all at the end.
    """

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self._data = text.encode()
        self._lines = [0]
        for line in self._data.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._changes: list[tuple[int, int, str]] = []

    def segment(self, node: Statement) -> str:
        """Return the text of a node."""
        return self._data[self._start(node) : self._end(node)].decode()

    def replace(self, node: Statement, text: str, old: str | None = None) -> None:
        """Put text in the place of a node, or of what it has of `old` first."""
        start, end = self._start(node), self._end(node)
        if old is not None:
            start = self._data.index(old.encode(), start, end)
            end = start + len(old.encode())
        self._changes.append((start, end, text))

    def drop(self, node: ast.stmt) -> None:
        """Remove a statement's lines, and the empty ones before it."""
        decorators = getattr(node, "decorator_list", [])
        first = min(each.lineno for each in [node, *decorators]) - 1
        while first and not self._data[self._lines[first - 1] : self._lines[first]].strip():
            first -= 1
        assert node.end_lineno is not None  # noqa: S101
        self._changes.append((self._lines[first], self._lines[node.end_lineno], ""))

    def text(self) -> str:
        """Return the text with all changes."""
        data = self._data
        for start, end, text in sorted(self._changes, reverse=True):
            data = data[:start] + text.encode() + data[end:]
        return data.decode()

    def _start(self, node: Statement) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def _end(self, node: Statement) -> int:
        assert node.end_lineno is not None  # noqa: S101
        assert node.end_col_offset is not None  # noqa: S101
        return self._lines[node.end_lineno - 1] + node.end_col_offset


def without_unused_imports(text: str) -> str:
    """Remove what a module imports and does not use, after parts of it were taken out."""
    edits = Edits(text)
    used = _used(ast.walk(edits.tree))
    for node in ast.walk(edits.tree):
        if not isinstance(node, ast.ImportFrom) or node.module == "__future__":
            continue
        kept = [each for each in node.names if (each.asname or each.name) in used]
        if not kept:
            edits.drop(node)
        elif len(kept) < len(node.names):
            edits.replace(node, ast.unparse(ast.ImportFrom(node.module, kept, node.level)))
    return edits.text()


def _used(nodes: Iterable[ast.AST]) -> set[str]:
    used: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            used.add(node.value)  # as in __all__
    return used
