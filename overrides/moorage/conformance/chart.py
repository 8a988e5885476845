"""Draws how the API grew: small bar charts in SVG, one above or beside the other."""

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
"""Every so many versions, one is named under its bar."""


def charts(sizes: Sequence[Size]) -> str:
    """Return a figure: a chart for each thing that is counted, and the numbers as a table."""
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
    told = f"{values[0]:,} in API {first}, {values[-1]:,} in API {last}"
    step = _WIDTH / len(values)
    room = _HEIGHT - _TOP - _FOOT
    bars, labels = [], []
    for index, (size, value) in enumerate(zip(sizes, values, strict=True)):
        height = room * value / max(values)
        x, y = index * step, _HEIGHT - _FOOT - height
        grown = index and value > values[index - 1]
        bars.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{step - 1.5:.1f}" height="{height:.1f}"'
            f"{' class=grown' if grown else ''}><title>API {escape(size.version)}: {value:,}"
            "</title></rect>"
        )
        if index % _EVERY == 0:
            labels.append(
                f'<text x="{x + step / 2:.1f}" y="{_HEIGHT - 4}" '
                f'text-anchor="{"middle" if index else "start"}">{escape(size.version)}</text>'
            )
    return f"""<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="{name}-t {name}-d">
<title id="{name}-t">{escape(title)}</title>
<desc id="{name}-d">{escape(told)}.</desc>
<text class="head" x="0" y="11">{escape(title)}</text>
<text class="last" x="{_WIDTH}" y="11" text-anchor="end">{values[0]:,} → {values[-1]:,}</text>
{"".join(bars)}
{"".join(labels)}
</svg>"""
