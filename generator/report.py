"""Tell what each version has, and what of it is new."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from generator.ir import Api
from generator.load import Document, count_operations
from generator.share import Package

__all__ = ["print_report"]


def print_report(
    documents: Mapping[str, Document], apis: Mapping[str, Api], packages: Mapping[str, Package]
) -> None:
    """Print a line for each version, and their sums."""
    table = Table(title="operations and types by API version", show_footer=True)
    rows = [
        (
            version,
            count_operations(documents[version]),
            len(api.operations),
            len(api.models),
            sum(len(m.content) for m in packages[version].own if m.folder == "models"),
            sum(m.folder == "operations" for m in packages[version].own),
        )
        for version, api in apis.items()
    ]
    heads = (
        "API",
        "operations in the spec",
        "generated",
        "types",
        "types new or changed",
        "operations new or changed",
    )
    sums = [str(sum(column)) for column in list(zip(*rows, strict=True))[1:]]
    for head, foot in zip(heads, ["sum", *sums], strict=True):
        table.add_column(head, foot, justify="right")
    for row in rows:
        table.add_row(*map(str, row))
    Console(width=100).print(table)
