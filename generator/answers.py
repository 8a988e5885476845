"""Make fields of responses required or empty: lists, maps, and fields that engines always send.

In a model that only responses have, null or absence is an empty list or map, and a field that every
engine always sends is required: those recorded in `overrides/spec/required.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from generator.errors import BuildError
from generator.ir import Api, Either, Field, ListOf, MapOf, Model, Ref, Type, refs
from generator.load import read_yaml
from generator.overlay import FOLDER, holds_for, is_range

__all__ = ["REQUIRED", "Requirement", "answer_models", "load_requirements", "settle"]

REQUIRED = FOLDER / "required.yaml"


@dataclass(frozen=True)
class Requirement:
    """A field that every engine always sends, and the versions in which it does."""

    model: str
    field: str
    versions: str


def load_requirements(file: Path = REQUIRED) -> list[Requirement]:
    """Read the fields that engines always send.

    Raises:
        BuildError: An entry has no range of versions.
    """
    made = []
    found = read_yaml(file)
    _check_keys(str(file), found, ("engines", "required", "contradicted"))
    for model, fields in found["required"].items():
        for name, entry in fields.items():
            _check_keys(f"{file}: {model}.{name}", entry, ("versions", "seen"))
            if not is_range(entry["versions"]):
                raise BuildError(
                    f"{file}: {model}.{name}: {entry['versions']!r} is not a range of versions"
                )
            made.append(Requirement(model, name, entry["versions"]))
    return made


def answer_models(api: Api) -> set[str]:
    """List the models that only responses have."""
    given, taken = set[str](), set[str]()
    for operation in api.operations:
        given |= set(refs(operation.result))
        taken |= {ref for each in operation.parameters for ref in refs(each.type)}
        if operation.body is not None:
            taken |= set(refs(operation.body.type))
    return set(_reached(api, given)) - set(_reached(api, taken))


def settle(api: Api, requirements: Iterable[Requirement]) -> Api:
    """Make the fields of a version's answers required, or empty where they would be None.

    Raises:
        BuildError: A requirement fits no field of a model that only answers have, or a model would
            require itself.
    """
    answers = answer_models(api)
    names: dict[str, set[str]] = {}
    for each in requirements:
        if holds_for(each.versions, api.version):
            known = api.models[each.model].fields if each.model in answers else ()
            if each.field not in {known_field.name for known_field in known}:
                raise BuildError(
                    f"{api.version}: required.yaml: {each.model}.{each.field} is not a field of a"
                    f" model that only answers have: correct it, or its versions ({each.versions})"
                )
            names.setdefault(each.model, set()).add(each.field)
    models = {
        name: _settled(model, names.get(name, set())) if name in answers else model
        for name, model in api.models.items()
    }
    for name in models:
        _check_ends(name, models, ())
    return replace(api, models=models)


def _check_keys(where: str, found: Mapping[str, object], allowed: tuple[str, ...]) -> None:
    for key in found:
        if key not in allowed:
            raise BuildError(f"{where} has the key {key!r}: write one of {', '.join(allowed)}")


def _reached(api: Api, names: Iterable[str]) -> Iterator[str]:
    todo, known = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name not in known:
            known.add(name)
            yield name
            todo += [ref for each in api.models[name].fields for ref in refs(each.type)]


def _settled(model: Model, required: set[str]) -> Model:
    return replace(model, fields=tuple(_field(each, required) for each in model.fields))


def _field(field: Field, required: set[str]) -> Field:
    if isinstance(field.type, ListOf | MapOf):
        return replace(field, empty=True)
    return replace(field, required=field.required or field.name in required)


def _check_ends(name: str, models: Mapping[str, Model], within: tuple[str, ...]) -> None:
    """Check that an empty value of a model can be made."""
    if name in within:
        raise BuildError(f"{' requires '.join((*within, name))}: one of them has to be optional")
    for each in models[name].fields:
        if each.required and (inner := _model(each.type)):
            _check_ends(inner, models, (*within, name))


def _model(type_: Type) -> str | None:
    match type_:
        case Ref(model):
            return model
        case Either(either):
            return _model(either)
    return None
