"""Collect the outcome of each test at each version, print it as a matrix, and write reports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moorage_pytest.node_ids import row_of
from moorage_pytest.table import Cell

if TYPE_CHECKING:
    from moorage_pytest.run import Run

__all__ = ["Matrix", "outcome_of", "reason_of"]

_FORMATS = (".html", ".json")


class Matrix:
    """A plugin of the reporting process: under xdist, not of the workers.

    Raises:
        pytest.UsageError: A report can't be written to its path.
    """

    def __init__(self, config: pytest.Config, run: Callable[[pytest.Config], Run]) -> None:
        self._config = config
        self._run = run
        self._reports = [
            config.invocation_params.dir / each for each in config.option.engine_report
        ]
        for path in self._reports:
            _check(path)
        self._cells: dict[tuple[str, str, str], Cell] = {}

    @property
    def cells(self) -> list[Cell]:
        """All cells, in the order of the files, and of the options."""
        order = [each.id for each in self._run(self._config).targets]
        return sorted(
            self._cells.values(),
            key=lambda cell: (
                cell.test.partition("::")[0],
                cell.line,
                cell.test,
                order.index(f"{cell.host}-{cell.api}"),
            ),
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the outcome of one phase of a test."""
        about: dict[str, Any] = dict(report.user_properties)
        if not {"engine", "engine_api"} <= about.keys():
            return
        host, api = about["engine"], about["engine_api"]
        run = self._run(self._config)
        version = next(t.version for t in run.targets if (t.name, t.requested) == (host, api))
        key = (row_of(report.nodeid, f"{host}-{api}"), host, api)
        outcome = outcome_of(report)
        before = self._cells.get(key)
        # The last error does not hide the first one.
        if outcome and (before is None or report.when != "teardown" or before.outcome != "failed"):
            line = (report.location[1] or 0) + 1
            self._cells[key] = Cell(*key, version, outcome, reason_of(report), line)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the reports."""
        for path in self._reports:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".html":
                from moorage_pytest.html import page as text
            else:
                from moorage_pytest.json_report import document as text
            path.write_text(text(self._run(self._config), self.cells), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the matrix."""
        if self._cells:
            from moorage_pytest.terminal import print_matrix

            print_matrix(terminalreporter, self._run(self._config), self.cells)
        for path in self._reports:
            terminalreporter.write_line(f"engine report: {path}")


def outcome_of(report: pytest.TestReport) -> str | None:
    """Return the outcome of a phase of a test; None for a set-up or teardown that passed."""
    expected = hasattr(report, "wasxfail")
    if report.skipped:
        return "xfailed" if expected else "skipped"
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if report.when == "call":
        return "xpassed" if expected else "passed"
    return None


def reason_of(report: pytest.TestReport) -> str:
    """Return why a test did not pass."""
    if expected := getattr(report, "wasxfail", ""):
        return str(expected)
    why: Any = report.longrepr
    if isinstance(why, tuple | list):
        return str(why[2]).removeprefix("Skipped: ")
    crash = getattr(why, "reprcrash", None)
    return str(crash.message if crash else why or "").strip()


def _check(path: Path) -> None:
    if path.suffix not in _FORMATS:
        raise pytest.UsageError(f"--engine-report: {path.name} ends in neither .html nor .json")
    if path.is_dir():
        raise pytest.UsageError(f"--engine-report: {path} is a folder")
