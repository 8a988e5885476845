"""Whatever JSON an engine sends, a model is encoded as the same."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.ir import Api, Choice, Either, ListOf, MapOf, Ref, Scalar, Type
from moorage.versions.bundled import bundled_versions

TEXT = st.text(max_size=3)
SCALARS: Mapping[str, st.SearchStrategy[Any]] = {
    "Any": st.none() | st.integers() | st.dictionaries(TEXT, st.none() | TEXT, max_size=2),
    "None": st.none(),
    "bool": st.booleans(),
    "bytes": st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode()),
    "float": st.floats(allow_nan=False),
    "int": st.integers(-1, 2),
    "str": TEXT,
}
DEPTH = 4
VERSIONS = sorted({"1.25", "1.44", bundled_versions()[-1]})


class Wire:
    """Makes JSON of one version's types: any field may be absent, null or empty."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @cache  # noqa: B019 - as long as the test
    def model(self, name: str, depth: int = DEPTH) -> st.SearchStrategy[Any]:
        fields = {
            each.wire: st.none() | self._value(each.type, depth)
            for each in self._api.models[name].fields
        }
        known = st.fixed_dictionaries({}, optional=fields)
        unknown = st.dictionaries(st.just("Unknown"), st.none() | TEXT)
        return st.builds(lambda one, other: one | other, known, unknown)

    def _value(self, type_: Type, depth: int) -> st.SearchStrategy[Any]:
        match type_:
            case Scalar(name) | Choice(_, name):
                return SCALARS[name]
            case Either(either, scalar):
                return self._value(either, depth) | SCALARS[scalar.name]
            case ListOf(item):
                return st.lists(st.none() | self._value(item, depth), max_size=2)
            case MapOf(value):
                return st.dictionaries(TEXT, st.none() | self._value(value, depth), max_size=2)
            case Ref(model):
                return self.model(model, depth - 1) if depth else st.just({})


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_sent_goes_back(apis: dict[str, Api], version: str) -> None:
    api, wire = apis[version], Wire(apis[version])
    package = import_module(f"moorage_api.v{version.replace('.', '_')}")

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(api.models)))
        sent = data.draw(wire.model(name))
        decoded = getattr(package, name).from_dict(sent)
        assert same(decoded.to_dict(), sent)
        for each in api.models[name].fields:
            value = getattr(decoded, each.name)
            assert value is not None or not (each.required or each.empty)

    check()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_empty_object(apis: dict[str, Api], version: str) -> None:
    package = import_module(f"moorage_api.v{version.replace('.', '_')}")
    for name in apis[version].models:
        empty = getattr(package, name).from_dict({})
        assert empty.to_dict() == {}, name
        assert empty == getattr(package, name).from_dict({})


def same(one: Any, other: Any) -> bool:
    """Compare as JSON: False is no 0."""
    return repr(sorted_deep(one)) == repr(sorted_deep(other))


def sorted_deep(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((key, sorted_deep(each)) for key, each in value.items())
    return [sorted_deep(each) for each in value] if isinstance(value, list) else value
