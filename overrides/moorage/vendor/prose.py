"""The docstrings and comments that a copy keeps.

All docstrings stay, but the awaited twin of an operation keeps only its first paragraph; comments
are dropped, since nobody edits a copy. A copy trimmed to some namespaces is meant to be small: only
the first paragraph of each operation stays, and comments for mypy.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize

from moorage.vendor.edits import Edits

__all__ = ["named", "shortened", "stripped", "without_comments"]

# The label "moorage-lease" and the header "moorage/1.0" stay the same in a copy.
_NAMES = (
    (re.compile(r"\bmoorage_api(?:\.\w+)?\b"), "this package"),
    (re.compile(r"\bmoorage\.(?=[A-Za-z_])"), ""),
    (re.compile(r"\bmoorage\b(?![-/])"), "this package"),
)
_NAMED = re.compile(r"^(?!\s*(?:from|import) )[^#\n]*\bmoorage", re.MULTILINE)
_CHECKERS = re.compile(r"# (?:type: ignore|pyright:)")


def shortened(text: str) -> str:
    """Keep the first paragraph of docstrings in a namespace's awaited classes."""
    edits = Edits(text)
    for node in edits.tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Async"):
            for each in node.body:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                    _shorten(edits, each.body[0])
    return edits.text()


def stripped(text: str, *, namespace: bool) -> str:
    """Remove docstrings and comments; in a namespace, first paragraphs stay."""
    edits = Edits(text)
    for node in ast.walk(edits.tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not isinstance(node, ast.Module | ast.stmt):
            continue
        method = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for each in body:
            if not _is_prose(each):
                continue
            if (namespace and method) or len(body) == 1:
                _shorten(edits, each)
            elif not isinstance(node, ast.Module) or each is not body[0]:
                edits.drop(each)
    return without_comments(edits.text())


def named(text: str) -> str:
    """Make docstrings name the copy instead of moorage, which its users lack."""
    if not _NAMED.search(text):
        return text
    edits = Edits(text)
    for node in ast.walk(edits.tree):
        body = getattr(node, "body", None)
        for each in body if isinstance(body, list) else ():
            if isinstance(each, ast.stmt) and _is_prose(each):
                prose = edits.segment(each)
                for pattern, instead in _NAMES:
                    prose = pattern.sub(instead, prose)
                edits.replace(each, prose)
    return edits.text()


def _is_prose(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _shorten(edits: Edits, node: ast.stmt) -> None:
    if _is_prose(node):
        text = edits.segment(node)
        start, quotes = text.partition('"""')[0], '"""'
        if text.startswith(start + quotes):
            edits.replace(node, start + quotes + _first(text[len(start) + 3 : -3]) + quotes)


def _first(prose: str) -> str:
    return prose.strip().partition("\n\n")[0].rstrip()


def without_comments(text: str) -> str:
    """Remove comments, except those that checkers read."""
    if "#" not in text:
        return text
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not _CHECKERS.match(token.string):
            row, column = token.start
            kept = lines[row - 1][:column].rstrip()
            lines[row - 1] = kept + "\n" if kept else ""
    return "".join(lines)
