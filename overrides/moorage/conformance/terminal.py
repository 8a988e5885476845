"""The report for a terminal: a matrix of operations and engines, then all departures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from moorage.conformance.report import Asked, Report
from moorage.printable import one_line
from moorage.versions.numbers import span

__all__ = ["cell", "text"]

_NOT_ASKED = "\N{EN DASH}"


def text(report: Report) -> str:
    """Lay out a report in plain lines, whose text can't control the terminal."""
    return "".join(f"{one_line(line)}\n" for line in _lines(report))


def cell(engine: Asked, operation: str) -> str:
    """Summarise an operation: the number of departures, or "refused"."""
    outcomes = set(engine.outcomes.get(operation, {}).values())
    count = sum(bool(each.place) for each in engine.of(operation))
    words = [str(count)] if count else []
    if "refuses" in outcomes:
        words.append("refused")
    if words:
        return ", ".join(words)
    if not outcomes:
        return _NOT_ASKED
    return "ok" if "conforms" in outcomes else "answers"


def _lines(report: Report) -> Iterator[str]:
    for engine in report.engines:
        asked = f"asked in API {span(engine.versions)}"
        yield f"{engine.name} ({engine.release}), API {engine.min_api} to {engine.max_api}, {asked}"
    yield ""
    rows = [["operation", *(engine.name for engine in report.engines)]]
    rows += [
        [operation, *(cell(engine, operation) for engine in report.engines)]
        for operation in report.operations
    ]
    yield from _table([row for row in rows if set(row[1:]) != {_NOT_ASKED}])
    yield ""
    yield "a number: so many departures; ok: as specified; answers: not with JSON;"
    yield f"{_NOT_ASKED}: not asked"
    for engine in report.engines:
        yield ""
        yield f"{engine.name}: {len(engine.departures)} departures"
        for each in engine.departures:
            yield f"  {each.operation} {each}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()
