"""Which way imports point: late ones, and those for type checkers, count too."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import generator
import moorage
import moorage_pytest

# Each may import what stands below it, and its own package.
LAYERS = [
    ["cli"],
    ["testing"],
    ["check", "conformance", "diff", "fleet", "frozen", "private", "vendor"],
    [""],
    ["verbs"],
    ["buildkit"],
    ["connect"],
    ["guard", "negotiation"],
    ["engine_base"],
    ["contract"],
    ["namespace"],
    ["streams"],
    ["transport"],
    ["wire"],
    ["raw_request"],
    ["arguments", "body"],
    ["parameters"],
    ["availability"],
    ["model", "other_names"],
    ["versions"],
    ["request", "response"],
    ["archives", "progress"],
    ["auth"],
    ["host"],
    ["parse"],
    ["quoting", "timeouts"],
    ["errors"],
    ["printable"],
]
HEIGHT = {name: -place for place, names in enumerate(LAYERS) for name in names}
ROOTS = [Path(str(each.__file__)).parent for each in (moorage, moorage_pytest, generator)]
NO_IO = {"anyio", "asyncio", "httpx", "select", "selectors", "socket", "subprocess", "trio"}


def modules(root: Path) -> dict[str, ast.Module]:
    found = {}
    for file in sorted(root.rglob("*.py")):
        inside = file.relative_to(root.parent).with_suffix("").parts
        name = ".".join(inside).removesuffix(".__init__")
        found[name] = ast.parse(file.read_text(encoding="utf-8"))
    return found


MODULES = {name: tree for root in ROOTS for name, tree in modules(root).items()}


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                inside = f"{node.module}.{each.name}"
                names.add(inside if inside in MODULES else node.module)
    return names


IMPORTS = {name: imported(tree) & MODULES.keys() - {name} for name, tree in MODULES.items()}


def circles() -> list[set[str]]:
    """Find what imports itself by way of others: strongly connected components (Tarjan)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for each in IMPORTS[name]:
            if each not in order:
                visit(each)
            if each in stack:
                low[name] = min(low[name], low[each])
        if low[name] == order[name]:
            component: set[str] = set()
            while name not in component:
                component.add(stack.pop())
            if len(component) > 1:
                found.append(component)

    for name in IMPORTS:
        if name not in order:
            visit(name)
    return found


def test_no_circle() -> None:
    assert circles() == []


@pytest.mark.parametrize("name", [each for each in MODULES if each.startswith("moorage.")])
def test_imports_point_down(name: str) -> None:
    layer = name.split(".")[1]
    if layer in ("__main__", "vendor"):  # the copy's own modules are not a layer
        return
    upward = set()
    for each in IMPORTS[name]:
        if each.split(".")[0] == "moorage":
            other = [*each.split("."), ""][1]
            if other != layer and HEIGHT[other] >= HEIGHT[layer]:
                upward.add(each)
    assert not upward


def test_every_module_has_its_layer() -> None:
    tops = {name.split(".")[1] for name in MODULES if name.startswith("moorage.")}
    assert tops - HEIGHT.keys() == {"__main__"}


def test_the_wire_does_no_io() -> None:
    for name, tree in MODULES.items():
        if name.startswith("moorage.wire"):
            assert not imported_anywhere(tree) & NO_IO, name


def imported_anywhere(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_only_generated_code_takes_from_the_shelf() -> None:
    users = {name for name, others in IMPORTS.items() if "moorage.contract" in others}
    assert users == set()


def test_httpcore_is_imported_nowhere() -> None:
    assert not [name for name, tree in MODULES.items() if "httpcore" in imported_anywhere(tree)]


def test_nothing_else_is_needed() -> None:
    third = {each for tree in MODULES.values() for each in imported_anywhere(tree)}
    third -= {*sys.stdlib_module_names, "moorage", "moorage_api", "moorage_pytest", "generator"}
    shipped = {"anyio", "attrs", "httpx"}
    extras = {"PyInstaller", "google", "h2", "mypy", "pytest", "rich", "shtab", "websockets"}
    build = {"jinja2", "jsonpath", "openapi_python_client", "pydantic", "yaml"}
    assert third <= shipped | extras | build
