"""A namespace and its operations in one module.

When installed, every operation is a module of its own, so that versions can share it. A copy has
only one version: there the classes of operations precede the namespace that inherits them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from moorage.vendor.edits import Edits

__all__ = ["Imports", "fold", "rendered"]

Imports = dict[str, set[str]]


def fold(namespace: str, text_of: Callable[[str], str]) -> str:
    """Write a namespace's module with the content of its operations' modules.

    Args:
        namespace: The module's name.
        text_of: Returns the text of a module.
    """
    edits = Edits(text_of(namespace))
    imports: Imports = {"moorage.contract": {"AsyncNamespace", "Namespace"}}
    typing: Imports = {}
    guarded = [node for node in ast.walk(edits.tree) if isinstance(node, ast.ClassDef)]
    own = {node.name for node in guarded}
    tag = namespace.rpartition(".")[2]
    parts = [
        _operation(_stem(module, tag), _renamed(text_of(module), own), imports, typing)
        for module in _operations(edits.tree)
    ]
    classes = [_class(node, tag) for node in guarded]
    prose = ast.get_docstring(guarded[0])
    names = ", ".join(f'"{name}"' for name in sorted(own))
    builtin = "import builtins\n" if any("builtins." in part for part in parts) else ""
    head = [
        # A copy has one version: changes of that version are omitted.
        f'"""{prose}"""',
        "from __future__ import annotations",
        builtin + rendered(imports, ""),
        *(["if TYPE_CHECKING:\n" + rendered(typing, "    ")] if typing else []),
        f"__all__ = [{names}]",
    ]
    return "\n\n".join(head) + "\n" + "".join(f"\n\n{part}\n" for part in [*parts, *classes])


def _operations(tree: ast.Module) -> list[str]:
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    return [
        f"{each.module}.{alias.name}"
        for each in guarded.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    ]


def _stem(module: str, tag: str) -> str:
    """Return the name of an operation's module, without its namespace."""
    return module.rpartition(".")[2].removeprefix(f"{tag}_")


def _operation(stem: str, text: str, imports: Imports, typing: Imports) -> str:
    """Return the function and the classes of an operation; their imports are added."""
    edits = Edits(text)
    request = f"_{stem}_request"
    parts = []
    for node in ast.walk(edits.tree):
        if isinstance(node, ast.FunctionDef) and node.name == "request":
            edits.replace(node, request, old="request")
        elif isinstance(node, ast.Name) and node.id == "request":
            edits.replace(node, request)
        elif isinstance(node, ast.ClassDef):
            edits.replace(node, _owner(node.name, stem), old=node.name)
    changed = Edits(edits.text())
    for node in changed.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            _add(node, imports)
        elif isinstance(node, ast.If):
            for each in node.body:
                if isinstance(each, ast.ImportFrom):
                    _add(each, typing)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            parts.append(changed.segment(node))
    return "\n\n\n".join(parts)


def _owner(name: str, stem: str) -> str:
    """Name an operation's class after its module: in a namespace, the classes share one name."""
    prefix = "Async" if name.startswith("Async") else ""
    return f"{prefix}{''.join(map(str.title, stem.split('_')))}Operation"


def _renamed(text: str, own: set[str]) -> str:
    """Rename an import of an operation's module that clashes with a namespace's class."""
    edits = Edits(text)
    for node in ast.walk(edits.tree):
        if isinstance(node, ast.Name) and node.id in own:
            edits.replace(node, f"{node.id}_")
        elif isinstance(node, ast.alias) and node.name in own:
            edits.replace(node, f"{node.name} as {node.name}_")
    return edits.text()


def _add(node: ast.ImportFrom, imports: Imports) -> None:
    assert node.module is not None  # noqa: S101
    imports.setdefault(node.module, set()).update(map(ast.unparse, node.names))


def _class(node: ast.ClassDef, namespace: str) -> str:
    stems = [_stem(ast.unparse(base).partition(".")[0], namespace) for base in node.bases]
    bases = "".join(f"    {_owner(node.name, stem)},\n" for stem in stems)
    prose = ast.get_docstring(node)
    return f'class {node.name}(\n{bases}):\n    """{prose}"""\n\n    name = "{namespace}"'


def rendered(imports: Mapping[str, set[str]], indent: str) -> str:
    """Write imports, those of moorage last."""
    return "\n".join(
        f"{indent}from {module} import {', '.join(sorted(imports[module]))}"
        for module in sorted(imports, key=lambda each: (each.startswith("moorage"), each))
    )
