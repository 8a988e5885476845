"""Each row of the table for users of docker-py sends, or reads, the same on both sides."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from moorage_api import newest
from tests.docs.docker_py import FOUND, OBJECTS, Sent, client
from tests.docs.tables import DOCKER_PY, Row, rows
from tests.facade.recorder import recorded

ROWS = rows(DOCKER_PY)
INSIDE = {"count", "id_attribute", "index", "model", "prepare_model"}
"""Public by their names, and not for users."""
VERB = re.compile(r"engine\.[a-z_]+\(")
MODELS = {
    name: getattr(newest, name)
    for name in ("ContainerSpec", "ReplicatedService", "ServiceMode", "TaskSpec")
}


def both(row: Row) -> bool:
    """Return whether both sides can be run without an engine."""
    return bool(row.ours) and not VERB.match(row.ours) and not row.of.startswith("docker")


@pytest.fixture
def theirs() -> Iterator[tuple[dict[str, Any], Sent]]:
    sent = Sent()
    made = client(sent)
    names: dict[str, Any] = {"client": made, "docker": docker}
    for of, (_, attrs) in FOUND.items():
        kind = OBJECTS[of]
        if of == "client.swarm":
            continue  # reads its attributes when it is asked for
        if of == "registry_data":
            names[of] = kind("busybox", attrs=attrs, client=made, collection=made.images)
        else:
            collection = getattr(made, f"{of}s")
            names[of] = kind(attrs=attrs, client=made, collection=collection)
    yield names, sent
    made.close()


def sent_by_ours(row: Row) -> tuple[str, str]:
    engine, recorder = recorded(newest.Engine)
    given: dict[str, Any] = {"engine": engine, **MODELS}
    if row.of in FOUND:
        model, attrs = FOUND[row.of]
        given["found"] = model.from_dict(attrs)
    exec(row.ours, given)
    return recorder.sent.method, recorder.sent.path


def plain(path: str) -> str:
    """Name things as a row does, where docker-py has their IDs."""
    return path.replace(str(FOUND["container"][1]["Id"]), "web").replace("sha256:", "")


@pytest.mark.parametrize("of", OBJECTS)
def test_every_public_name_has_a_row(of: str) -> None:
    public = {name for name, _ in inspect.getmembers(OBJECTS[of]) if not name.startswith("_")}
    in_table = {row.name for row in ROWS if row.of == of}
    in_table |= {"from_env", "from_context"} if of == "client" else set()
    assert public - INSIDE - in_table == set()
    assert in_table - public == set()


REQUESTS = [row for row in ROWS if both(row) and "engine." in row.ours]
NAMESPACES = [row for row in REQUESTS if row.of == "client" and "(" not in row.theirs]


@pytest.mark.parametrize(
    "row",
    [row for row in REQUESTS if row not in NAMESPACES and row.name != "close"],
    ids=lambda row: row.theirs,
)
def test_both_sides_send_the_same_request(
    row: Row,
    theirs: tuple[dict[str, Any], Sent],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names, sent = theirs
    monkeypatch.chdir(tmp_path)
    Path("folder/rootfs").mkdir(parents=True)
    Path("folder/config.json").write_text("{}")
    with contextlib.suppress(Exception):  # what it makes of a made-up answer does not count
        made = eval(row.theirs, names)
        if inspect.isgenerator(made):
            list(made)
    method, path = sent_by_ours(row)
    if row.theirs == "plugin.push()":  # docker-py 7.2 asks for a pull by mistake
        path = path.replace("push", "pull")
    assert (method, plain(path)) in [(verb, plain(where)) for verb, where in sent.requests]


@pytest.mark.parametrize("row", NAMESPACES, ids=lambda row: row.theirs)
def test_namespaces(row: Row) -> None:
    engine, _ = recorded(newest.Engine)
    assert type(eval(row.ours, {"engine": engine})).__name__.lower() == row.name


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if both(row) and "engine." not in row.ours],
    ids=lambda row: row.theirs,
)
def test_both_sides_read_the_same(row: Row, theirs: tuple[dict[str, Any], Sent]) -> None:
    names, _ = theirs
    model, attrs = FOUND[row.of]
    ours = eval(row.ours, {"found": model.from_dict(attrs)})
    expected = eval(row.theirs, names)
    if row.name == "short_id" and row.of in {"image", "registry_data"}:
        expected = expected.removeprefix("sha256:")
    assert ours == expected


def test_enough_rows_are_run() -> None:
    run = [row for row in ROWS if row.ours]
    assert len(run) >= 0.95 * len(ROWS)
    assert len(ROWS) >= 150
