"""Read specs, and give each operation one name for every version."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from generator.errors import BuildError
from generator.shape import check_values, check_yaml

__all__ = ["METHODS", "Document", "count_operations", "load", "operations", "read_yaml", "rename"]

Document: TypeAlias = dict[str, Any]

METHODS = ("get", "head", "post", "put", "delete", "options", "patch")


def load(version: str, file: Path) -> Document:
    """Read a version's spec.

    Raises:
        BuildError: It is not YAML, or not a Swagger 2 document.
    """
    try:
        data = file.read_bytes()
        check_yaml(data)
        # The C loader is ten times quicker, and takes the multi-line strings of 1.25 to 1.38.
        document = yaml.load(data, yaml.CSafeLoader)
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: a number of many digits
        said = " ".join(str(error).split())
        raise BuildError(f"{version}: cannot read {file}: {said}") from error
    if not isinstance(document, dict) or document.get("swagger") != "2.0":
        raise BuildError(f"{version}: {file} is not a Swagger 2.0 document")
    for part in ("paths", "definitions"):
        if not isinstance(document.get(part), dict):
            raise BuildError(f"{version}: {file} has no {part}")
    check_values(version, document)
    for path, item in document["paths"].items():
        if not isinstance(item, dict):
            raise BuildError(f"{version}: the path {path!r:.200} is not a map of operations")
        for method in METHODS:
            if not isinstance(item.get(method, {}), dict):
                raise BuildError(f"{version}: {method.upper()} {path!r:.200} is not a map")
    return document


class _Unique(yaml.CSafeLoader):
    """Refuses a map with a duplicate key, whose first value YAML would drop silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                mark = node.value[place][0].start_mark
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} appears twice", mark
                )
        return super().construct_mapping(node, deep=deep)


def read_yaml(file: Path) -> Any:
    """Read a YAML file of the project's own.

    Raises:
        BuildError: It is not YAML, or a map has a key twice.
    """
    try:
        data = file.read_bytes()
        check_yaml(data)
        return yaml.load(data, _Unique)  # noqa: S506 - a safe loader too
    except (ValueError, yaml.YAMLError) as error:  # ValueError: a number of many digits
        raise BuildError(f"{file} is not YAML: {' '.join(str(error).split())}") from error


def operations(document: Document) -> list[tuple[str, str, Document]]:
    """List the operations of a document as path, method and description."""
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def count_operations(document: Document) -> int:
    """Count the operations independently of later phases: everything with an operationId."""
    return sum(
        isinstance(operation, dict) and "responses" in operation
        for item in document["paths"].values()
        for operation in item.values()
    )


def rename(documents: dict[str, Document]) -> None:
    """Give every operation, in place, the operationId of the newest version that has it.

    Args:
        documents: The documents by version, the oldest first.
    """
    newest: dict[tuple[str, str], str] = {}
    for version in reversed(documents):
        for path, method, operation in operations(documents[version]):
            if not isinstance(operation.get("operationId"), str):
                raise BuildError(f"{version}: {method.upper()} {path} has no operationId")
            endpoint = (method, re.sub(r"\{[^}]*\}", "{}", path))
            operation["operationId"] = newest.setdefault(endpoint, operation["operationId"])
