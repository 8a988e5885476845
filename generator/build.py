"""Build the generated package: all phases, from the specs in the cache to files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from generator.answers import Requirement, load_requirements, settle
from generator.change_log import change_log
from generator.convert import convert
from generator.errors import BuildError
from generator.history import date, field_spans, spans
from generator.ir import Api, Scalar
from generator.load import Document, count_operations, load, rename
from generator.memory import Memory, tree_digest
from generator.normalize import normalize
from generator.overlay import Action, apply, holds_for, load_actions
from generator.parse import parse
from generator.protobuf import PROTOBUF, compiled
from generator.renames import load_renames
from generator.render import Renderer
from generator.schemas import schemas
from generator.share import Package, share, type_homes, verb_keywords, verb_spans
from generator.verbs import read_verbs
from generator.write import replace_folder

__all__ = ["apis_of", "build", "read"]

# Errors from a part with another type than Swagger's, wherever it is used first.
_MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def build(
    specs: Mapping[str, Path],
    pinned: Sequence[str],
    output: Path,
    memory: Memory | None = None,
    engines: Mapping[str, str] | None = None,
) -> dict[str, Package]:
    """Build the package of all given versions, replacing the former one.

    Args:
        specs: The file of each version's spec, the oldest first.
        pinned: All pinned versions.
        output: The package's folder.
        memory: The results of former builds, for reuse.
        engines: The first release of the engine that speaks each version, if known.

    Raises:
        BuildError: A spec can't be built without a loss; the former output stays as it was.
    """
    if not specs:
        raise BuildError("there is no spec to build from: run `make spec`")
    memory = memory or Memory()
    documents = read(specs, memory)
    corrections = load_actions(), load_renames(), load_requirements()
    apis = date(apis_of(documents, *corrections, memory), pinned)
    packages = share(apis, read_verbs())
    renderer = Renderer()
    sources = {version: sha256(specs[version].read_bytes()).hexdigest() for version in apis}
    operations, keywords = spans(apis)
    keywords |= verb_keywords(packages)
    files = renderer.top(
        sources, operations, keywords, verb_spans(packages), field_spans(apis), type_homes(packages)
    )
    files["engines.py"] = renderer.engines(engines or {})
    files["schemas.json"] = schemas(documents, apis)
    files |= memory.recall("protobuf", [tree_digest(PROTOBUF)], compiled)
    for version, changes in change_log(apis, packages).items():
        files.update(renderer.package(packages[version], changes))
    replace_folder(output, files, memory)
    return packages


def read(specs: Mapping[str, Path], memory: Memory | None = None) -> dict[str, Document]:
    """Read specs, with the newest spec's ID of each operation."""
    memory = memory or Memory()
    documents = {
        version: memory.recall(f"spec-{version}", _read(file), partial(load, version, file))
        for version, file in specs.items()
    }
    rename(documents)
    return documents


def apis_of(
    documents: Mapping[str, Document],
    actions: Iterable[Action],
    renames: Mapping[str, str],
    requirements: Iterable[Requirement] = (),
    memory: Memory | None = None,
) -> dict[str, Api]:
    """Convert documents to the intermediate representation.

    Args:
        documents: The documents of `read` by version, which stay unchanged.
        actions: The corrections.
        renames: Better names of types, by their default names.
        requirements: The fields of answers that engines always send.
        memory: The results of former builds.

    Raises:
        BuildError: A correction or a requirement does not fit, or an operation got lost on the way.
    """
    memory = memory or Memory()
    everything = list(actions), renames, list(requirements)
    apis = {}
    for version, document in documents.items():
        job = _Version(version, document, *everything)
        try:
            made_from = [*job.made_from()]
            apis[version] = memory.recall(f"api-{version}", made_from, partial(job.api, memory))
        except _MALFORMED as error:
            raise BuildError(
                f"{version}: the specification is not as Swagger 2.0 has it: "
                f"{type(error).__name__}: {error!s:.200}"
            ) from error
    return apis


@dataclass(frozen=True)
class _Version:
    """One version on its way to the intermediate representation."""

    version: str
    document: Document
    actions: list[Action]
    renames: Mapping[str, str]
    requirements: list[Requirement]

    def made_from(self) -> Iterator[str]:
        yield self.version
        yield json.dumps(self.document, default=str)
        yield json.dumps(self.renames)
        for action in self.actions:
            if action.holds_for(self.version):
                yield json.dumps([action.target, action.update, action.remove], default=str)
        for each in self.requirements:
            if holds_for(each.versions, self.version):
                yield json.dumps([each.model, each.field])

    def api(self, memory: Memory) -> Api:
        converted = convert(self.version, self.document)
        apply(self.version, converted, self.actions)
        # Many corrections change nothing of a version they hold for.
        corrected = json.dumps(converted, default=str), json.dumps(self.renames)
        api = memory.recall(
            f"parsed-{self.version}", (self.version, *corrected), partial(self._parsed, converted)
        )
        return settle(api, self.requirements)

    def _parsed(self, converted: Document) -> Api:
        normalize(converted, self.renames)
        api = parse(self.version, converted)
        _check(api, count_operations(self.document))
        return api


def _read(file: Path) -> Iterator[str | bytes]:
    yield str(file)
    if file.is_file():
        yield file.read_bytes()


def _check(api: Api, expected: int) -> None:
    if len(api.operations) != expected:
        raise BuildError(
            f"{api.version}: the spec has {expected} operations, {len(api.operations)} came out"
        )
    methods: dict[str, str] = {}
    for operation in api.operations:
        name = f"{operation.namespace}.{operation.name}"
        if name in methods:
            raise BuildError(
                f"{api.version}: {operation.id} and {methods[name]} would both be called {name}:"
                " name one of them in overrides/spec (x-moorage-name)"
            )
        methods[name] = operation.id
        if operation.detach is not None:
            known = api.models[operation.body_model].fields if operation.body_model else ()
            if operation.detach not in {each.wire for each in known if each.type == Scalar("bool")}:
                raise BuildError(
                    f"{api.version}: the body of {operation.id} has no flag {operation.detach}:"
                    " correct its x-moorage-detach"
                )
