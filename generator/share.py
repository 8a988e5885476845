"""Share code between versions: each part is written once.

A part is the same in two versions if its shape is, with all its references; then the newer
version refers to the older one's. Its prose is that of the newest version with this shape.

Parts are in modules of `since`, apart from the packages of the versions: importing one imports no
version's index.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from generator.history import Span
from generator.ir import Api, Model, Operation, refs
from generator.names import identifier
from generator.verb_fields import Fields, fields_of, joined
from generator.verbs import Verb, verbs_of
from moorage.versions.numbers import package_name

__all__ = [
    "Package",
    "Part",
    "model_refs",
    "operation_refs",
    "share",
    "type_homes",
    "verb_keywords",
    "verb_spans",
]


@dataclass
class Part:
    """A part of generated code, in the folder of the oldest version with its shape."""

    version: str
    folder: str
    """"models", "operations" or "namespaces"; "methods" for verbs and their keywords."""
    name: str
    content: Any
    """A tuple of models, an operation, the operations of a namespace, a verb, or its fields."""
    homes: dict[str, Part]
    """The parts it refers to, by the name of a model, of an operation or of a verb's fields."""
    base: Part | None = None
    """The verb or the fields that this one extends."""
    newest: Any = None
    """The content with the newest prose, if that is another."""
    module: str = ""
    """The name of its module, which it may share with other parts of this folder."""

    @property
    def key(self) -> str:
        """The name that no other part has."""
        return f"{self.version} {self.folder} {self.name}"

    @property
    def place(self) -> str:
        """Its module's dotted name in `since`."""
        inside = [self.folder, self.module] if self.module else [self.folder]
        return ".".join([package_name(self.version), *inside])

    @property
    def path(self) -> str:
        """Its module's dotted name."""
        return f"moorage_api.since.{self.place}"

    @property
    def file(self) -> str:
        """Its module's path in the generated package."""
        return f"since/{self.place.replace('.', '/')}.py"


@dataclass
class Package:
    """All parts of one version, in any folder."""

    version: str
    models: dict[str, Part] = field(default_factory=dict)
    """Parts by the model's name."""
    operations: dict[str, Part] = field(default_factory=dict)
    """Parts by the operation's ID."""
    namespaces: dict[str, Part] = field(default_factory=dict)
    fields: dict[str, Part] = field(default_factory=dict)
    """The fields that verbs take, by the name of the TypedDict."""
    verbs: dict[str, Part] = field(default_factory=dict)
    own: list[Part] = field(default_factory=list)
    """Parts that are new or changed in this version."""

    def files(self) -> dict[str, list[Part]]:
        """Return the new and changed parts by the paths of their modules."""
        found: dict[str, list[Part]] = {}
        for part in self.own:
            found.setdefault(part.file, []).append(part)
        return found


def share(apis: Mapping[str, Api], verbs: Sequence[Verb] = ()) -> dict[str, Package]:
    """Make the packages of all versions.

    Args:
        apis: The versions, the oldest first.
        verbs: The verbs, as written.
    """
    known: dict[Hashable, Part] = {}
    packages = {version: _Sharing(api, known).package() for version, api in apis.items()}
    for part in known.values():
        if part.newest is not None:
            part.content = _newer(part.content, part.newest)
    _put_together(packages)
    if verbs:
        _add_verbs(apis, packages, verbs)
    return packages


def verb_keywords(packages: Mapping[str, Package]) -> dict[str, dict[str, Span]]:
    """Return the first and the last version of every keyword of verbs."""
    found: dict[str, dict[str, Span]] = {}
    for version, package in packages.items():
        for name, part in package.verbs.items():
            known = found.setdefault(name, {})
            for each in part.content.signature.keywords:
                known[each.name] = (known.get(each.name, (version,))[0], version)
    return found


def verb_spans(packages: Mapping[str, Package]) -> dict[str, Span]:
    """Return the first and the last version of every verb."""
    found: dict[str, Span] = {}
    for version, package in packages.items():
        for name in package.verbs:
            found[name] = (found.get(name, (version,))[0], version)
    return dict(sorted(found.items()))


def type_homes(packages: Mapping[str, Package]) -> dict[str, dict[str, str]]:
    """Return the module in `since` of each type by first version; empty where versions lack it."""
    found: dict[str, dict[str, str]] = {}
    for version, package in packages.items():
        types = package.models | package.fields
        for name, part in types.items():
            _note(found.setdefault(name, {}), version, part.place)
        for name in found.keys() - types.keys():
            _note(found[name], version, "")
    return dict(sorted(found.items()))


def _note(places: dict[str, str], version: str, place: str) -> None:
    if [*places.values()][-1:] != [place]:
        places[version] = place


@dataclass
class _Sharing:
    api: Api
    known: dict[Hashable, Part]

    def package(self) -> Package:
        package = Package(self.api.version)
        for group in _groups(self.api.models):
            content = tuple(self.api.models[name] for name in group)
            used = {ref for model in content for ref in model_refs(model)} - set(group)
            homes = {ref: package.models[ref] for ref in sorted(used)}
            part = self._part(package, "models", identifier(group[0]), content, homes)
            package.models.update(dict.fromkeys(group, part))
        for operation in self.api.operations:
            used = {*operation_refs(operation), *_body_refs(operation, self.api.models)}
            homes = {ref: package.models[ref] for ref in sorted(used)}
            name = f"{operation.namespace}_{operation.name}".rstrip("_")
            part = self._part(package, "operations", name, operation, homes)
            part.module = operation.namespace
            package.operations[operation.id] = part
        for namespace in dict.fromkeys(each.namespace for each in self.api.operations):
            members = tuple(each for each in self.api.operations if each.namespace == namespace)
            homes = {each.id: package.operations[each.id] for each in members}
            # Parameters of an operation matter only to its own part.
            shape = tuple((each.name, each.id) for each in members)
            part = self._part(package, "namespaces", namespace, members, homes, shape)
            part.module = namespace
            package.namespaces[namespace] = part
        return package

    def _part(
        self,
        package: Package,
        folder: str,
        name: str,
        content: Any,
        homes: dict[str, Part],
        shape: Hashable | None = None,
    ) -> Part:
        where = tuple((ref, home.key) for ref, home in homes.items())
        key = (folder, name, content if shape is None else shape, where)
        part = self.known.get(key)
        if part is None:
            part = Part(package.version, folder, name, content, homes)
            self.known[key] = part
            package.own.append(part)
        else:
            part.newest = content
        return part


def _put_together(packages: Mapping[str, Package]) -> None:
    """Choose the modules of models: those that every call loads together share one.

    The same operations reach them, and the same versions have them. So no call loads more than it
    needs, and no two modules import each other: what a model refers to is reached by all that
    reach it. A model that no operation reaches has a module of its own.
    """
    parts: dict[str, Part] = {}
    having: dict[str, set[str]] = {}
    calls: dict[str, set[str]] = {}
    for version, package in packages.items():
        for part in package.models.values():
            parts[part.key] = part
            having.setdefault(part.key, set()).add(version)
        for part in package.own:
            if part.folder == "operations":
                for key in _reached(part):
                    calls.setdefault(key, set()).add(part.key)
    together: dict[Hashable, list[Part]] = {}
    for key, part in parts.items():
        users = frozenset(calls.get(key, {key}))
        together.setdefault((part.version, users, frozenset(having[key])), []).append(part)
    for members in together.values():
        inside = {home.key for part in members for home in part.homes.values()}
        # The module is named after a model that no other in it refers to.
        name = min(part.name for part in members if part.key not in inside)
        for part in members:
            part.module = name


def _reached(part: Part) -> set[str]:
    """Return the keys of all parts that a part refers to, directly or not."""
    found: set[str] = set()
    left = [*part.homes.values()]
    while left:
        each = left.pop()
        if each.key not in found:
            found.add(each.key)
            left += each.homes.values()
    return found


def _add_verbs(
    apis: Mapping[str, Api], packages: Mapping[str, Package], verbs: Sequence[Verb]
) -> None:
    """Add the verbs, and their keywords, to the packages of all versions."""
    for name, by_version in _entries(apis, packages).items():
        _add_fields(name, by_version, packages)
    written: dict[Verb, Part] = {}
    known: dict[Hashable, Part] = {}
    for package in packages.values():
        types = package.models | package.fields
        for verb in verbs_of(verbs, types):
            homes = {name: types[name] for name in verb.types}
            key = verb, tuple(each.key for each in homes.values())
            if key not in known:
                known[key] = Part(
                    package.version, "methods", verb.name, verb, homes, written.get(verb)
                )
                package.own.append(known[key])
                # The same text with other types is written out once.
                written.setdefault(verb, known[key])
            package.verbs[verb.name] = known[key]


# pyright mistakes an inherited key for a method of TypedDict.
_METHODS = {"clear", "copy", "get", "items", "keys", "pop", "setdefault", "update", "values"}

Entries = dict[Hashable, Fields]
"""The keywords of a verb, each by its shape and the parts of its types."""


def _entries(
    apis: Mapping[str, Api], packages: Mapping[str, Package]
) -> dict[str, dict[str, Entries]]:
    """Return the keywords of verbs, by TypedDict and version."""
    found: dict[str, dict[str, Entries]] = {}
    for version, api in apis.items():
        models = packages[version].models
        for fields in fields_of(api):
            entries = found.setdefault(fields.name, {}).setdefault(version, {})
            for each in fields.split():
                homes = tuple(models[ref].key for ref in sorted(each.types))
                entries[each, homes] = each
    return found


def _add_fields(
    name: str, by_version: Mapping[str, Entries], packages: Mapping[str, Package]
) -> None:
    """Write stable keywords once, and the rest of a TypedDict for each version."""
    newest = [*by_version.values()][-1]
    operation = next(iter(newest.values())).operation
    steady: Part | None = None
    known: dict[Hashable, Part] = {}
    written: set[Hashable] = set()
    for version, entries in by_version.items():
        package = packages[version]
        versions = [*by_version]
        later = [by_version[each] for each in versions[versions.index(version) :]]
        stay = {
            key
            for key, entry in entries.items()
            if entry.names.isdisjoint(_METHODS) and all(key in each for each in later)
        }
        came = [_newer(entries[key], newest[key]) for key in entries if key in stay - written]
        if came:
            steady = _fields_part(package, f"Steady{name}", operation, came, steady)
            written |= stay
        rest = {key: each for key, each in entries.items() if key not in stay}
        shape = steady and steady.key, *rest
        if shape not in known:
            known[shape] = _fields_part(package, name, operation, [*rest.values()], steady)
        package.fields[name] = known[shape]


def _fields_part(
    package: Package, name: str, operation: str, parts: Sequence[Fields], base: Part | None
) -> Part:
    content = joined(name, operation, parts)
    homes = {ref: package.models[ref] for ref in sorted(content.types)}
    part = Part(package.version, "methods", name, content, homes, base)
    package.own.append(part)
    return part


def _newer(old: Any, new: Any) -> Any:
    """Take the newer prose, but the older record of the first version."""
    if isinstance(old, tuple):
        return tuple(_newer(a, b) for a, b in zip(old, new, strict=True))
    if isinstance(old, Verb):
        return new
    if isinstance(old, Fields):
        return replace(new, fields=_newer(old.fields, new.fields))
    if isinstance(old, Model):
        return replace(new, since=old.since, fields=_newer(old.fields, new.fields))
    if isinstance(old, Operation):
        return replace(new, since=old.since, parameters=_newer(old.parameters, new.parameters))
    return replace(new, since=old.since)


def model_refs(model: Model) -> Iterable[str]:
    """Name the models that a model refers to."""
    return (ref for each in model.fields for ref in refs(each.type))


def operation_refs(operation: Operation) -> Iterable[str]:
    """Name the models that an operation takes and gives."""
    types = [*(each.type for each in operation.parameters), operation.result]
    if operation.body is not None:
        types.append(operation.body.type)
    return (ref for each in types for ref in refs(each))


def _body_refs(operation: Operation, models: Mapping[str, Model]) -> Iterable[str]:
    """Name the models in the fields of a body, which can be given one by one."""
    if operation.body_model is not None:
        yield from model_refs(models[operation.body_model])


def _groups(models: Mapping[str, Model]) -> list[tuple[str, ...]]:
    """Group models that refer to each other, references first (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[tuple[str, ...]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for ref in sorted(set(model_refs(models[name]))):
            if ref not in index:
                visit(ref)
                low[name] = min(low[name], low[ref])
            elif ref in stack:
                low[name] = min(low[name], index[ref])
        if low[name] == index[name]:
            group: list[str] = []
            while not group or group[-1] != name:
                group.append(stack.pop())
            groups.append(tuple(sorted(group)))

    for name in sorted(models):
        if name not in index:
            visit(name)
    return groups
