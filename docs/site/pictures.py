"""The pictures of docs/how-it-works.md: `python -m docs.site.pictures` draws them anew.

Every word stands on a box that has its own colour, so they are readable on a light page and on a
dark one, whatever shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from attrs import frozen

from generator.versions import ROOT

__all__ = ["PICTURES", "Step", "draw"]

_WIDTH, _ROW, _BOX = 720, 62, 44
_SIDE, _GAP = 250, 26


@frozen
class Step:
    """A row: what stands in the column of the way itself, and what comes in from the side."""

    name: str
    """A module or a folder, or words."""
    about: str
    beside: str = ""
    """A file or a folder that this step reads, or a module that it uses."""
    ends: bool = False
    """Whether it is where the way begins or ends, and no step of it."""


PICTURES: dict[str, tuple[str, Sequence[Step]]] = {
    "generator.svg": (
        "The phases of the generator",
        (
            Step("spec/versions.toml", "a commit and a sha256 for each API version", ends=True),
            Step("generator/fetch", "a local mirror, upstream or Debian; the hash decides"),
            Step("generator/load.py", "YAML or JSON, one document for each version"),
            Step("generator/convert.py", "Swagger 2 to OpenAPI 3; what all versions get wrong"),
            Step("generator/overlay.py", "corrections, each with its reason", "overrides/spec"),
            Step("generator/normalize.py", "a name for every object", "overrides/names.yaml"),
            Step("generator/parse.py", "openapi-python-client; fails if anything is lost"),
            Step(
                "generator/answers.py",
                "fields that engines always send",
                "overrides/spec/required.yaml",
            ),
            Step(
                "generator/share.py",
                "what did not change is written once",
                "overrides/moorage/verbs",
            ),
            Step("generator/render.py", "modules, and their change logs", "overrides/templates"),
            Step("generator/write.py", "formatted, and only where something changed"),
            Step("generated/moorage_api", "v1_25 … newest, since/, homes.py", ends=True),
        ),
    ),
    "call.svg": (
        "The way of a call",
        (
            Step("engine.containers.list(all=True)", "your program", ends=True),
            Step(
                "generated/moorage_api",
                "an operation builds a Request, a pure function",
                "overrides/moorage/parameters",
            ),
            Step(
                "overrides/moorage/transport/sync.py",
                "a method for each kind of plain response",
                "overrides/moorage/streams",
            ),
            Step(
                "overrides/moorage/transport/pool.py",
                "an idle connection; a stale one is replaced",
                "overrides/moorage/transport/threads.py",
            ),
            Step(
                "overrides/moorage/transport/exchange.py",
                "one request, one response, their timeouts",
                "overrides/moorage/wire",
            ),
            Step(
                "overrides/moorage/transport/dialer.py",
                "addresses, proxies, TLS, ssh",
                "overrides/moorage/host",
            ),
            Step(
                "overrides/moorage/transport/channel.py",
                "bytes both ways on a socket that never blocks",
            ),
            Step("the engine", "a Unix socket, TCP, or ssh", ends=True),
        ),
    ),
}


def draw(title: str, steps: Sequence[Step]) -> str:
    """Draw steps from top to bottom, with what comes in from the left."""
    height = len(steps) * _ROW - (_ROW - _BOX) + 2
    left = _SIDE + _GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">',
        f"<title>{escape(title)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#7d8a92"/></marker></defs>',
    ]
    middle = left + (_WIDTH - left) / 2
    for place, step in enumerate(steps):
        top = place * _ROW + 1
        if place:
            parts.append(_arrow(middle, top - (_ROW - _BOX), middle, top))
        fill = "#d7ead9" if step.ends else "#d9e6ef"
        parts.append(_box(left, top, _WIDTH - left - 1, fill, step.name, step.about))
        if step.beside:
            parts.append(_box(1, top, _SIDE - 1, "#f5e6c6", step.beside, ""))
            parts.append(_arrow(_SIDE, top + _BOX / 2, left, top + _BOX / 2))
    return "\n".join([*parts, "</svg>\n"])


def _box(x: float, y: float, width: float, fill: str, name: str, about: str) -> str:
    name = escape(name.removeprefix("generator/").replace("overrides/moorage/", "moorage/"))
    first = y + (19 if about else 27)
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{_BOX}" rx="6" fill="{fill}" '
        f'stroke="#7d8a92"/><text x="{x + 12}" y="{first}" font-size="13.5" font-weight="600" '
        f'fill="#14232c">{name}</text>'
        + (
            f'<text x="{x + 12}" y="{y + 36}" font-size="13" fill="#33434d">{escape(about)}</text>'
            if about
            else ""
        )
    )


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    return (
        f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="#7d8a92" stroke-width="1.5" '
        'marker-end="url(#tip)"/>'
    )


def main() -> None:
    """Write the pictures."""
    for name, (title, steps) in PICTURES.items():
        Path(ROOT, "docs", name).write_text(draw(title, steps), encoding="utf-8")


if __name__ == "__main__":
    main()
