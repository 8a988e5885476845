"""The verbs, which are written by hand as steps: what an engine's class has to say of each.

A verb is a function of a module in `overrides/moorage/verbs/` that has the name of its module,
stands in its `__all__`, and whose first parameter is `engine`. The generator reads its signature
and its docstring, and makes of it a sync and an async method. Types that the verb imports from
`moorage_api.newest` are those of the version at hand: a version that lacks one has no such keyword,
or no such verb.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from generator.encodings import PLATFORM
from generator.errors import BuildError
from generator.ir import Api, Either, Field, Operation, Ref, Scalar, refs
from generator.ir import Parameter as IrParameter
from generator.names import class_name
from generator.python import WIDTH
from generator.versions import ROOT

__all__ = [
    "VERBS",
    "Fields",
    "Option",
    "Parameter",
    "Signature",
    "Verb",
    "fields_of",
    "joined",
    "read_verbs",
    "verbs_of",
]

VERBS = ROOT / "overrides" / "moorage" / "verbs"
_NEWEST = "moorage_api.newest"


@dataclass(frozen=True)
class Parameter:
    """A parameter of a verb, in Python's own words."""

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
    """The names in what is returned."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All but the fields."""
        return self.positional + self.keywords

    def names(self) -> Iterator[str]:
        """Name all that the signature refers to."""
        for each in (*self.parameters, *filter(None, [self.fields])):
            yield from each.names
        yield from self.returned


@dataclass(frozen=True)
class Verb:
    """A verb, as one version has it."""

    name: str
    module: str
    """The module that it is written in."""
    signature: Signature
    overloads: tuple[Signature, ...]
    homes: tuple[tuple[str, str], ...]
    """The module of each name that the signatures refer to."""
    manager: str | None
    """The class of the context manager that the verb is, if it is one."""
    doc: str = field(compare=False)

    @property
    def types(self) -> list[str]:
        """The types that depend on the version."""
        return [name for name, home in self.homes if home == _NEWEST]

    def imports(self) -> dict[str, str]:
        """Return the other names that the signatures refer to, and the module of each."""
        return {name: home for name, home in self.homes if home != _NEWEST}


@dataclass(frozen=True)
class Option:
    """What a verb takes by name in a form of its own, often in the place of a field."""

    name: str
    annotation: str
    names: tuple[str, ...]
    doc: str = field(compare=False)


@dataclass(frozen=True)
class Fields:
    """What a verb takes by name, as one version has it: a TypedDict."""

    name: str
    operation: str
    options: tuple[Option, ...]
    homes: tuple[tuple[str, str], ...]
    """The module of each name that the options refer to."""
    fields: tuple[Field, ...]

    @property
    def types(self) -> set[str]:
        """The models that it refers to."""
        named = {name for name, home in self.homes if home == _NEWEST}
        return named.union(*(refs(each.type) for each in self.fields))

    def imports(self) -> dict[str, str]:
        """Return the other names that the options refer to, and the module of each."""
        return {name: home for name, home in self.homes if home != _NEWEST}

    def split(self) -> Iterator[Fields]:
        """Yield each option, and each field, by itself."""
        for option in self.options:
            homes = tuple(each for each in self.homes if each[0] in option.names)
            yield replace(self, options=(option,), homes=homes, fields=())
        for each in self.fields:
            yield replace(self, options=(), homes=(), fields=(each,))


def joined(name: str, operation: str, parts: Sequence[Fields]) -> Fields:
    """Make a TypedDict of what was split."""
    homes = {each for part in parts for each in part.homes}
    return Fields(
        name,
        operation,
        tuple(each for part in parts for each in part.options),
        tuple(sorted(homes)),
        tuple(each for part in parts for each in part.fields),
    )


class _Source(NamedTuple):
    """Where the fields of a TypedDict come from."""

    operation: str
    """Its parameters outside of the path, and the fields of its body."""
    options: str | None = None
    """The class in `options.py` with what stands in the place of fields."""
    flat: str | None = None
    """The field of the body whose own fields stand in its place."""
    without: frozenset[str] = frozenset()
    """The fields that the verb sets by itself."""


# The keys are what verbs import from `moorage_api.newest` beside models.
_SOURCES = {
    "BuildFields": _Source(
        "images.build",
        "BuildOptions",
        without=frozenset(
            {"buildargs", "buildid", "cachefrom", "dockerfile", "extrahosts", "labels"}
            | {"networkmode", "nocache", "outputs", "platform", "registry_config", "remote"}
            | {"session", "shmsize", "t", "target", "version"}
        ),
    ),
    "CreateFields": _Source(
        "containers.create",
        "CreateOptions",
        "host_config",
        frozenset({"args_escaped", "cmd", "container_id_file", "image"}),
    ),
    "ExecuteFields": _Source(
        "exec.create",
        without=frozenset({"attach_stderr", "attach_stdin", "attach_stdout", "cmd"}),
    ),
}


def fields_of(api: Api, folder: Path = VERBS) -> Iterator[Fields]:
    """Make the TypedDicts of those operations that the version has.

    Raises:
        BuildError: two of the fields have the same name.
    """
    operations = {f"{each.namespace}.{each.name}": each for each in api.operations}
    for name, source in _SOURCES.items():
        operation = operations.get(source.operation)
        if operation is None:
            continue
        found = list(map(_parameter_field, operation.parameters))[_path_count(operation) :]
        body = api.models[operation.body_model].fields if operation.body_model else ()
        for each in body:
            if each.name == source.flat:
                (model,) = refs(each.type)
                found += api.models[model].fields
            else:
                found.append(each)
        options, homes = _options(folder / "options.py", source.options, api.models)
        taken = source.without | {each.name for each in options}
        kept = tuple(each for each in found if each.name not in taken)
        if len({each.name for each in kept}) < len(kept):
            raise BuildError(f"{api.version}: two fields of {name} have the same name")
        yield Fields(name, source.operation, options, homes, kept)


def _path_count(operation: Operation) -> int:
    return sum(each.place == "path" for each in operation.parameters)


def _parameter_field(parameter: IrParameter) -> Field:
    type_ = parameter.type
    if parameter.encoding == "platform":
        type_ = Either(Ref(PLATFORM), Scalar("str"))
    return Field(parameter.wire, parameter.name, type_, required=False, doc=parameter.doc)


def _options(
    file: Path, name: str | None, models: Mapping[str, object]
) -> tuple[tuple[Option, ...], tuple[tuple[str, str], ...]]:
    """Read the options of a class, but for those whose types the version lacks."""
    if name is None:
        return (), ()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (owner,) = (each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == name)
    homes = _homes(tree, f"moorage.verbs.{file.stem}")
    options = []
    for node, after in pairwise([*owner.body, None]):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            match after:
                case ast.Expr(ast.Constant(str(doc))):
                    pass
                case _:
                    raise BuildError(f"{file.name}: {name}.{node.target.id} has no docstring")
            names = _names(node.annotation)
            if all(homes.get(each) != _NEWEST or each in models for each in names):
                written = ast.unparse(node.annotation)
                options.append(Option(node.target.id, written, tuple(names), cleandoc(doc)))
    used = {each for option in options for each in option.names}
    return tuple(options), tuple(sorted((each, homes[each]) for each in used if each in homes))


def verbs_of(verbs: Sequence[Verb], types: Mapping[str, object]) -> Iterator[Verb]:
    """Return the verbs that a version has, without the keywords that it lacks.

    Args:
        verbs: all verbs, as they are written.
        types: the version's models and TypedDicts, by name.
    """
    for verb in verbs:
        missing = {*verb.types} - types.keys()
        kept = [_without(each, missing) for each in (verb.signature, *verb.overloads)]
        if any(missing & {*each.names()} for each in kept):
            continue
        homes = tuple((name, home) for name, home in verb.homes if name not in missing)
        yield replace(verb, signature=kept[0], overloads=tuple(kept[1:]), homes=homes)


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
        BuildError: one is not written as verbs are.
    """
    found = [verb for file in sorted(folder.glob("*.py")) for verb in _verbs(file)]
    return sorted(found, key=lambda verb: verb.name)


def _verbs(file: Path) -> Iterator[Verb]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    module = f"moorage.verbs.{file.stem}"
    homes = _homes(tree, module)
    public = _public(tree)
    functions: dict[str, list[ast.FunctionDef]] = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name != file.stem:
            continue
        if node.name in public and _takes_engine(node):
            functions.setdefault(node.name, []).append(node)
    for name, nodes in functions.items():
        *overloads, main = (_signature(each, file) for each in nodes)
        doc = ast.get_docstring(nodes[-1])
        if not doc:
            raise BuildError(f"{file.name}: {name} has no docstring")
        used = {each for signature in (main, *overloads) for each in signature.names()}
        manager = class_name(name)
        yield Verb(
            name,
            module,
            main,
            tuple(overloads),
            tuple(sorted((each, homes[each]) for each in used if each in homes)),
            manager if {manager, f"Async{manager}"} <= {*_defined(tree)} else None,
            _method_doc(doc),
        )


def _homes(tree: ast.Module, module: str) -> dict[str, str]:
    """Return the module of each name that a module has at its top."""
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


def _public(tree: ast.Module) -> set[str]:
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name("__all__")], ast.List(items)):
                return {str(each.value) for each in items if isinstance(each, ast.Constant)}
    return set()


def _takes_engine(node: ast.FunctionDef) -> bool:
    return bool(node.args.args) and node.args.args[0].arg == "engine"


def _signature(node: ast.FunctionDef, file: Path) -> Signature:
    def parameter(arg: ast.arg, default: ast.expr | None) -> Parameter:
        if arg.annotation is None:
            raise BuildError(f"{file.name}: {node.name}({arg.arg}=) has no annotation")
        names = [*_names(arg.annotation), *(_names(default) if default else ())]
        written = None if default is None else ast.unparse(default)
        return Parameter(arg.arg, ast.unparse(arg.annotation), written, tuple(names))

    args = node.args
    defaults = [None] * (len(args.args) - len(args.defaults)) + [*args.defaults]
    positional = [*map(parameter, args.args, defaults)][1:]
    keywords = [*map(parameter, args.kwonlyargs, args.kw_defaults)]
    match node.returns:
        case ast.Subscript(ast.Name("Steps"), result):
            pass
        case _:
            raise BuildError(f"{file.name}: {node.name} does not return Steps[…]")
    return Signature(
        tuple(positional),
        tuple(keywords),
        parameter(args.kwarg, None) if args.kwarg else None,
        ast.unparse(result),
        tuple(_names(result)),
    )


def _names(node: ast.expr) -> list[str]:
    return list(dict.fromkeys(each.id for each in ast.walk(node) if isinstance(each, ast.Name)))


def _method_doc(doc: str) -> str:
    """Lay out a verb's docstring for a method, which has no parameter `engine`."""
    entries: list[str] = []
    for line in doc.splitlines():
        lead = len(line) - len(line.lstrip())
        last = entries[-1] if entries else ""
        before = len(last) - len(last.lstrip())
        paragraph = last.strip() and line.strip() and last not in _SECTIONS
        if paragraph and (lead > before or (lead == before and not _ENTRY.match(line))):
            entries[-1] += f" {line.strip()}"
        else:
            entries.append(line)
    kept = [each for each in entries if not each.startswith("    engine: ")]
    if "Args:" in kept and kept[kept.index("Args:") + 1 :][:1] in ([], [""]):
        at = kept.index("Args:")
        del kept[at : at + 2]
    return "\n".join(_wrapped(each) for each in kept).strip()


_ENTRY = re.compile(r"\s+\w+: ")
_SECTIONS = ("Args:", "Returns:", "Raises:", "Yields:")


def _wrapped(entry: str) -> str:
    lead = entry[: len(entry) - len(entry.lstrip())]
    after = lead + " " * 4 if _ENTRY.match(entry) else lead
    return textwrap.fill(
        entry, WIDTH - 8, subsequent_indent=after, break_long_words=False, break_on_hyphens=False
    )
