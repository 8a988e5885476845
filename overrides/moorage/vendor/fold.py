"""A namespace and its operations in one module.

When installed, the operations that a version brought are a module, which later versions share. A
copy has only one version: there the classes of operations precede the namespace that inherits them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping

from moorage.vendor.edits import Edits
from moorage.vendor.modules import is_guard, name_of

__all__ = ["Imports", "fold", "rendered"]

Imports = dict[str, set[str]]


def fold(namespace: str, text_of: Callable[[str], str]) -> str:
    """Write a namespace's module with the operations that it inherits.

    Args:
        namespace: The module's name.
        text_of: Returns the text of a module.
    """
    edits = Edits(text_of(namespace))
    guard = next(node for node in edits.tree.body if is_guard(node))
    homes = {
        name_of(alias): f"{node.module}.{alias.name}"
        for node in guard.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    classes = [node for node in guard.body if isinstance(node, ast.ClassDef)]
    own = {node.name for node in classes}
    modules = {home: _Operations(_renamed(text_of(home), own)) for home in homes.values()}
    imports: Imports = {"moorage.contract": {"AsyncNamespace", "Namespace"}}
    late: Imports = {}
    parts = []
    for base in classes[0].bases:
        version, _, name = ast.unparse(base).partition(".")
        parts.append(modules[homes[version]].operation(name, imports, late))
    prose = ast.get_docstring(classes[0])
    builtin = "import builtins\n" if any("builtins." in part for part in parts) else ""
    head = [
        # A copy has one version: changes of that version are omitted.
        f'"""{prose}"""',
        "from __future__ import annotations",
        builtin + rendered(imports, ""),
        *(["if TYPE_CHECKING:\n" + rendered(late, "    ")] if late else []),
    ]
    parts += [_class(node, namespace.rpartition(".")[2]) for node in classes]
    return "\n\n".join(head) + "\n" + "".join(f"\n\n{part}\n" for part in parts)


class _Operations:
    """A module of operations.

    Args:
        text: Its text.
    """

    def __init__(self, text: str) -> None:
        self._edits = Edits(text)
        body = self._edits.tree.body
        self._parts = {
            node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        self._late = [node for guard in body if is_guard(guard) for node in guard.body]
        self._now = [node for node in body if node not in self._late]

    def operation(self, name: str, imports: Imports, late: Imports) -> str:
        """Return the function and the classes of an operation; their imports are added."""
        classes = [self._parts[name], self._parts[f"Async{name}"]]
        used = set(_names(classes))
        nodes = [*(self._parts[each] for each in sorted(used & self._parts.keys())), *classes]
        used |= set(_names(nodes))
        if self._late:
            used.add("TYPE_CHECKING")
        _add(self._now, used, imports)
        _add(self._late, used, late)
        return "\n\n\n".join(map(self._edits.segment, nodes))


def _names(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    for node in nodes:
        yield from (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def _add(nodes: Iterable[ast.stmt], used: set[str], imports: Imports) -> None:
    """Add the imports of used names."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            names = {ast.unparse(each) for each in node.names if name_of(each) in used}
            if names:
                imports.setdefault(node.module, set()).update(names)


def _renamed(text: str, own: set[str]) -> str:
    """Rename an import of an operation's module that clashes with a namespace's class."""
    edits = Edits(text)
    for node in ast.walk(edits.tree):
        if isinstance(node, ast.Name) and node.id in own:
            edits.replace(node, f"{node.id}_")
        elif isinstance(node, ast.alias) and node.name in own:
            edits.replace(node, f"{node.name} as {node.name}_")
    return edits.text()


def _class(node: ast.ClassDef, namespace: str) -> str:
    names = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
    bases = "".join(f"    {each},\n" for each in names)
    prose = ast.get_docstring(node)
    return f'class {node.name}(\n{bases}):\n    """{prose}"""\n\n    name = "{namespace}"'


def rendered(imports: Mapping[str, set[str]], indent: str) -> str:
    """Write imports, those of moorage last."""
    return "\n".join(
        f"{indent}from {module} import {', '.join(sorted(imports[module]))}"
        for module in sorted(imports, key=lambda each: (each.startswith("moorage"), each))
    )
