"""The figures of benchmarks/calls.py: medians, ratios and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from attrs import frozen
from rich.console import Console
from rich.table import Table

__all__ = ["print_report", "report"]

PEERS = ("bare socket", "aiodocker", "docker-py")
TITLES = {
    "ping": "ping",
    "inspect": "inspect of a container",
    "list": "list of 40 containers",
    "gather": "200 inspects by gather, each",
    "threads": "200 inspects on 16 threads, each",
    "lifecycle": "create + start + wait + delete",
}
"""Rows whose name says too little."""


@frozen
class Bound:
    """The most that a figure may be: as a ratio to a peer's, or in MB."""

    row: str
    client: str
    most: float
    peer: str | None = None


BOUNDS = (
    Bound("ping", "moorage", 3.3, "bare socket"),
    Bound("ping", "moorage, awaited", 4.5, "bare socket"),
    Bound("inspect", "moorage", 3, "bare socket"),
    Bound("inspect", "moorage, awaited", 3.6, "bare socket"),
    Bound("list", "moorage", 2.5, "bare socket"),
    Bound("gather", "moorage, awaited", 1.15, "aiodocker"),
    Bound("threads", "moorage", 0.4, "docker-py"),
    Bound("lifecycle", "moorage", 0.4, "docker-py"),
    Bound("start, wall", "moorage", 0.75, "docker-py"),
    Bound("start, processor", "moorage", 0.75, "docker-py"),
    Bound("start, wall", "moorage, awaited", 0.65, "aiodocker"),
    Bound("start, processor", "moorage, awaited", 0.65, "aiodocker"),
    Bound("start, peak memory", "moorage", 20),
)


def report(figures: Mapping[str, Mapping[str, list[float]]]) -> dict[str, Any]:
    """Return medians and ratios of seconds and bytes, and the bounds of what was measured."""
    rows: dict[str, dict[str, Any]] = {
        row: {
            name: {"median": median(found), "min": min(found), "all": found}
            | {f"/ {peer}": median(found) / median(by[peer]) for peer in PEERS if peer in by}
            for name, found in by.items()
        }
        for row, by in figures.items()
    }
    bounds = []
    for bound in BOUNDS:
        if bound.row not in rows:
            continue
        measured = rows[bound.row][bound.client]
        # It is missing where the peer was skipped.
        value = measured.get(f"/ {bound.peer}") if bound.peer else measured["median"] / 1e6
        bounds.append(
            {
                "bound": f"{TITLES.get(bound.row, bound.row)}: {bound.client}",
                "unit": f"times {bound.peer}" if bound.peer else "MB",
                "most": bound.most,
                "measured": value,
                "met": None if value is None else value <= bound.most,
            }
        )
    return {"rows": rows, "bounds": bounds}


def print_report(console: Console, reported: Mapping[str, Any]) -> None:
    """Print all figures, then the bounds."""
    table = Table(title="medians and the least; calls in the processor's time of the client")
    table.add_column("")
    table.add_column("client")
    for heading in ("median", "min", *(f"/ {peer}" for peer in PEERS)):
        table.add_column(heading, justify="right")
    for row, by in reported["rows"].items():
        table.add_section()
        title = TITLES.get(row, row)
        for name, found in sorted(by.items(), key=lambda item: item[1]["median"]):
            ratios = [f"{found[key]:.2f}" if (key := f"/ {p}") in found else "-" for p in PEERS]
            table.add_row(
                title, name, shown(row, found["median"]), shown(row, found["min"]), *ratios
            )
            title = ""
    console.print(table)
    bounds = Table(title="bounds")
    for heading in ("", "at most", "measured", "", ""):
        bounds.add_column(heading, justify="left" if not heading else "right")
    for each in reported["bounds"]:
        met = {None: "not measured", True: "met", False: "NOT MET"}[each["met"]]
        most = f"{each['most']:g}"
        measured = "-" if each["measured"] is None else f"{each['measured']:.2f}"
        bounds.add_row(each["bound"], most, measured, each["unit"], met)
    console.print(bounds)


def shown(row: str, figure: float) -> str:
    """Write a figure with its unit."""
    if "memory" in row:
        return f"{figure / 1e6:.1f} MB"
    return f"{figure * 1e3:.1f} ms" if row.startswith("start") else f"{figure * 1e6:.0f} us"
