"""The labels that a sandbox puts into requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moorage.arguments import as_is
from moorage.request import Request
from moorage_pytest.sandbox import LABEL, RUN_LABEL, Mark, labelled

LABELS = Mark("run", "run-1").labels


def made(method: str, path: str, **more: Any) -> Request[Any]:
    return labelled(Request("Operation", method, path, as_is, **more), LABELS)


def test_a_mark() -> None:
    assert Mark("a", "a-1").labels == {RUN_LABEL: "a", LABEL: "a-1"}
    assert Mark("a", "a-1").prefix.startswith(Mark("a").prefix)


@pytest.mark.parametrize(
    "kind", ["containers", "networks", "volumes", "services", "secrets", "configs"]
)
@pytest.mark.parametrize("given", [None, {}, {"a": "b"}])
def test_what_is_made_of_json(kind: str, given: dict[str, str] | None) -> None:
    body = {"Name": "x", "Labels": given}
    request = made("POST", f"/{kind}/create", json=body)
    assert request.json == {"Name": "x", "Labels": {**(given or {}), **LABELS}}
    assert body["Labels"] == given


@pytest.mark.parametrize("given", [None, '{"a": "b"}'])
def test_a_build(given: str | None) -> None:
    request = made("POST", "/build", query={"labels": given, "t": "x"})
    own = {"a": "b"} if given else {}
    assert json.loads(request.query["labels"]) == {**own, **LABELS}
    assert request.query["t"] == "x"


@pytest.mark.parametrize(
    ("given", "kept"), [(None, []), ("ENV a=b", ["ENV a=b"]), (["ENV a=b"], ["ENV a=b"])]
)
@pytest.mark.parametrize(("path", "more"), [("/commit", {}), ("/images/create", {"fromSrc": "-"})])
def test_an_import_and_a_commit(
    given: Any, kept: list[str], path: str, more: dict[str, str]
) -> None:
    request = made("POST", path, query={"changes": given, **more})
    assert request.query["changes"] == [*kept, *(f"LABEL {k}={v}" for k, v in LABELS.items())]


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "/containers/json", {}),
        ("POST", "/images/create", {"query": {"fromImage": "busybox"}}),
        ("POST", "/containers/x/update", {"json": {"Labels": {}}}),
        ("POST", "/containers/create", {"json": None}),
        ("POST", "/volumes/prune", {}),
    ],
)
def test_what_is_left_alone(method: str, path: str, more: dict[str, Any]) -> None:
    request = Request("Operation", method, path, as_is, **more)
    assert labelled(request, LABELS) is request
