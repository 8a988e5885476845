"""The comparison of what was decoded with what was sent finds what it is there for."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Literal

import pytest
from attrs import define, field

from moorage.model.encoding import encode
from tests.engines.scenario.truth import differences

API = ModuleType("api")


@define
class Thing:
    name: str | None = None
    state: Literal["on"] | str | None = None
    ports: dict[str, list[int] | None] | None = None
    inner: Thing | None = None
    extra: dict[str, Any] = field(factory=dict)
    _sent: tuple[Any, ...] = field(default=(), init=False, eq=False)

    def to_dict(self) -> dict[str, Any]:
        data = {key: encode(getattr(self, key)) for key in ("name", "state", "ports", "inner")}
        return {key: value for key, value in data.items() if value is not None} | self.extra


@define
class Sure:
    name: str
    size: int | None = None
    extra: dict[str, Any] = field(factory=dict)
    _sent: tuple[Any, ...] = field(default=(), init=False, eq=False)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name} | self.extra


def test_what_is_true() -> None:
    raw = {"name": "a", "state": "new", "ports": {"80": [1], "90": None}, "inner": {"x": 1}}
    thing = Thing("a", "new", {"80": [1], "90": None}, Thing(extra={"x": 1}))
    assert differences(raw, thing, Thing, API) == []
    assert differences([raw], [thing], list[Thing], API) == []
    assert differences(None, [], list[Thing], API) == []


@pytest.mark.parametrize(
    ("raw", "decoded", "finding"),
    [
        ({"name": 1}, Thing(1), "$.name: 1 is no <class 'str'>"),  # type: ignore[arg-type]
        ({"ports": {"a": [True]}}, Thing(ports={"a": [True]}), "$.ports.a[]: True is no"),
        ({"inner": {}}, Thing(inner={}), "$.inner: {} is no"),  # type: ignore[arg-type]
        ({"Name": "a"}, Thing(extra={"Name": "a"}), "$: Name is a field that"),
        ({"name": "a", "x": 1}, Thing("a"), "$.x: 1 was lost"),
        ({}, Thing("a"), "$.name: 'a' was invented"),
        ({"name": "a"}, Thing("b"), "$.name: 'a' became 'b'"),
        ({"name": None}, Thing(), "$.name: None was lost"),
        (None, Thing("b"), "$: null became"),
    ],
)
def test_what_is_not(raw: Any, decoded: Thing, finding: str) -> None:
    (found,) = differences(raw, decoded, Thing, API)
    assert found.startswith(finding)


def test_none_where_the_type_has_none() -> None:
    absent, null = Sure(None), Sure("")  # type: ignore[arg-type]
    assert differences({"name": None}, absent, Sure, API) == ["$.name: None is no <class 'str'>"]
    null._sent = (("name", "", None),)
    assert "$.name is required, and null" in differences({"name": ""}, null, Sure, API)
    null._sent = (("name", "", ...),)
    assert "$.name is required, and was absent" in differences({"name": ""}, null, Sure, API)
    assert differences([], [], list[Sure], API) == []
    (found,) = differences([None], [None], list[Sure], API)
    assert found.startswith("$[]: None is no")
