"""The marker `engine_api`: the API versions of a test."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen

from moorage.versions.numbers import version_key

__all__ = ["Constraint", "constraint_of"]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_COMPARISON = re.compile(r"(>=|<=|==|!=|>|<)?\s*([^\s,<>=!]+)[\s,]*")


@frozen
class Constraint:
    """Comparisons that a version must all meet."""

    comparisons: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """Read ">=1.44", or several comparisons with spaces or commas between.

        Raises:
            ValueError: It is malformed.
        """
        found: list[tuple[str, str]] = []
        at = 0
        while at < len(text) or not found:
            match = _COMPARISON.match(text, at)
            if match is None or match[1] is None:
                raise ValueError(f'engine_api({text!r}): write it like ">=1.44" or ">=1.41 <1.50"')
            version_key(match[2])
            found.append((match[1], match[2]))
            at = match.end()
        return cls(tuple(found))

    def admits(self, version: str) -> bool:
        """Return whether the version meets all comparisons, as a number (1.9 is before 1.41)."""
        return all(
            _OPERATORS[sign](version_key(version), version_key(than))
            for sign, than in self.comparisons
        )

    def __str__(self) -> str:
        return " ".join(f"{sign}{than}" for sign, than in self.comparisons)


def constraint_of(item: pytest.Item) -> Constraint:
    """Combine the markers of a test, its class and its module.

    Raises:
        ValueError: A pattern is malformed.
    """
    found: list[tuple[str, str]] = []
    for mark in item.iter_markers("engine_api"):
        if mark.kwargs or not mark.args or not all(isinstance(each, str) for each in mark.args):
            raise ValueError('engine_api takes the versions as text: engine_api(">=1.44")')
        for text in mark.args:
            found += Constraint.parse(text.strip()).comparisons
    return Constraint(tuple(found))
