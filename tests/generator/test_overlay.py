"""Corrections: what one may look like, and that each holds where it says it does."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonpath
import pytest
import yaml

from generator.errors import BuildError
from generator.overlay import apply, load_actions, matches
from generator.versions import load_pins

DOCUMENT = {"a": {"b": {"c": 1, "list": [1, 2, 2, 3]}}, "tags": [{"name": "x"}, {"name": "y"}]}


def action(**more: Any) -> dict[str, Any]:
    return {"target": "$.a.b", "x-versions": ">=1.25", "x-reason": "because"} | more


def overlay(folder: Path, *actions: Any) -> Path:
    text = yaml.safe_dump({"overlay": "1.0.0", "info": {}, "actions": list(actions)})
    (folder / "10-x.yaml").write_text(text)
    return folder


def corrected(folder: Path, *actions: Any, version: str = "1.40") -> Any:
    document = deepcopy(DOCUMENT)
    apply(version, document, load_actions(overlay(folder, *actions)))
    return document


@pytest.mark.parametrize(
    ("correction", "b"),
    [
        (action(update={"c": {"d": 1}}), {"c": {"d": 1}, "list": [1, 2, 2, 3]}),
        (action(update={"list": [4]}), {"c": 1, "list": [1, 2, 2, 3, 4]}),
        (action(target="$.a.b.list", update=4), {"c": 1, "list": [1, 2, 2, 3, 4]}),
        (action(target="$.a.b.list[?@ == 2]", remove=True), {"c": 1, "list": [1, 3]}),
        (action(target="$.a.b.c", remove=True), {"list": [1, 2, 2, 3]}),
        (action(target="$..b", update={"c": 2}), {"c": 2, "list": [1, 2, 2, 3]}),
        (action(target="$..list[?@ == 2]", remove=True), {"c": 1, "list": [1, 3]}),
        (action(target="$..b['c', 'list']", remove=True), {}),
    ],
)
def test_corrections(tmp_path: Path, correction: dict[str, Any], b: dict[str, Any]) -> None:
    assert corrected(tmp_path, correction)["a"]["b"] == b


@pytest.mark.parametrize(
    "target",
    ["$..b", "$..b..b", "$..b[*]", "$..b.c", "$..b['c', 'd']", "$..['b', 'c']", "$..b[?@.c == 1]"],
)
def test_the_quicker_descent_matches_what_the_library_s_does(target: str) -> None:
    document = {"a": [{"b": {"c": 1, "b": {"c": 2}}}, {"b": [{"c": 1}, 2, "b"]}], "b": {"d": {}}}
    path = jsonpath.compile(target)
    assert isinstance(path, jsonpath.JSONPath)
    expected = [(each.parts, each.obj) for each in path.finditer(document)]
    assert expected
    assert [(each.parts, each.obj) for each in matches(path, document)] == expected


def test_an_operation_by_its_id_is_what_the_library_finds() -> None:
    things = {"operationId": "Things", "tags": ["T"]}
    document = {
        "paths": {
            "/a": {"get": things, "parameters": [{"operationId": "Things"}]},
            "/b": {"put": {"operationId": "Other"}, "post": {**things}},
        },
        "operationId": "Things",
    }
    path = jsonpath.compile("$.paths[*][?@.operationId == 'Things']")
    assert isinstance(path, jsonpath.JSONPath)

    def listed(found: Iterable[jsonpath.JSONPathMatch]) -> list[Any]:
        return [(each.parts, each.obj, each.parent and each.parent.obj) for each in found]

    assert len(expected := listed(path.finditer(document))) == 2
    assert listed(matches(path, document)) == expected


def test_what_is_put_into_two_places_is_not_shared(tmp_path: Path) -> None:
    made = corrected(tmp_path, action(target="$.tags[*]", update={"n": {"m": 1}}))
    made["tags"][0]["n"]["m"] = 2
    assert made["tags"][1]["n"]["m"] == 1


@pytest.mark.parametrize(
    ("versions", "holds"),
    [
        (">=1.25", True),
        (">1.40", False),
        (">=1.40", True),
        ("<1.40", False),
        ("<=1.40", True),
        ("==1.40", True),
        ("==1.4", False),
        (">=1.5 <1.41", True),
        (">=1.30 <1.40", False),
    ],
)
def test_ranges(tmp_path: Path, versions: str, holds: bool) -> None:
    made = corrected(tmp_path, action(update={"c": 2}, **{"x-versions": versions}))
    assert (made["a"]["b"]["c"] == 2) == holds


def test_files_go_by_their_names(tmp_path: Path) -> None:
    overlay(tmp_path, action(update={"c": "first"})).joinpath("10-x.yaml").rename(
        tmp_path / "20-y.yaml"
    )
    overlay(tmp_path, action(update={"c": "second"}))
    document = deepcopy(DOCUMENT)
    apply("1.40", document, load_actions(tmp_path))
    assert document["a"]["b"]["c"] == "first"  # type: ignore[index]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (action(update={}, **{"x-reason": ""}), "10-x.yaml: the action on '$.a.b' has no x-reason"),
        (action(update={}, **{"x-versions": None}), "has no x-versions"),
        (
            action(update={}, **{"x-versions": "1.25"}),
            "'1.25' is not a range of versions: write it",
        ),
        (action(update={}, target=None), "has no target"),
        (action(), "needs one of update and remove"),
        (
            action(update={"a": [{"x-moorage-kinds": "text"}]}),
            "10-x.yaml: the action on '$.a.b' has the key 'x-moorage-kinds': write one of x-moor",
        ),
        (
            action(update={"x-moorage-secrets": True}),
            "'$.a.b' has the key 'x-moorage-secrets': write",
        ),
        (action(update={"x_moorage_secret": True}), "has the key 'x_moorage_secret': write one of"),
        (action(update={"x-nullabel": True}), "has the key 'x-nullabel': write one of x-moorage-"),
        (action(update={"x-moorage-secret": "yes"}), "has x-moorage-secret: 'yes': write true"),
        (action(update={"x-moorage-kind": "frame"}), "'frame': write one of json, nothing, text"),
        (action(update={"x-moorage-encoding": "txt"}), "'txt': write one of auth, auths, bool"),
        (action(update={"x-moorage-also": "int"}), "'int': write one of boolean, integer"),
        (action(update={"x-moorage-detach": True}), "True: write the JSON name of a property"),
        (action(update={"x-moorage-upgrade": "tpc"}), "'tpc': write one of h2c, tcp"),
        (action(update={"x-moorage-name": "a b"}), "'a b': write namespace.method, or"),
        (action(update={"x-moorage-namespace": "A"}), "'A': write an identifier in lower case"),
        (action(update={"x-moorage-process": {"path": "/a"}}), "write a map with path, tty, and"),
        (
            action(update={"x-moorage-process": {"path": "/a", "tty": ["T"], "exit": ["E"]}}),
            "'exit' is not a key of it: write one of path, tty, running, exit_code",
        ),
        (action(update={"x-moorage-process": {"path": "/a", "tty": "T"}}), "tty has to be a list"),
        (action(update={"x-moorage-secret": True}), "which applies to property only"),
        (action(update={}, reason="x"), "has the key 'reason': write one of target, x-versions"),
        (action(update={}, **{"x-version": "x"}), "has the key 'x-version': write one of target"),
        (action(remove="yes"), "needs one of update and remove"),
        (action(update={}, remove="yes"), "has remove: 'yes': write true"),
        (action(update={}, **{"x-versions": ">=1.52 <1.40"}), "is a range without any version"),
        (action(update={}, **{"x-versions": ">=1.40 <1.40"}), "is a range without any version"),
        (action(update={}, remove=True), "needs one of update and remove"),
        (action(target="$.nothing", update={}), "1.40: 10-x.yaml: $.nothing matches nothing: "),
        (action(target="$[", update={}), "'$[' is not a JSONPath"),
        (action(target="$.a.b.c", update={}), "$.a.b.c is not an object or array"),
    ],
)
def test_corrections_that_are_refused(tmp_path: Path, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(BuildError) as caught:
        corrected(tmp_path, wrong)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not an overlay document of version 1.0.0"),
        ("overlay: 2.0.0", "not an overlay document of version 1.0.0"),
        ("overlay: 1.0.0", "the overlay has no actions"),
        ("overlay: 1.0.0\nactions: []", "the overlay has no actions"),
        ("overlay: 1.0.0\nactions: [x]", "is not an object"),
        ("overlay: [", "is not YAML"),
        ("overlay: 1.0.0\naction: []", "has the key 'action': write one of overlay, info, actions"),
        ("overlay: 1.0.0\ninfo: {titel: x}", "has the key 'titel': write one of title, version"),
        ("overlay: 1.0.0\noverlay: 1.0.0", "the key 'overlay' appears twice"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "10-x.yaml").write_text(text)
    with pytest.raises(BuildError) as caught:
        load_actions(tmp_path)
    assert message in str(caught.value)
    assert "10-x.yaml" in str(caught.value)


def test_each_of_ours_is_for_a_version_that_there_is() -> None:
    actions = load_actions()
    assert len(actions) > 40
    assert all(any(each.holds_for(version) for version in load_pins()) for each in actions)
