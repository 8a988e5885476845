"""Keywords of verbs in a version: TypedDicts of the fields of operations.

`_SOURCES` names the operation whose parameters and body each has. Options of
`overrides/moorage/verbs/options.py`, in a form of their own, replace some fields.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from generator.encodings import PLATFORM
from generator.errors import BuildError
from generator.ir import Api, Either, Field, Operation, Parameter, Ref, Scalar, refs
from generator.verbs import NEWEST, VERBS, homes_in, names_in

__all__ = ["Fields", "Option", "fields_of", "joined"]


@dataclass(frozen=True)
class Option:
    """A keyword of a verb in a form of its own, often instead of a field."""

    name: str
    annotation: str
    names: tuple[str, ...]
    doc: str = field(compare=False)


@dataclass(frozen=True)
class Fields:
    """The keywords of a verb in one version: a TypedDict."""

    name: str
    operation: str
    options: tuple[Option, ...]
    homes: tuple[tuple[str, str], ...]
    """The module of each name that the options refer to."""
    fields: tuple[Field, ...]

    @property
    def types(self) -> set[str]:
        """The models that it refers to."""
        named = {name for name, home in self.homes if home == NEWEST}
        return named.union(*(refs(each.type) for each in self.fields))

    def imports(self) -> dict[str, str]:
        """Return the other names that the options refer to, and the module of each."""
        return {name: home for name, home in self.homes if home != NEWEST}

    @property
    def names(self) -> set[str]:
        """The names of options and fields."""
        return {each.name for each in self.options} | {each.name for each in self.fields}

    def split(self) -> Iterator[Fields]:
        """Yield each option, and each field, by itself."""
        for option in self.options:
            homes = tuple(each for each in self.homes if each[0] in option.names)
            yield replace(self, options=(option,), homes=homes, fields=())
        for each in self.fields:
            yield replace(self, options=(), homes=(), fields=(each,))


def joined(name: str, operation: str, parts: Sequence[Fields]) -> Fields:
    """Join split parts to a TypedDict."""
    homes = {each for part in parts for each in part.homes}
    return Fields(
        name,
        operation,
        tuple(each for part in parts for each in part.options),
        tuple(sorted(homes)),
        tuple(each for part in parts for each in part.fields),
    )


class _Source(NamedTuple):
    """The source of a TypedDict's fields."""

    operation: str
    """Its parameters outside of the path, and the fields of its body."""
    options: str | None = None
    """The class in `options.py` with options that replace fields."""
    flat: tuple[str, ...] = ()
    """The fields of the body, and nested ones, that are replaced by their own fields."""
    without: frozenset[str] = frozenset()
    """The fields that the verb sets by itself."""


# The keys are names that verbs import from `moorage_api.newest` besides models.
_SOURCES = {
    "BuildFields": _Source(
        "images.build",
        "BuildOptions",
        without=frozenset(
            {"buildargs", "buildid", "cachefrom", "dockerfile", "extrahosts", "labels"}
            | {"networkmode", "nocache", "outputs", "platform", "registry_config", "remote"}
            | {"session", "shmsize", "t", "target", "ulimits", "version"}
        ),
    ),
    "CreateFields": _Source(
        "containers.create",
        "CreateOptions",
        ("host_config",),
        frozenset({"args_escaped", "cmd", "container_id_file", "image"}),
    ),
    "ConfigFields": _Source("configs.create", without=frozenset({"data", "name"})),
    "DeployFields": _Source(
        "services.create",
        "DeployOptions",
        ("task_template", "container_spec"),
        # This verb is only for services of containers.
        frozenset(
            {"args", "image", "name", "network_attachment_spec", "plugin_spec", "registry_auth"}
            | {"runtime"}
        ),
    ),
    "ExecuteFields": _Source(
        "exec.create",
        without=frozenset({"attach_stderr", "attach_stdin", "attach_stdout", "cmd"}),
    ),
    "SecretFields": _Source("secrets.create", without=frozenset({"data", "name"})),
}


def fields_of(api: Api, folder: Path = VERBS) -> Iterator[Fields]:
    """Make the TypedDicts of the version's operations.

    Raises:
        BuildError: Two of the fields have the same name.
    """
    operations = {f"{each.namespace}.{each.name}": each for each in api.operations}
    for name, source in _SOURCES.items():
        operation = operations.get(source.operation)
        if operation is None:
            continue
        found = list(map(_parameter_field, operation.parameters))[_path_count(operation) :]
        body = api.models[operation.body_model].fields if operation.body_model else ()
        found += _flattened(body, source.flat, api)
        options, homes = _options(folder / "options.py", source.options, api.models)
        taken = source.without | {each.name for each in options}
        kept = tuple(each for each in found if each.name not in taken)
        if len({each.name for each in kept}) < len(kept):
            raise BuildError(f"{api.version}: two fields of {name} have the same name")
        yield Fields(name, source.operation, options, homes, kept)


def _flattened(fields: Iterable[Field], flat: Sequence[str], api: Api) -> Iterator[Field]:
    for each in fields:
        if each.name in flat:
            (model,) = refs(each.type)
            yield from _flattened(api.models[model].fields, flat, api)
        else:
            yield each


def _path_count(operation: Operation) -> int:
    return sum(each.place == "path" for each in operation.parameters)


def _parameter_field(parameter: Parameter) -> Field:
    type_ = parameter.type
    if parameter.encoding == "platform":
        type_ = Either(Ref(PLATFORM), Scalar("str"))
    return Field(parameter.wire, parameter.name, type_, required=False, doc=parameter.doc)


def _options(
    file: Path, name: str | None, models: Mapping[str, object]
) -> tuple[tuple[Option, ...], tuple[tuple[str, str], ...]]:
    """Read the options of a class, except those whose types the version lacks."""
    if name is None:
        return (), ()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (owner,) = (each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == name)
    homes = homes_in(tree, f"moorage.verbs.{file.stem}")
    options = []
    for node, after in pairwise([*owner.body, None]):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            match after:
                case ast.Expr(ast.Constant(str(doc))):
                    pass
                case _:
                    raise BuildError(f"{file.name}: {name}.{node.target.id} has no docstring")
            names = names_in(node.annotation)
            if all(homes.get(each) != NEWEST or each in models for each in names):
                written = ast.unparse(node.annotation)
                options.append(Option(node.target.id, written, tuple(names), cleandoc(doc)))
    used = {each for option in options for each in option.names}
    return tuple(options), tuple(sorted((each, homes[each]) for each in used if each in homes))
