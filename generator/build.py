"""Build the generated package: all phases, from the specs in the cache to files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from generator.answers import Requirement, load_requirements, settle
from generator.convert import convert
from generator.errors import BuildError
from generator.history import date, field_spans, spans
from generator.ir import Api, Scalar
from generator.load import Document, count_operations, load, rename
from generator.normalize import normalize
from generator.overlay import Action, apply, load_actions
from generator.parse import parse
from generator.renames import load_renames
from generator.render import Renderer
from generator.schemas import schemas
from generator.share import Package, share, verb_keywords
from generator.verbs import read_verbs
from generator.write import replace_folder

__all__ = ["apis_of", "build", "read"]


def build(specs: Mapping[str, Path], pinned: Sequence[str], output: Path) -> dict[str, Package]:
    """Build the package of all versions whose specs are given, in place of the former one.

    Args:
        specs: the file of each version's spec, the oldest first.
        pinned: all versions that there are.
        output: the package's folder.

    Raises:
        BuildError: a spec can't be built without a loss; the former output stays as it was.
    """
    if not specs:
        raise BuildError("there is no spec to build from: run `make spec`")
    documents = read(specs)
    apis = date(apis_of(documents, load_actions(), load_renames(), load_requirements()), pinned)
    packages = share(apis, read_verbs())
    renderer = Renderer()
    sources = {version: sha256(specs[version].read_bytes()).hexdigest() for version in apis}
    operations, keywords = spans(apis)
    keywords |= verb_keywords(packages)
    files = renderer.top(sources, operations, keywords, field_spans(apis))
    files["schemas.json"] = schemas(documents, apis)
    for package in packages.values():
        files.update(renderer.package(package))
    replace_folder(output, files)
    return packages


def read(specs: Mapping[str, Path]) -> dict[str, Document]:
    """Read specs, each operation under the id that it has in the newest of them."""
    documents = {version: load(version, file) for version, file in specs.items()}
    rename(documents)
    return documents


def apis_of(
    documents: Mapping[str, Document],
    actions: Iterable[Action],
    renames: Mapping[str, str],
    requirements: Iterable[Requirement] = (),
) -> dict[str, Api]:
    """Take documents all the way to the intermediate representation.

    Args:
        documents: by version, as `read` gives them; they stay as they are.
        actions: the corrections.
        renames: better names of types, by those that they would have.
        requirements: the fields of answers that engines always send.

    Raises:
        BuildError: a correction or a requirement does not fit, or an operation got lost on the way.
    """
    apis = {}
    needed = list(requirements)
    for version, document in documents.items():
        converted = convert(version, document)
        apply(version, converted, list(actions))
        normalize(converted, renames)
        api = parse(version, converted)
        _check(api, count_operations(document))
        apis[version] = settle(api, needed)
    return apis


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
