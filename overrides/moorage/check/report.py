"""The results of a check: findings, notes, or the error that prevented it."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import field, frozen

__all__ = ["CheckFailed", "Finding", "Mistake", "Note", "Report"]

_MODULES = re.compile(r"\bmoorage_api\.(?:since\.)?(?:(v\d+_\d+)\.)?(?:\w+\.)+(?=[A-Z])")
_SUGGESTION = re.compile(r"; (?:did you mean|maybe) .*\?$")


class CheckFailed(Exception):
    """The check is impossible: mypy is missing or gave up, or there is nothing to check."""


def _same(message: str) -> str:
    # The module of a class, and mypy's suggestions, depend on the version.
    return _SUGGESTION.sub("", _MODULES.sub("", message))


@frozen(order=True)
class Mistake:
    """A mistake in a program, checked as one version."""

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
    """The affected ones of the requested versions, the oldest first."""
    always: bool
    """Whether it is wrong in every version."""
    reason: str | None
    """The reason in terms of the API, if known: "volumes.update came with API 1.42"."""


@frozen(order=True)
class Note:
    """A part that is not checked, or not as each of the versions."""

    file: Path
    line: int
    text: str


@frozen
class Report:
    """The findings of a check, in the order of files and lines."""

    versions: tuple[str, ...]
    """The requested ones, the oldest first."""
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
