"""Each option of docker-py's `create`, and what stands for it here, make the same request."""

from __future__ import annotations

import json
from typing import Any

import docker
import pytest
from docker.models import containers

from moorage.verbs.specification import Specification
from moorage_api import v1_44
from tests.docs.docker_py import Sent, client
from tests.docs.tables import DOCKER_PY_OPTIONS, Row, rows
from tests.facade.recorder import recorded

ROWS = rows(DOCKER_PY_OPTIONS)
MODELS = {name: getattr(v1_44, name) for name in v1_44.__all__}
OF_RUN = {
    "networking_config",
    "network",
    "ports",
    "remove",
    "stderr",
    "stdout",
    "stream",
    "volumes",
}


def whole(value: Any) -> Any:
    """Leave out what is empty, false or null; an engine does not care for capitals in keys."""
    if isinstance(value, dict):
        return {name.lower(): made for name, each in value.items() if (made := whole(each))}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return value


def theirs(options: dict[str, Any]) -> dict[str, Any]:
    sent = Sent()
    made = client(sent)
    made.containers.create("busybox", options.pop("command", None), **options)
    made.close()
    index = sent.requests.index(("POST", "/containers/create"))
    body = {name: whole(each) for name, each in json.loads(sent.bodies[index]).items()}
    return {**body, "query": sent.queries[index]}


def ours(options: dict[str, Any]) -> dict[str, Any]:
    engine, recorder = recorded(v1_44.Engine)
    wanted = Specification(engine, "create", "busybox", options.pop("cmd", None), options)
    engine.containers.create(wanted.body, **wanted.query)
    body = json.loads(json.dumps(recorder.sent.json))
    query = {name: value for name, value in recorder.sent.query.items() if value is not None}
    return {**{name: whole(each) for name, each in body.items()}, "query": query}


def change(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Tell what an option adds to a request."""
    made = {}
    for name in after:
        if isinstance(after[name], dict):
            made[name] = change(before.get(name) or {}, after[name])
        elif after[name] != before.get(name):
            made[name] = after[name]
    return whole(made)  # type: ignore[no-any-return]


@pytest.mark.parametrize("row", [row for row in ROWS if row.ours], ids=lambda row: row.theirs)
def test_both_sides_make_the_same_request(row: Row) -> None:
    there = eval(f"dict({row.theirs})", {"docker": docker})
    here = eval(f"dict({row.ours})", MODELS)
    expected = change(theirs({}), theirs(there))
    assert expected
    assert change(ours({}), ours(here)) == expected


def test_every_option_has_a_row() -> None:
    known = {*containers.RUN_CREATE_KWARGS, *containers.RUN_HOST_CONFIG_KWARGS, *OF_RUN}
    named = {name for row in ROWS for name in known if f"{name}=" in row.theirs}
    assert known - named == set()
    assert len([row for row in ROWS if row.ours]) >= 70
