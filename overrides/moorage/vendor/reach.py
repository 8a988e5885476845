"""The needs of a copy: definitions and methods reachable from its public names.

A name is looked up in its module. The type of an attribute's owner is unknown: `x.close` reaches
the methods `close` of all reached classes, and so does the string "close" (`getattr`). A class that
users see keeps its public methods: one that is public, or named in a public signature.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping

from moorage.vendor.errors import VendorError
from moorage.vendor.modules import TABLE, Function, Module, members, name_of

__all__ = ["Reach"]

_PLAIN = {
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "overload",
    "property",
    "staticmethod",
}
_BASES = {"Generic", "NamedTuple", "Protocol", "TypedDict", *dir(builtins)}
_ROOTS = ("moorage", "moorage_api")


class Reach:
    """The parts of modules reached from some names.

    Args:
        texts: The modules by name; imports lead to no others.
        roots: The public names, and the module of each.
    """

    def __init__(self, texts: Mapping[str, str], roots: Iterable[tuple[str, str]]) -> None:
        self.modules: dict[str, Module] = {name: Module(text) for name, text in texts.items()}
        self.reached: set[str] = set()
        """The modules."""
        self.names: set[tuple[str, str]] = set()
        """The names that modules bind, with the module of each."""
        self.methods: set[ast.stmt] = set()
        self._mentioned: set[str] = set()
        self._waiting: dict[str, list[tuple[str, Function]]] = {}
        self._public: set[tuple[str, str]] = set()
        self._scanned: set[ast.AST] = set()
        self._left: list[tuple[str, ast.AST]] = []
        self._shown = [*roots]
        for module, name in self._shown:
            self._name(module, name)
        while self._left or self._shown:
            while self._left:
                self._scan(*self._left.pop())
            if self._shown:
                self._publish(*self._shown.pop())

    def _module(self, module: str) -> None:
        while module in self.modules and module not in self.reached:
            self.reached.add(module)
            self._left += [(module, each) for each in self.modules[module].runs]
            module = module.rpartition(".")[0]

    def _name(self, module: str, name: str) -> None:
        """Reach the definition of a name in a module."""
        self._module(module)
        if not name or (module, name) in self.names:
            return
        found = self.modules[module].bindings.get(name)
        if found is None:
            raise VendorError(f"{module} has no {name}: this is a fault of moorage")
        self.names.add((module, name))
        if name in self.modules[module].lazy_names:
            self._left += [(module, each) for each in self.modules[module].lazy]
        for node in found:
            if node in self.modules[module].guarded:
                self._known(module, "TYPE_CHECKING")
            if isinstance(node, ast.ImportFrom):
                for home, original in self._imports(node, name):
                    self._name(home, original)
            elif not isinstance(node, ast.Import):
                self._left.append((module, node))

    def _home(self, module: str, name: str) -> tuple[str, str] | None:
        """Return where a name is defined; ("moorage.wire.message", "") is a module."""
        known = self.modules[module].bindings.get(name)
        if not known:
            return None if name else (module, "")
        if not isinstance(known[0], ast.ImportFrom):
            return module, name
        return next((self._home(*each) for each in self._imports(known[0], name)), None)

    def _imports(self, node: ast.ImportFrom, name: str) -> Iterator[tuple[str, str]]:
        """Return the target of an imported name; None for another package."""
        if node.module and node.module.partition(".")[0] in _ROOTS:
            for alias in node.names:
                if name_of(alias) == name:
                    inside = f"{node.module}.{alias.name}"
                    yield (inside, "") if inside in self.modules else (node.module, alias.name)

    def _scan(self, module: str, node: ast.AST) -> None:
        if node in self._scanned:
            return
        self._scanned.add(node)
        if isinstance(node, ast.ClassDef):
            self._class(module, node)
            return
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == TABLE:
            return  # its names are reached one by one
        local: dict[str, tuple[str, str]] = {}
        for each in ast.walk(node):
            if isinstance(each, ast.ImportFrom):
                for alias in each.names:
                    for home, name in self._imports(each, name_of(alias)):
                        self._name(home, name)
                        local[name_of(alias)] = (home, name)
        for each in ast.walk(node):
            self._use(module, each, local)

    def _use(self, module: str, node: ast.AST, local: Mapping[str, tuple[str, str]]) -> None:
        if isinstance(node, ast.Name):
            self._known(module, node.id)
        elif isinstance(node, ast.Attribute):
            self._mention(node.attr)
            if isinstance(node.value, ast.Name):
                home = self._home(*local.get(node.value.id, (module, node.value.id)))
                if home and not home[1]:
                    self._name(home[0], node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.isidentifier():
                self._mention(node.value)
            for name in _named(node):
                self._known(module, name)
        elif isinstance(node, ast.MatchClass):
            for name in node.kwd_attrs:
                self._mention(name)

    def _known(self, module: str, name: str) -> None:
        if name in self.modules[module].bindings:
            self._name(module, name)

    def _class(self, module: str, node: ast.ClassDef) -> None:
        whole = not all(self._is_known(module, base) for base in node.bases)
        for name, functions in members(node).items():
            dunder = name.startswith("__") and name.endswith("__")
            for each in functions:
                if whole or dunder or name in self._mentioned or not _is_plain(each):
                    self._method(module, each)
                else:
                    self._waiting.setdefault(name, []).append((module, each))
        for part in [*node.bases, *node.keywords, *node.decorator_list, *node.body]:
            if not isinstance(part, Function):
                self._scan(module, part)
                for inner in ast.walk(part):
                    if isinstance(inner, ast.Name):
                        self._mention(inner.id)  # a method, as in `name = property(_name)`

    def _is_known(self, module: str, base: ast.expr) -> bool:
        """Return whether all callers of methods that override a base's are known."""
        name = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
        return name in _BASES or self._home(module, name) is not None

    def _mention(self, name: str) -> None:
        self._mentioned.add(name)
        for module, function in self._waiting.pop(name, ()):
            self._method(module, function)

    def _method(self, module: str, function: Function) -> None:
        self.methods.add(function)
        self._left.append((module, function))

    def _publish(self, module: str, name: str) -> None:
        """Keep the public methods of a class, and of classes in its signatures."""
        home = self._home(module, name)
        if home is None or not home[1] or home in self._public:
            return
        self._public.add(home)
        for node in self.modules[home[0]].bindings[home[1]]:
            for each in self._signatures(home[0], node):
                for inner in ast.walk(each):
                    self._shown += [(home[0], word) for word in _named(inner)]

    def _signatures(self, module: str, node: ast.stmt) -> Iterator[ast.AST]:
        if isinstance(node, ast.ClassDef):
            yield from node.bases
            for name, functions in members(node).items():
                if not name.startswith("_"):
                    for each in functions:
                        self._method(module, each)
                if name.startswith("_") and name not in _ENTRIES:
                    continue
                for each in functions:
                    yield from self._signatures(module, each)
            for part in node.body:
                if isinstance(part, ast.AnnAssign) and not ast.unparse(part.target).startswith("_"):
                    yield part.annotation
        elif isinstance(node, Function):
            yield node.args
            if node.returns:
                yield node.returns
        elif isinstance(node, ast.AnnAssign):
            yield node.value or node.annotation


_ENTRIES = {
    f"__{name}__"
    for name in ("aenter", "aiter", "anext", "await", "call", "enter", "getitem", "iter", "next")
}


def _named(node: ast.AST) -> Iterator[str]:
    """Return the names in a node itself: its own, or those of a quoted annotation."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            inside = ast.parse(node.value.strip(), mode="eval")
        except SyntaxError:
            return
        yield from (each.id for each in ast.walk(inside) if isinstance(each, ast.Name))


def _is_plain(function: Function) -> bool:
    """Return whether a method is only called by its name: no decorator registers it."""
    names = {ast.unparse(each).rpartition(".")[2] for each in function.decorator_list}
    return names <= _PLAIN | {"setter"}
