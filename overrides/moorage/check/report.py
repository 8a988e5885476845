"""The results of a check: findings, notes, or the error that prevented it."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import field, frozen

__all__ = ["CheckFailed", "Finding", "Mistake", "Note", "Report"]

_MODULES = re.compile(r"\bmoorage_api\.(?:since\.)?(?:(v\d+_\d+)\.)?(?:\w+\.)+(?=[A-Z])")
_SUGGESTION = re.compile(r"; (?:did you mean|maybe) .*\?$")


class CheckFailed(Exception):
    """Nothing can be told: mypy is missing or gave up, or there is nothing to check."""


def _same(message: str) -> str:
    # Of another version, a class may be another module's, and mypy suggests other names.
    return _SUGGESTION.sub("", _MODULES.sub("", message))


@frozen(order=True)
class Mistake:
    """A mistake at one place of a program that is checked as one version."""

    file: Path
    line: int
    column: int
    code: str
    """mypy's code for this kind of error; "syntax" where the file is not Python."""
    message: str = field(eq=_same)

    def __str__(self) -> str:
        return _MODULES.sub(lambda found: f"{found[1]}." if found[1] else "", self.message)


@frozen
class Finding:
    """A mistake, and the API versions that have it."""

    mistake: Mistake
    versions: tuple[str, ...]
    """The oldest first; of those that were asked for."""
    always: bool
    """It is wrong in itself, whatever the version."""
    reason: str | None
    """Why, in terms of the API, where it is known: "volumes.update came with API 1.42"."""


@frozen(order=True)
class Note:
    """Something that is not checked, or not as each of the versions."""

    file: Path
    line: int
    text: str


@frozen
class Report:
    """The findings of a check, in the order of files and lines."""

    versions: tuple[str, ...]
    """Those that were asked for, the oldest first."""
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
