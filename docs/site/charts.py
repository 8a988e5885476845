"""Charts as SVG that takes its colours from the page, light or dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["bars", "lanes"]

_ROW = 20
_LEFT = 64
_WIDTH = 640


def bars(title: str, rows: Mapping[str, Sequence[tuple[str, int]]], note: str) -> str:
    """Draw a bar for each row, made of parts of a class and a size.

    Args:
        title: The chart's subject, for those who can't see it too.
        rows: The parts by the rows' labels.
        note: The things that a row's number counts.
    """
    most = max(sum(size for _, size in parts) for parts in rows.values()) or 1
    scale = (_WIDTH - _LEFT - 48) / most
    drawn = []
    for place, (label, parts) in enumerate(rows.items()):
        x, y = float(_LEFT), place * _ROW
        drawn.append(_label(label, y))
        for kind, size in parts:
            if size:
                width = size * scale
                drawn.append(
                    f'<rect class="m-{kind}" x="{x:.1f}" y="{y + 3}" '
                    f'width="{width:.1f}" height="14">'
                    f"<title>{escape(f'{label}: {size} {kind}')}</title></rect>"
                )
                x += width
        total = sum(size for _, size in parts)
        drawn.append(f'<text x="{x + 6:.1f}" y="{y + 14}">{total or ""}</text>')
    return _figure(title, drawn, len(rows), note)


def lanes(title: str, rows: Mapping[str, tuple[int, int]], ticks: Sequence[str], note: str) -> str:
    """Draw a lane for each row, from one tick to another.

    Args:
        title: The chart's subject.
        rows: The first and the last place among the ticks, by the rows' labels.
        ticks: The labels of the places.
        note: The meaning of a lane.
    """
    step = (_WIDTH - _LEFT - 8) / len(ticks)
    drawn = []
    for place, (label, (first, last)) in enumerate(rows.items()):
        y = place * _ROW
        said = escape(f"{label}: {ticks[first]} to {ticks[last]}")
        drawn.append(_label(label, y))
        drawn.append(
            f'<rect class="m-lane" x="{_LEFT + first * step:.1f}" y="{y + 3}" '
            f'width="{(last - first + 1) * step:.1f}" height="14"><title>{said}</title></rect>'
        )
    y = len(rows) * _ROW + 14
    drawn += [
        f'<text x="{_LEFT + place * step:.1f}" y="{y}">{ticks[place]}</text>'
        for place in range(0, len(ticks), 5)
    ]
    return _figure(title, drawn, len(rows) + 1, note)


def _label(label: str, y: int) -> str:
    return f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(label)}</text>'


def _figure(title: str, drawn: Sequence[str], rows: int, note: str) -> str:
    return (
        f'<figure class="m-chart"><svg role="img" viewBox="0 0 {_WIDTH} {rows * _ROW}" '
        f'aria-label="{escape(title)}">{"".join(drawn)}</svg>'
        f"<figcaption>{escape(note)}</figcaption></figure>"
    )
