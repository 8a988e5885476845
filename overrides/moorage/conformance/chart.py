"""Draw the growth of the API: small bar charts in SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from moorage.conformance.growth import Size

__all__ = ["charts"]

_SERIES = {
    "operations": "Operations",
    "arguments": "Arguments and fields of bodies",
    "fields": "Fields of definitions and answers",
}
_WIDTH, _HEIGHT, _TOP, _FOOT = 320, 150, 22, 18
_EVERY = 10
"""Interval of versions named under their bars; the last one always is."""


def charts(sizes: Sequence[Size]) -> str:
    """Return a figure: a chart for each count, and the numbers as a table."""
    drawn = "\n".join(_chart(sizes, name, title) for name, title in _SERIES.items())
    rows = "\n".join(
        f'<tr><th scope="row">{escape(each.version)}</th>'
        + "".join(f"<td>{getattr(each, name):,}</td>" for name in _SERIES)
        + "</tr>"
        for each in sizes
    )
    heads = "".join(f'<th scope="col">{escape(title)}</th>' for title in _SERIES.values())
    return f"""<figure class="growth">
<div class="charts">
{drawn}
</div>
<details>
<summary>The numbers</summary>
<div class="box" tabindex="0" role="region" aria-label="What each API version has">
<table class="numbers">
<thead><tr><th scope="col">API</th>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
</details>
</figure>"""


def _chart(sizes: Sequence[Size], name: str, title: str) -> str:
    values = [getattr(each, name) for each in sizes]
    first, last = sizes[0].version, sizes[-1].version
    summary = f"{values[0]:,} in API {first}, {values[-1]:,} in API {last}"
    step, scale = _WIDTH / len(values), (_HEIGHT - _TOP - _FOOT) / max(values)
    bars = [
        f"<g><title>API {escape(size.version)}: {value:,}</title>"
        + _bar(index * step, step, 0, min(value, values[0]) * scale, "old")
        + _bar(index * step, step, values[0] * scale, (value - values[0]) * scale, "new")
        + "</g>"
        for index, (size, value) in enumerate(zip(sizes, values, strict=True))
    ]
    labels = [
        f'<text x="{index * step:.1f}" y="{_HEIGHT - 4}">{escape(size.version)}</text>'
        for index, size in enumerate(sizes[: -_EVERY // 2])
        if index % _EVERY == 0
    ]
    return f"""<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="{name}-t {name}-d">
<title id="{name}-t">{escape(title)}</title>
<desc id="{name}-d">{escape(summary)}.</desc>
<text class="head" y="11">{escape(title)}</text>
<text class="end" x="{_WIDTH}" y="11">{values[0]:,} → {values[-1]:,}</text>
{"".join(bars)}
{"".join(labels)}<text class="end" x="{_WIDTH}" y="{_HEIGHT - 4}">{escape(last)}</text>
</svg>"""


def _bar(x: float, width: float, base: float, height: float, kind: str) -> str:
    if height <= 0:
        return ""
    y = _HEIGHT - _FOOT - base - height
    box = f'x="{x:.1f}" y="{y:.1f}" width="{width - 1.5:.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" {box}/>'
