"""Report the content of each version, its additions, and types left open."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from generator.ir import Api, Either, ListOf, MapOf, Scalar, Type
from generator.load import Document, count_operations
from generator.python import annotation
from generator.share import Package

__all__ = ["open_types", "print_report"]


def print_report(
    documents: Mapping[str, Document], apis: Mapping[str, Api], packages: Mapping[str, Package]
) -> None:
    """Print a line for each version, the sums, and the types with an Any."""
    table = Table(title="operations and types by API version", show_footer=True)
    rows = [
        (
            version,
            count_operations(documents[version]),
            len(api.operations),
            len(api.models),
            sum(len(m.content) for m in packages[version].own if m.folder == "models"),
            sum(m.folder == "operations" for m in packages[version].own),
            len(open_types(api)),
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
        "open types",
    )
    sums = [str(sum(column)) for column in list(zip(*rows, strict=True))[1:]]
    for head, foot in zip(heads, ["sum", *sums], strict=True):
        table.add_column(head, foot, justify="right")
    for row in rows:
        table.add_row(*map(str, row))
    console = Console(width=100, markup=False)
    console.print(table)
    console.print(_open_table(apis))


def open_types(api: Api) -> dict[str, str]:
    """Return the types with an Any, which the specification leaves open.

    Each is named by its place: `Model.Property`, `operation(parameter)` or `operation()`, its
    result.
    """
    places: dict[str, Type | None] = {}
    for model in api.models.values():
        places |= {f"{model.name}.{field.wire}": field.type for field in model.fields}
    for operation in api.operations:
        name = f"{operation.namespace}.{operation.name}"
        places |= {f"{name}({each.name})": each.type for each in operation.parameters}
        if operation.body is not None:
            places[f"{name}({operation.body.name})"] = operation.body.type
        places[f"{name}()"] = operation.result
    return {place: annotation(type_) for place, type_ in places.items() if type_ and _open(type_)}


def _open(type_: Type) -> bool:
    match type_:
        case ListOf(inner) | MapOf(inner) | Either(inner):
            return _open(inner)
    return type_ == Scalar("Any")


def _open_table(apis: Mapping[str, Api]) -> Table:
    versions: dict[tuple[str, str], list[str]] = {}
    for version, api in apis.items():
        for open_type in open_types(api).items():
            versions.setdefault(open_type, []).append(version)
    table = Table(
        "place", "type", "first", "last", title="types that the specifications leave open"
    )
    for (place, type_), having in sorted(versions.items()):
        table.add_row(place, type_, having[0], having[-1])
    return table
