"""The verbs, written by hand as steps: their signatures and docstrings for the engines' classes.

A verb is a function in a module of `overrides/moorage/verbs/`, has the name of its module, is in
its `__all__`, and takes `engine` first. The generator reads its signature and its docstring, and
makes a sync and an async method from it. Types imported from `moorage_api.newest` become those of
each version: a version that lacks one lacks the keyword, or the verb.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from generator.errors import BuildError
from generator.names import class_name
from generator.verb_prose import method_doc
from generator.versions import ROOT

__all__ = [
    "NEWEST",
    "VERBS",
    "Parameter",
    "Signature",
    "Verb",
    "homes_in",
    "names_in",
    "read_verbs",
    "verbs_of",
]

VERBS = ROOT / "overrides" / "moorage" / "verbs"
NEWEST = "moorage_api.newest"


@dataclass(frozen=True)
class Parameter:
    """A parameter of a verb, as Python source."""

    name: str
    annotation: str
    default: str | None
    names: tuple[str, ...]
    """The names in its annotation and default."""


@dataclass(frozen=True)
class Signature:
    """One way to call a verb; a verb with overloads has several."""

    positional: tuple[Parameter, ...]
    keywords: tuple[Parameter, ...]
    fields: Parameter | None
    """`**fields: Unpack[…]`."""
    returns: str
    returned: tuple[str, ...]
    """The names in the return type."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters except the fields."""
        return self.positional + self.keywords

    def names(self) -> Iterator[str]:
        """List the names that the signature refers to."""
        for each in (*self.parameters, *filter(None, [self.fields])):
            yield from each.names
        yield from self.returned


@dataclass(frozen=True)
class Verb:
    """A verb in one version."""

    name: str
    module: str
    """Its module."""
    signature: Signature
    overloads: tuple[Signature, ...]
    homes: tuple[tuple[str, str], ...]
    """The module of each name that the signatures refer to."""
    manager: str | None
    """The class of the context manager, if the verb is one."""
    manager_module: str
    """The module of that class; "" if there is none."""
    methods: tuple[tuple[str, tuple[Signature, ...]], ...]
    """The methods of that class that take fields of a version, and the signatures of each: its
    overloads, and the last of all."""
    generic: bool
    """Whether that class is generic in the result of the steps."""
    doc: str = field(compare=False)

    @property
    def types(self) -> list[str]:
        """The types that depend on the version."""
        return [name for name, home in self.homes if home == NEWEST]

    def imports(self) -> dict[str, str]:
        """Return the other names that the signatures refer to, and the module of each."""
        return {name: home for name, home in self.homes if home != NEWEST}


_NEEDS = {"read_config": "ConfigSpec", "rollback": "ServiceRollbackConfig"}
"""Types without which a version lacks a verb, although its signature names none."""


def verbs_of(verbs: Sequence[Verb], types: Mapping[str, object]) -> Iterator[Verb]:
    """Return the verbs of a version, without keywords that it lacks.

    Args:
        verbs: All verbs, as written.
        types: The version's models and TypedDicts, by name.
    """
    for verb in verbs:
        missing = {*verb.types} - types.keys()
        kept = [_without(each, missing) for each in (verb.signature, *verb.overloads)]
        if _lacks(kept, missing):
            continue
        if _NEEDS.get(verb.name, "") not in {"", *types}:
            continue
        homes = tuple((name, home) for name, home in verb.homes if name not in missing)
        methods = tuple((name, ways) for name, ways in verb.methods if not _lacks(ways, missing))
        yield replace(
            verb, signature=kept[0], overloads=tuple(kept[1:]), homes=homes, methods=methods
        )


def _lacks(ways: Sequence[Signature], missing: set[str]) -> bool:
    return any(missing & {*each.names()} for each in ways)


def _without(signature: Signature, missing: set[str]) -> Signature:
    kept = tuple(
        each
        for each in signature.keywords
        if each.default is None or missing.isdisjoint(each.names)
    )
    return replace(signature, keywords=kept)


def read_verbs(folder: Path = VERBS) -> list[Verb]:
    """Read all verbs, in the order of their names.

    Raises:
        BuildError: A verb breaks the rules above.
    """
    found = [verb for file in sorted(folder.glob("*.py")) for verb in _verbs(file)]
    return sorted(found, key=lambda verb: verb.name)


def _verbs(file: Path) -> Iterator[Verb]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    module = f"moorage.verbs.{file.stem}"
    homes = homes_in(tree, module)
    public = _public(tree)
    functions: dict[str, list[ast.FunctionDef]] = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name != file.stem:
            continue
        if node.name in public and _takes_engine(node):
            functions.setdefault(node.name, []).append(node)
    for name, nodes in functions.items():
        *overloads, main = (_of_steps(each, file) for each in nodes)
        doc = ast.get_docstring(nodes[-1])
        if not doc:
            raise BuildError(f"{file.name}: {name} has no docstring")
        manager = class_name(name)
        where = homes.get(f"Async{manager}", "") if manager in homes else ""
        methods: dict[str, tuple[Signature, ...]] = {}
        if where:
            methods, more = _methods(file.with_name(f"{where.rpartition('.')[2]}.py"), manager)
            homes = more | homes
        ways = [main, *overloads, *(way for each in methods.values() for way in each)]
        used = {each for signature in ways for each in signature.names()}
        yield Verb(
            name,
            module,
            main,
            tuple(overloads),
            tuple(sorted((each, homes[each]) for each in used if each in homes)),
            manager if where else None,
            where,
            tuple(methods.items()),
            _is_generic(tree, manager),
            method_doc(doc),
        )


def _methods(file: Path, manager: str) -> tuple[dict[str, tuple[Signature, ...]], dict[str, str]]:
    """Read the methods of the asynchronous class that take fields of a version.

    Returns:
        The methods by name, and the modules of names in their annotations.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    homes = homes_in(tree, f"moorage.verbs.{file.stem}")
    name = f"Async{manager}"
    (owner,) = (each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == name)
    found: dict[str, tuple[Signature, ...]] = {}
    for node in owner.body:
        if isinstance(node, ast.AsyncFunctionDef) and node.args.kwarg and node.returns:
            way = _signature(node, node.returns, file)
            if way.fields and any(homes.get(each) == NEWEST for each in way.fields.names):
                found[node.name] = (*found.get(node.name, ()), way)
    return found, homes


def homes_in(tree: ast.Module, module: str) -> dict[str, str]:
    """Return the module of each name imported at a module's top."""
    homes = {
        each.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for each in node.names
    }
    return homes | dict.fromkeys(_defined(tree), module)


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from (each.id for each in node.targets if isinstance(each, ast.Name))


def _is_generic(tree: ast.Module, name: str) -> bool:
    classes = (each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == name)
    return any("Generic" in names_in(base) for each in classes for base in each.bases)


def _public(tree: ast.Module) -> set[str]:
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name("__all__")], ast.List(items)):
                return {str(each.value) for each in items if isinstance(each, ast.Constant)}
    return set()


def _takes_engine(node: ast.FunctionDef) -> bool:
    return bool(node.args.args) and node.args.args[0].arg == "engine"


def _of_steps(node: ast.FunctionDef, file: Path) -> Signature:
    match node.returns:
        case ast.Subscript(ast.Name("Steps"), result):
            return _signature(node, result, file)
        case _:
            raise BuildError(f"{file.name}: {node.name} does not return Steps[…]")


def _signature(
    node: ast.FunctionDef | ast.AsyncFunctionDef, result: ast.expr, file: Path
) -> Signature:
    """Read one signature of a function, without its first parameter."""

    def parameter(arg: ast.arg, default: ast.expr | None) -> Parameter:
        if arg.annotation is None:
            raise BuildError(f"{file.name}: {node.name}({arg.arg}=) has no annotation")
        names = [*names_in(arg.annotation), *(names_in(default) if default else ())]
        written = None if default is None else ast.unparse(default)
        return Parameter(arg.arg, ast.unparse(arg.annotation), written, tuple(names))

    args = node.args
    defaults = [None] * (len(args.args) - len(args.defaults)) + [*args.defaults]
    positional = [*map(parameter, args.args[1:], defaults[1:])]
    keywords = [*map(parameter, args.kwonlyargs, args.kw_defaults)]
    return Signature(
        tuple(positional),
        tuple(keywords),
        parameter(args.kwarg, None) if args.kwarg else None,
        ast.unparse(result),
        tuple(names_in(result)),
    )


def names_in(node: ast.expr) -> list[str]:
    """Return the names in an expression, each once."""
    return list(dict.fromkeys(each.id for each in ast.walk(node) if isinstance(each, ast.Name)))
