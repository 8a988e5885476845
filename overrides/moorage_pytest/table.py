"""The content of every report: rows, columns, and failed tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moorage_pytest.run import Run

__all__ = ["Cell", "WORDS", "Column", "Remark", "columns_of", "remarks_of", "rows_of"]

WORDS = {
    "passed": "ok",
    "failed": "FAIL",
    "error": "ERROR",
    "xpassed": "XPASS",
    "skipped": "skip",
    "xfailed": "xfail",
}
"""Marks of outcomes in a cell, the worst first."""


@dataclass
class Cell:
    """The outcome of one test on one host at one version."""

    test: str
    host: str
    api: str
    """The version, or "negotiated"."""
    version: str
    """The version number."""
    outcome: str
    """passed, failed, error, skipped, xfailed or xpassed."""
    reason: str
    """The reason of a failure."""
    line: int
    """Place of the test in its file."""


@dataclass(frozen=True)
class Column:
    """One version on one host."""

    host: str
    api: str
    version: str
    """The number, if `api` is "negotiated"; empty if no engine answered."""
    chosen_by: str = ""
    """The variable that named the number, if `api` is "negotiated" but nothing was negotiated."""

    @property
    def heading(self) -> str:
        """The origin of the number, if `api` is not a number."""
        if self.version in (self.api, ""):
            return ""
        return f"{self.chosen_by} chose {self.version}" if self.chosen_by else self.version


@dataclass(frozen=True)
class Remark:
    """The shared reason of failed tests."""

    outcome: str
    host: str
    tests: tuple[str, ...]
    apis: tuple[str, ...]
    reason: str


def columns_of(run: Run, cells: Iterable[Cell]) -> list[Column]:
    """Return the columns with results, in the order of the options."""
    filled = {(each.host, each.api) for each in cells}
    return [
        Column(target.name, target.requested, target.version, target.about.chosen_by)
        for target in run.targets
        if (target.name, target.requested) in filled
    ]


def rows_of(cells: Iterable[Cell]) -> list[str]:
    """Return the tests, in the order of their first run."""
    return list(dict.fromkeys(each.test for each in cells))


def remarks_of(cells: Sequence[Cell]) -> list[Remark]:
    """List the reasons of failures, each once, the worst first."""
    versions: dict[tuple[str, ...], list[Cell]] = {}
    for each in cells:
        if each.outcome != "passed":
            # A reason may contain the version, which would make it unique.
            same = _open_version(each.reason.partition("\n")[0], each)
            versions.setdefault((each.outcome, each.host, each.test, same), []).append(each)
    tests: dict[tuple[str, str, tuple[str, ...], str], list[str]] = {}
    for (outcome, host, test, _), of in versions.items():
        reason = of[0].reason
        if any(each.reason != reason for each in of):
            reason = _open_version(reason, of[0])
        tests.setdefault((outcome, host, tuple(each.api for each in of), reason), []).append(test)
    remarks = [
        Remark(outcome, host, tuple(names), apis, reason)
        for (outcome, host, apis, reason), names in tests.items()
    ]
    return sorted(remarks, key=lambda each: list(WORDS).index(each.outcome))


def _open_version(reason: str, cell: Cell) -> str:
    return reason.replace(cell.version, "…") if cell.version else reason
