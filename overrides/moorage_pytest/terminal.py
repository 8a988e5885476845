"""The matrix as text: a table for each engine, and the reasons of failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from moorage_pytest.table import WORDS, Cell, columns_of, remarks_of, rows_of

if TYPE_CHECKING:
    from moorage_pytest.run import Run

__all__ = ["print_matrix"]

_COLOURS = {
    "passed": "green",
    "failed": "red",
    "error": "red",
    "xpassed": "yellow",
    "skipped": "yellow",
    "xfailed": "yellow",
}
_WIDEST = 44
"""Maximum length of a test's name; its end is shown."""

_FEW = 3
"""Maximum number of tests named with a shared reason."""


def print_matrix(reporter: pytest.TerminalReporter, run: Run, cells: Sequence[Cell]) -> None:
    """Print the outcome of each test at each version."""
    reporter.section("tests by engine and API version")
    columns, rows = columns_of(run, cells), rows_of(cells)
    outcomes = {(each.test, each.host, each.api): each.outcome for each in cells}
    names = {row: row if len(row) <= _WIDEST else f"…{row[1 - _WIDEST :]}" for row in rows}
    wide = max(map(len, names.values()))
    for host in run.hosts:
        mine = [each for each in columns if each.host == host.name]
        if not mine:
            continue
        reporter.write_line(f"{host.name}: {host.about.summary}")
        for negotiated in (each for each in mine if each.heading):
            reporter.write_line(f"negotiated: {negotiated.heading}")
        widths = [max(5, len(each.api)) for each in mine]
        head = "".join(f"  {each.api:>{w}}" for each, w in zip(mine, widths, strict=True))
        reporter.write_line(f"{'':{wide}}{head}", bold=True)
        for row in rows:
            reporter.write(f"{names[row]:{wide}}")
            for column, width in zip(mine, widths, strict=True):
                outcome = outcomes.get((row, host.name, column.api), "")
                markup = {_COLOURS[outcome]: True} if outcome else {}
                reporter.write(f"  {WORDS.get(outcome, ''):>{width}}", **markup)
            reporter.write_line("")
        reporter.write_line("")
    for line in _remarks(cells):
        reporter.write_line(line)


def _remarks(cells: Sequence[Cell]) -> Iterator[str]:
    for each in remarks_of(cells):
        reason = (each.reason.splitlines() or [""])[0]
        few = len(each.tests) <= _FEW
        tests = ", ".join(each.tests) if few else f"{len(each.tests)} tests"
        where = f"{each.host} at {', '.join(each.apis)}"
        yield f"{WORDS[each.outcome]} {tests} on {where}: {reason}"
