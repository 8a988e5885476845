"""Annotations, as the generated code writes them, taken apart."""

from __future__ import annotations

import ast
import threading
from functools import cache

__all__ = ["parsed"]

# Python 3.11 counts the depth of what it parses for all threads together, and fails if two parse.
_PARSING = threading.Lock()


@cache
def parsed(annotation: str) -> ast.expr:
    """Return the expression that an annotation is."""
    with _PARSING:
        return ast.parse(annotation, mode="eval").body
