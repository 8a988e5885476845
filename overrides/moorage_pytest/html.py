"""The report as one self-contained HTML page: no script, no network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from moorage_pytest.table import WORDS, Cell, Column, Remark, columns_of, remarks_of, rows_of

if TYPE_CHECKING:
    from moorage_pytest.run import Run

__all__ = ["page"]

_STYLE = """
:root { color-scheme: light dark; --text: #1d2126; --page: #fff; --head: #f1f3f5; --line: #d0d5db;
  --good: #17692f; --bad: #b3161d; --bad-page: #fde8e8; --other: #7a5200; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e7eb; --page: #15181c; --head: #20252b;
  --line: #3b424b; --good: #6fcf87; --bad: #ff9c96; --bad-page: #4a1d20; --other: #e5bd66; } }
body { margin: 0 auto; max-width: 75rem; padding: 1rem; background: var(--page);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
table { border-collapse: separate; border-spacing: 0; font-size: .9rem; }
th, td { padding: .35rem .55rem; border-bottom: 1px solid var(--line); text-align: center;
  white-space: nowrap; }
thead th { background: var(--head); }
th.first { border-left: 2px solid var(--line); }
tbody th { position: sticky; left: 0; background: var(--page); text-align: left;
  font-weight: normal; white-space: normal; min-width: 9rem; max-width: 45vw; }
td.first { border-left: 2px solid var(--line); }
.passed { color: var(--good); }
.failed, .error, .xpassed { color: var(--bad); background: var(--bad-page); font-weight: bold; }
.skipped, .xfailed { color: var(--other); }
td a { color: inherit; }
:target { outline: 2px solid var(--other); outline-offset: .3rem; }
li { margin-bottom: .7rem; } li b { padding: 0 .3rem; }
pre { margin: .2rem 0 0; white-space: pre-wrap; font-size: .85rem; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; img-src data:; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'"
)
"""The page loads nothing and applies only its own style, whatever its content."""


def page(run: Run, cells: Sequence[Cell]) -> str:
    """Write the report; failed cells link to their reasons."""
    remarks = remarks_of(cells)
    counts = {word: sum(each.outcome == word for each in cells) for word in WORDS}
    total = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no tests"
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            # Without it, a browser requests an icon from the server.
            '<link rel="icon" href="data:,">',
            f"<title>Tests by engine and API version</title><style>{_STYLE}</style></head><body>",
            f"<h1>Tests by engine and API version</h1><p>{total}</p><ul>",
            *_engines(run),
            "</ul>",
            *_table(columns_of(run, cells), cells, remarks),
            *_reasons(remarks),
            "</body></html>\n",
        ]
    )


def _engines(run: Run) -> Iterator[str]:
    for host in run.hosts:
        if about := host.opened:
            yield f"<li>{escape(host.name)}: {escape(about.summary)}</li>"


def _table(
    columns: Sequence[Column], cells: Sequence[Cell], remarks: Sequence[Remark]
) -> Iterator[str]:
    outcomes = {(each.test, each.host, each.api): each.outcome for each in cells}
    places = {
        (each.outcome, test, each.host, api): at
        for at, each in enumerate(remarks)
        for test in each.tests
        for api in each.apis
    }
    hosts = [each.host for each in columns]
    first = [at == 0 or hosts[at - 1] != host for at, host in enumerate(hosts)]
    yield '<div class="wide" tabindex="0"><table><thead><tr><td></td>'
    for host in dict.fromkeys(hosts):
        span = hosts.count(host)
        yield f'<th class="first" scope="colgroup" colspan="{span}">{escape(host)}</th>'
    yield "</tr><tr><td></td>"
    for column, begins in zip(columns, first, strict=True):
        more = f"<br>{escape(column.heading)}" if column.heading else ""
        place = "first" if begins else ""
        yield f'<th class="{place}" scope="col">{escape(column.api)}{more}</th>'
    yield "</tr></thead><tbody>"
    for row in rows_of(cells):
        yield f'<tr><th scope="row">{escape(row)}</th>'
        for column, begins in zip(columns, first, strict=True):
            outcome = outcomes.get((row, column.host, column.api), "")
            word = WORDS.get(outcome, "")
            if (at := places.get((outcome, row, column.host, column.api))) is not None:
                word = f'<a href="#r{at}">{word}</a>'
            yield f'<td class="{outcome}{" first" if begins else ""}">{word}</td>'
        yield "</tr>"
    yield "</tbody></table></div>"


def _reasons(remarks: Sequence[Remark]) -> Iterator[str]:
    if not remarks:
        return
    yield "<h2>What did not pass, and why</h2><ul>"
    for at, each in enumerate(remarks):
        yield (
            f'<li id="r{at}"><b class="{each.outcome}">{WORDS[each.outcome]}</b> '
            f"on {escape(each.host)} at {escape(', '.join(each.apis))}: "
            f"{escape(', '.join(each.tests))}<pre>{escape(each.reason)}</pre></li>"
        )
    yield "</ul>"
