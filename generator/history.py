"""The versions that have an operation, a parameter or a field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from generator.ir import Api, Model, Operation

__all__ = ["Span", "date", "field_spans", "spans"]

Span = tuple[str, str]


def spans(apis: Mapping[str, Api]) -> tuple[dict[str, Span], dict[str, dict[str, Span]]]:
    """Return the first and the last version of every operation, and of its keywords."""
    operations: dict[str, Span] = {}
    keywords: dict[str, dict[str, Span]] = {}
    for version, api in apis.items():
        for operation in api.operations:
            name = f"{operation.namespace}.{operation.name}"
            operations[name] = (operations.get(name, (version,))[0], version)
            known = keywords.setdefault(name, {})
            for keyword in _keywords(api, operation):
                known[keyword] = (known.get(keyword, (version,))[0], version)
    return operations, keywords


def _keywords(api: Api, operation: Operation) -> Iterator[str]:
    """List the keywords of a call: the parameters, and the fields of the body."""
    yield from (each.name for each in operation.parameters)
    if operation.body_model is not None:
        yield from (each.name for each in api.models[operation.body_model].fields)


def field_spans(apis: Mapping[str, Api]) -> dict[str, dict[str, Span]]:
    """Return the first and the last version of every field that its model lacks in some version."""
    models: dict[str, list[str]] = {}
    fields: dict[tuple[str, str], list[str]] = {}
    for version, api in apis.items():
        for model in api.models.values():
            models.setdefault(model.name, []).append(version)
            for field in model.fields:
                fields.setdefault((model.name, field.name), []).append(version)
    found: dict[str, dict[str, Span]] = {}
    for (owner, name), versions in fields.items():
        if versions != models[owner]:
            found.setdefault(owner, {})[name] = (versions[0], versions[-1])
    return found


def date(apis: Mapping[str, Api], pinned: Sequence[str]) -> dict[str, Api]:
    """Record the version that added each thing, as far as the available versions show it.

    They show it if the previous version is available too and lacks it. A part that came with its
    whole has no record of its own.
    """
    first: dict[tuple[str, ...], str] = {}
    for version, api in apis.items():
        for key in _keys(api):
            first.setdefault(key, version)
    telling = {after for before, after in pairwise(pinned) if before in apis}

    def since(*key: str) -> str:
        version = first[key]
        came_with_the_whole = first.get(key[:-1]) == version
        return version if version in telling and not came_with_the_whole else ""

    def dated_model(model: Model) -> Model:
        fields = tuple(replace(f, since=since(model.name, f.wire)) for f in model.fields)
        return replace(model, since=since(model.name), fields=fields)

    def dated_operation(operation: Operation) -> Operation:
        parameters = tuple(
            replace(p, since=since("", operation.id, p.name)) for p in operation.parameters
        )
        return replace(operation, since=since("", operation.id), parameters=parameters)

    return {
        version: Api(
            version,
            {name: dated_model(model) for name, model in api.models.items()},
            tuple(dated_operation(each) for each in api.operations),
        )
        for version, api in apis.items()
    }


def _keys(api: Api) -> Iterator[tuple[str, ...]]:
    for model in api.models.values():
        yield (model.name,)
        for field in model.fields:
            yield (model.name, field.wire)
    for operation in api.operations:
        yield ("", operation.id)
        for parameter in operation.parameters:
            yield ("", operation.id, parameter.name)
