"""Edits of a module's text at the places of syntax nodes; the rest stays unchanged."""

from __future__ import annotations

import ast

__all__ = ["Edits"]

Statement = ast.stmt | ast.expr | ast.alias


class Edits:
    """A module being edited.

    The edits count in bytes, like columns of a syntax tree, and are applied together at the end.
    """

    def __init__(self, text: str) -> None:
        self.tree: ast.Module = ast.parse(text)
        self._data = text.encode()
        self._lines = [0]
        for line in self._data.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._changes: list[tuple[int, int, str]] = []

    def segment(self, node: Statement) -> str:
        """Return the text of a node."""
        return self._data[self._start(node) : self._end(node)].decode()

    def replace(self, node: Statement, text: str, old: str | None = None) -> None:
        """Replace a node, or the first occurrence of `old` in it."""
        start, end = self._start(node), self._end(node)
        if old is not None:
            start = self._data.index(old.encode(), start, end)
            end = start + len(old.encode())
        self._changes.append((start, end, text))

    def drop(self, node: ast.stmt) -> None:
        """Remove a statement's lines, and empty lines before it."""
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
