"""The verbs of a copy, and their keywords, in one module.

When installed, a version's verbs are in the folders of several versions: each is written out in
one, and later versions restate its signature where its types changed. The text is the same, so a
copy takes the full text, and imports the types of its own version.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from moorage.namespace import pascal
from moorage.vendor.edits import Edits
from moorage.vendor.fold import Imports, rendered
from moorage.vendor.modules import is_guard, is_prose

__all__ = ["FoldedVerbs", "verb_homes", "verb_types"]


def verb_homes(engine: str) -> dict[str, tuple[str, str]]:
    """Return the module and the class with the full text of each verb.

    Args:
        engine: The module of an engine's classes.
    """
    found = {}
    for node in ast.walk(ast.parse(engine)):
        match node:
            case ast.Call(ast.Name("verbs"), keywords=versions):
                for each in versions:
                    for name in ast.literal_eval(each.value).split():
                        home = f"moorage_api.since.{each.arg}.methods"
                        found[name] = home, f"{pascal(name)}Verb"
    return dict(sorted(found.items()))


def verb_types(verbs: Iterable[str], text_of: Callable[[str], str]) -> set[str]:
    """List the types of a version that verbs, and verbs they use, refer to."""
    found: set[str] = set()
    left = [f"moorage.verbs.{name}" for name in verbs]
    seen: set[str] = set()
    while left:
        module = left.pop()
        if module in seen:
            continue
        seen.add(module)
        for node in ast.walk(ast.parse(text_of(module))):
            if isinstance(node, ast.ImportFrom) and node.module:
                if node.module == "moorage_api.newest":
                    found.update(each.name for each in node.names)
                elif node.module.startswith("moorage.verbs."):
                    left.append(node.module)
    return found


class FoldedVerbs:
    """A module with some verbs.

    Args:
        chosen: The module and the class of each.
        fields: Their TypedDicts, and the module of each.
        names: The types of the version, and the module of each.
        text_of: Returns the text of a module.
    """

    def __init__(
        self,
        chosen: Iterable[tuple[str, str]],
        fields: Mapping[str, str],
        names: Mapping[str, str],
        text_of: Callable[[str], str],
    ) -> None:
        self._chosen = [*chosen]
        self._fields = fields
        self._types = {**names}
        self._text_of = text_of
        self._modules: dict[str, Edits] = {}

    @property
    def names(self) -> list[str]:
        """The classes of the verbs, sync and async."""
        return [f"{prefix}{cls}" for _, cls in self._chosen for prefix in ("", "Async")]

    @cached_property
    def classes(self) -> list[str]:
        """The texts of these classes."""
        return [
            self._module(home).segment(self._class(home, f"{prefix}{cls}"))
            for home, cls in self._chosen
            for prefix in ("", "Async")
        ]

    def text(self) -> str:
        """Write the module."""
        fields = [self._flat(name, home) for name, home in self._fields.items()]
        now: Imports = {"typing": {"TypedDict"}}
        late: Imports = {}
        for edits in self._modules.values():
            for node in edits.tree.body:
                if is_guard(node):
                    self._add(node.body, late)
                else:
                    self._add([node], now)
        for home, names in now.items():
            late[home] = late.get(home, set()) - names
        head = [
            '"""Verbs, and their keywords."""',
            "from __future__ import annotations",
            rendered(now, ""),
            "if TYPE_CHECKING:\n"
            + rendered({home: names for home, names in late.items() if names}, "    "),
        ]
        parts = [*fields, *self.classes]
        return "\n\n".join(head) + "\n" + "".join(f"\n\n{part}\n" for part in parts)

    def _module(self, home: str) -> Edits:
        if home not in self._modules:
            self._modules[home] = Edits(self._text_of(home))
        return self._modules[home]

    def _class(self, home: str, name: str) -> ast.ClassDef:
        (found,) = (
            each
            for each in self._module(home).tree.body
            if isinstance(each, ast.ClassDef) and each.name == name
        )
        return found

    def _flat(self, name: str, home: str) -> str:
        """Write a TypedDict with the fields of its base."""
        prose = ast.get_docstring(self._class(home, name))
        lines = [f'class {name}(TypedDict, total=False):\n    """{prose}"""\n']
        return "\n".join(lines + [f"    {each}" for each in self._entries(home, name)])

    def _entries(self, home: str, name: str) -> Iterator[str]:
        node = self._class(home, name)
        (base,) = node.bases
        match base:
            case ast.Attribute(ast.Name(version), inherited):
                yield from self._entries(f"moorage_api.since.{version}.methods", inherited)
            case ast.Name(inherited) if inherited != "TypedDict":
                yield from self._entries(home, inherited)
        own = node.body[1:] if is_prose(node.body[0]) else node.body
        yield from map(self._module(home).segment, own)

    def _add(self, nodes: Iterable[ast.stmt], imports: Imports) -> None:
        """Add imports, with types from the version's modules."""
        for node in nodes:
            if not isinstance(node, ast.ImportFrom) or node.module in (None, "__future__"):
                continue
            for name in (each.name for each in node.names):
                if not node.module.startswith("moorage_api."):
                    imports.setdefault(node.module, set()).add(name)
                elif name in self._types:
                    imports.setdefault(self._types[name], set()).add(name)
