"""Plots of series of figures, as one SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

__all__ = ["plot"]

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT, _MARGIN = 300, 220, 45
# Read as well on white as on the dark ground of a page.
_COLOURS = ("#2f81d0", "#dc5039", "#3a8f3a")
_INK = "#7a828a"


def plot(panels: Mapping[str, Mapping[str, Points]]) -> str:
    """Draw panels side by side, each with a line for each series, from zero on.

    Args:
        panels: Points by the name of the series, by the title of the panel.
    """
    width = _WIDTH * len(panels)
    drawn = "".join(
        f'<g transform="translate({_WIDTH * place},0)">{_panel(title, series)}</g>'
        for place, (title, series) in enumerate(panels.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">{drawn}</svg>\n'
    )


def _panel(title: str, series: Mapping[str, Points]) -> str:
    right = max(x for points in series.values() for x, _ in points)
    top = max(y for points in series.values() for _, y in points)
    inner_width, inner_height = _WIDTH - 1.5 * _MARGIN, _HEIGHT - 2 * _MARGIN

    def place(x: float, y: float) -> str:
        left = _MARGIN + inner_width * x / right
        return f"{left:.1f},{_HEIGHT - _MARGIN - inner_height * y / top:.1f}"

    parts = [f'<text x="{_MARGIN}" y="18" font-weight="bold">{escape(title)}</text>']
    axis = f"{place(0, top)} {place(0, 0)} {place(right, 0)}"
    parts.append(f'<polyline points="{axis}" fill="none" stroke="{_INK}"/>')
    for x, y, text, anchor in (
        (0, 0, "0", "end"),
        (0, top, f"{top:,.0f}" if top >= 100 else f"{top:.3g}", "end"),
        (right, 0, f"{right:g} engines", "end"),
    ):
        left, upper = place(x, y).split(",")
        below = 16 if x else 4
        shift = 0 if x else -6
        parts.append(
            f'<text x="{float(left) + shift:.1f}" y="{float(upper) + below:.1f}" '
            f'text-anchor="{anchor}">{text}</text>'
        )
    for number, (name, points) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        line = " ".join(place(x, y) for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>'
            for x, y in (place(*each).split(",") for each in points)
        ]
        parts.append(
            f'<text x="{_MARGIN + 8}" y="{_MARGIN + 4 + 14 * number}" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    return "".join(parts)
