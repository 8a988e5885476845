"""The comparison of what was decoded with what was sent finds what it is there for."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Literal

import pytest
from attrs import define, field

from tests.engines.scenario.truth import differences

API = ModuleType("api")


@define
class Thing:
    name: str | None = None
    state: Literal["on"] | str | None = None
    ports: dict[str, list[int] | None] | None = None
    inner: Thing | None = None
    extra: dict[str, Any] = field(factory=dict)

    def to_dict(self) -> dict[str, Any]:
        names = ("name", "state", "ports")
        data: dict[str, Any] = {key: getattr(self, key) for key in names}
        return data | self.extra | {"inner": self.inner and self.inner.to_dict()}


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
        (None, Thing("b"), "$: null became"),
    ],
)
def test_what_is_not(raw: Any, decoded: Thing, finding: str) -> None:
    (found,) = differences(raw, decoded, Thing, API)
    assert found.startswith(finding)
