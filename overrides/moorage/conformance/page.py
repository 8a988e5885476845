"""The report as one self-contained HTML page: no network, no other file.

Content from engines is data in the page, inserted as text only. The page's policy allows only its
own script, whatever the data.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from attrs import asdict

from moorage.conformance.chart import charts
from moorage.conformance.growth import growth
from moorage.conformance.report import Asked, Report
from moorage.conformance.terminal import cell
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import span

__all__ = ["page"]

_STRIP = {"conforms": "c", "answers": "a", "departs": "d", "refuses": "r"}
"""The classes of the marks for each version, under the outcome of an operation."""


def page(report: Report) -> str:
    """Write the page."""
    script, style = _file("page.js"), _file("page.css")
    return Template(_file("page.html")).substitute(
        script=script,
        script_hash=_hash(script),
        style=style,
        style_hash=_hash(style),
        engines="\n".join(map(_engine, report.engines)),
        heads="".join(_head(index, each.name) for index, each in enumerate(report.engines, 1)),
        rows="\n".join(_row(report, operation) for operation in _worst_first(report)),
        made="objects were made to be asked about" if report.write else "nothing was changed",
        unasked=_unasked(report),
        charts=charts(growth()),
        data=_data(report),
    )


def _file(name: str) -> str:
    return files("moorage.conformance").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Name a script or a style for the policy, by the hash of its text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _engine(engine: Asked) -> str:
    operations = {each.operation for each in engine.departures}
    return f"""<div class="engine">
<h3>{escape(engine.name)}</h3>
<p class="count">{len(engine.departures):,}</p>
<p>departures, in {len(operations)} of {len(engine.outcomes)} operations</p>
<p class="fine">Release {escape(engine.release)}; speaks API {escape(engine.min_api)} to \
{escape(engine.max_api)}; asked in {escape(span(engine.versions))}</p>
</div>"""


def _head(index: int, name: str) -> str:
    return (
        f'<th scope="col" aria-sort="none"><button type="button" data-sort="{index}">'
        f'{escape(name)}<span aria-hidden="true"></span></button></th>'
    )


def _worst_first(report: Report) -> list[str]:
    """Return the operations that were called, those with most departures first."""
    asked = [each for each in report.operations if _was_asked(report, each)]
    # Sorting is stable: equal operations stay in the order of their names.
    return sorted(asked, key=lambda each: -sum(_weight(it, each) for it in report.engines))


def _was_asked(report: Report, operation: str) -> bool:
    return any(engine.outcomes.get(operation) for engine in report.engines)


def _unasked(report: Report) -> str:
    """Fold the operations that were never called."""
    names = [each for each in report.operations if not _was_asked(report, each)]
    if not names:
        return ""
    why = (
        "it would take a registry, a session, or what belongs to others"
        if report.write
        else "there was nothing of its kind, or it would change something"
    )
    noun = "operation was" if len(names) == 1 else "operations were"
    return (
        f'<details id="unasked"><summary>{len(names)} {noun} not asked</summary>'
        f"<p>{why[0].upper()}{why[1:]}: {', '.join(map(_breakable, names))}.</p></details>"
    )


def _breakable(operation: str) -> str:
    return escape(operation).replace(".", ".<wbr>").replace("_", "_<wbr>")


def _row(report: Report, operation: str) -> str:
    cells = "".join(_cell(index, engine, operation) for index, engine in enumerate(report.engines))
    return f'<tr><th scope="row">{_breakable(operation)}</th>{cells}</tr>'


def _cell(index: int, engine: Asked, operation: str) -> str:
    shown = cell(engine, operation)
    outcomes = engine.outcomes.get(operation, {})
    found = engine.of(operation)
    weight = _weight(engine, operation) if outcomes else -1
    inside = f"<span>{escape(shown)}</span>{_strip(outcomes)}"
    if found:
        label = f"{operation}, {engine.name}: {shown}, show the evidence"
        inside = (
            f'<button type="button" data-engine="{index}" aria-label="{escape(label)}">'
            f"{inside}</button>"
        )
    kind = "bad" if found else "none" if not outcomes else "good"
    return f'<td data-weight="{weight}" class="{kind}">{inside}</td>'


def _weight(engine: Asked, operation: str) -> int:
    """Return the severity: a refusal weighs more than any number of departures."""
    return sum(1 if each.place else 1000 for each in engine.of(operation))


def _strip(outcomes: Any) -> str:
    """Draw a mark for each queried version, at its place among all versions."""
    if not outcomes:
        return ""
    versions = bundled_versions()
    marks: dict[str, list[str]] = {}
    for version, outcome in outcomes.items():
        at = versions.index(version) * 3
        top = {"c": 4, "a": 6}.get(_STRIP[outcome], 0)
        marks.setdefault(_STRIP[outcome], []).append(f"M{at} {top}h2v{8 - top}h-2z")
    paths = "".join(f'<path class="{kind}" d="{"".join(d)}"/>' for kind, d in marks.items())
    width = len(versions) * 3
    return (
        f'<svg viewBox="0 0 {width} 8" width="{width}" height="8" aria-hidden="true">{paths}</svg>'
    )


def _data(report: Report) -> str:
    """Write the details behind a click as JSON that is safe in a script's tag."""
    shown = [
        {
            "name": engine.name,
            "departures": [
                {**asdict(each), "versions": span(each.versions)} for each in engine.departures
            ],
        }
        for engine in report.engines
    ]
    text = json.dumps(shown, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
