"""The content of every report: rows, columns, and the tests that did not pass."""

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
    """The version in either case."""
    outcome: str
    """passed, failed, error, skipped, xfailed or xpassed."""
    reason: str
    """Why it did not pass."""
    line: int
    """Place of the test in its file."""


@dataclass(frozen=True)
class Column:
    """One version on one host."""

    host: str
    api: str
    version: str
    """The number, where `api` is "negotiated"."""


@dataclass(frozen=True)
class Remark:
    """Why tests did not pass, where the reason is the same."""

    outcome: str
    host: str
    tests: tuple[str, ...]
    apis: tuple[str, ...]
    reason: str


def columns_of(run: Run, cells: Iterable[Cell]) -> list[Column]:
    """Return the columns that have something in them, in the order of the options."""
    filled = {(each.host, each.api) for each in cells}
    return [
        Column(target.name, target.requested, target.version)
        for target in run.targets
        if (target.name, target.requested) in filled
    ]


def rows_of(cells: Iterable[Cell]) -> list[str]:
    """Return the tests, in the order in which they ran first."""
    return list(dict.fromkeys(each.test for each in cells))


def remarks_of(cells: Sequence[Cell]) -> list[Remark]:
    """Say why tests did not pass, once for those that have one reason; the worst comes first."""
    versions: dict[tuple[str, ...], list[Cell]] = {}
    for each in cells:
        if each.outcome != "passed":
            # A reason may tell the version, which would make it another one for each.
            same = each.reason.partition("\n")[0].replace(each.version, "…")
            versions.setdefault((each.outcome, each.host, each.test, same), []).append(each)
    tests: dict[tuple[str, str, tuple[str, ...], str], list[str]] = {}
    for (outcome, host, test, _), of in versions.items():
        reason = of[0].reason
        if any(each.reason != reason for each in of):
            reason = reason.replace(of[0].version, "…")
        tests.setdefault((outcome, host, tuple(each.api for each in of), reason), []).append(test)
    remarks = [
        Remark(outcome, host, tuple(names), apis, reason)
        for (outcome, host, apis, reason), names in tests.items()
    ]
    return sorted(remarks, key=lambda each: list(WORDS).index(each.outcome))
