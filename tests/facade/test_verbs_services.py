"""Verbs of services without an engine: edits that meet, how tasks are counted, what is refused."""

from __future__ import annotations

import base64
import json
import logging
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage.guard import guarded
from moorage.verbs.merge import Merge
from moorage.verbs.task_count import TaskCount
from moorage_api import newest, v1_25, v1_30
from tests.facade.peer import Peer, answer
from tests.facade.test_verbs import SECRET, chain, shown

HOST = "unix:///nowhere/docker.sock"
LATE = answer(500, {"message": "rpc error: code = Unknown desc = update out of sequence"})
ENV = {"ContainerSpec": {"Env": ["A=1", "B=1"]}}


def service(index: int, **spec: Any) -> dict[str, Any]:
    return {
        "ID": "s" * 25,
        "Version": {"Index": index},
        "Spec": {"Name": "web", "Mode": {"Replicated": {"Replicas": 1}}, **spec},
    }


def change(text: str) -> Any:
    return json.loads(text.replace("'", '"'))


MERGES = {
    # as it was, mine, theirs: what becomes of it, or the places of the conflicts
    "one side": ("{'a': 1}", "{'a': 2}", "{'a': 1}", "{'a': 2}"),
    "the other side": ("{'a': 1}", "{'a': 1}", "{'a': 2}", "{'a': 2}"),
    "the same": ("{'a': 1}", "{'a': 2}", "{'a': 2}", "{'a': 2}"),
    "beside": ("{'a': {'b': 1, 'c': 1}}", "{'a': {'b': 2, 'c': 1}}", "{'a': {'b': 1, 'c': 2}}",
               "{'a': {'b': 2, 'c': 2}}"),
    "added": ("{}", "{'a': {'b': 1}}", "{'a': {'c': 1}}", "{'a': {'c': 1, 'b': 1}}"),
    "removed": ("{'a': 1, 'b': 1}", "{'b': 1}", "{'a': 1, 'b': 2}", "{'b': 2}"),
    "both ways": ("{'a': 1}", "{'a': 2}", "{'a': 3}", ["a"]),
    "removed and edited": ("{'a': {'b': 1}}", "{}", "{'a': {'b': 2}}", ["a"]),
    "added twice": ("{}", "{'a': {'b': 1}}", "{'a': {'b': 2}}", ["a.b"]),
    "variables": ("{'Env': ['A=1', 'B=1']}", "{'Env': ['A=2', 'B=1']}",
                  "{'Env': ['A=1', 'B=2', 'C']}", "{'Env': ['A=2', 'B=2', 'C']}"),
    "a variable": ("{'Env': ['A=1']}", "{'Env': ['A=2']}", "{'Env': ['A=3']}", ["Env.A"]),
    "new variables": ("{}", "{'Env': ['A=2']}", "{'Env': ['B=3']}", "{'Env': ['B=3', 'A=2']}"),
    "mounts": ("{'Mounts': []}", "{'Mounts': [{'Target': '/a'}]}", "{'Mounts': [{'Target': '/b'}]}",
               "{'Mounts': [{'Target': '/b'}, {'Target': '/a'}]}"),
    "a list with an order": ("{'Args': ['a']}", "{'Args': ['a', 'b']}", "{'Args': ['a', 'c']}",
                             ["Args"]),
    "items of one name": ("{'Env': ['A=1', 'A=1']}", "{'Env': []}", "{'Env': ['A=1']}", ["Env"]),
    "another type": ("{'a': 1}", "{'a': [1]}", "{'a': {'b': 1}}", ["a"]),
}  # fmt: skip


@pytest.mark.parametrize("case", MERGES.values(), ids=MERGES)
def test_edits_that_meet(case: tuple[str, str, str, Any]) -> None:
    *states, right = case
    merge = Merge(*map(change, states))
    assert (merge.conflicts or merge.result) == (
        right if isinstance(right, list) else change(right)
    )


def test_an_edit_is_applied_to_what_the_service_is_now() -> None:
    theirs = service(2, Labels={"theirs": "1"}, TaskTemplate=ENV)
    script = (answer(200, service(1, TaskTemplate=ENV)), LATE, answer(200, theirs))
    with (
        Peer(*script, LATE, answer(200, theirs), answer(200, {})) as peer,
        moorage.connect(v1_30.Engine, host=peer.host) as engine,
        engine.edit_service("web") as spec,
    ):
        assert spec.task_template
        assert spec.task_template.container_spec
        spec.task_template.container_spec.env = ["A=2", "B=1"]
    assert [re.sub(r"^.*/", "", each) for each in peer.lines] == [
        "web", "update?version=1", "s" * 25, "update?version=2", "s" * 25, "update?version=2"
    ]  # fmt: skip
    sent = json.loads(peer.bodies[-1])
    assert sent["Labels"] == {"theirs": "1"}
    assert sent["TaskTemplate"]["ContainerSpec"]["Env"] == ["A=2", "B=1"]


def test_an_edit_of_nothing_sends_nothing() -> None:
    with (
        Peer(answer(200, service(1))) as peer,
        moorage.connect(v1_30.Engine, host=peer.host) as engine,
        engine.edit_service("web") as spec,
    ):
        assert spec.name == "web"
    assert len(peer.lines) == 1


def test_an_edit_that_never_succeeds_ends() -> None:
    rounds = [each for index in range(30) for each in (answer(200, service(index)), LATE)]
    with (
        Peer(*rounds) as peer,
        moorage.connect(v1_30.Engine, host=peer.host) as engine,
        pytest.raises(moorage.ServerError, match="out of sequence"),
    ):
        engine.scale("web", 2)


def test_a_service_that_was_found_by_the_first_letters_of_its_id() -> None:
    found = answer(200, service(1))
    with (
        Peer(found, found, answer(201, {"ID": "n" * 25}), found) as peer,
        moorage.connect(v1_30.Engine, host=peer.host) as engine,
    ):
        with pytest.raises(moorage.NotFound, match=r"service ss not found"):
            engine.scale("ss", 2)
        # Not this one, but a new one.
        engine.deploy("ss", "busybox@sha256:" + "0" * 64, auth=None, wait=False)
    assert peer.lines[2] == "POST /v1.30/services/create"


def test_a_secret_that_the_engine_refuses_stays_in_no_traceback() -> None:
    with (
        Peer(answer(200, []), answer(500, {"message": "no"})) as peer,
        moorage.connect(v1_30.Engine, host=peer.host) as engine,
        pytest.raises(moorage.ServerError) as caught,
    ):
        engine.put_secret("key", SECRET.encode())
    labels = json.loads(peer.bodies[1])["Labels"]
    assert SECRET not in str(labels)
    for error in chain(caught.value):
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_globals["__name__"].startswith("moorage"):
                for name, value in frame.f_locals.items():
                    assert not [each for each in shown(value) if SECRET in each], name


def test_a_secret_is_told_from_another_by_its_content() -> None:
    def put(data: bytes, found: list[Any], *more: bytes, **fields: Any) -> tuple[Any, Any]:
        with (
            Peer(answer(200, found), *more) as peer,
            moorage.connect(v1_30.Engine, host=peer.host) as engine,
        ):
            stored = engine.put_secret("key", data, **fields)
            return stored, json.loads(peer.bodies[1]) if more else None

    made, first = put(b"one", [], answer(201, {"ID": "1"}))
    assert (made, first["Name"]) == (("1", "key", True), "key")
    found = [{"ID": "1", "Spec": {"Name": "key", "Labels": first["Labels"]}}]
    assert put(b"one", found) == (("1", "key", False), None)
    other = {"ID": "0", "Spec": {"Name": "key.store", "Labels": {}}}
    for data, labels in ((b"two", {}), (b"one", {"a": "b"})):
        # Somebody else has made the second one.
        script = (answer(409, {"message": "exists"}), answer(200, [other, *found]))
        made, sent = put(data, found, *script, answer(201, {"ID": "2"}), labels=labels)
        assert made == ("2", "key.2", True)
        assert labels.items() <= sent["Labels"].items()
    byhand = [{"ID": "9", "Spec": {"Name": "key"}}]
    assert put(b"one", byhand, answer(201, {"ID": "2"}))[0] == ("2", "key.2", True)


def test_a_numbered_secret_is_no_series_of_its_own() -> None:
    labels = {"moorage-name": "key", "moorage-number": "2"}
    found = answer(200, [{"ID": "2", "Spec": {"Name": "key.2", "Labels": labels}}])
    refused = answer(409, {"message": "key.2 exists"})
    with (
        Peer(*[found, refused] * 10) as peer,
        moorage.connect(v1_30.Engine, host=peer.host) as engine,
        pytest.raises(moorage.Conflict, match=r"key\.2 exists"),
    ):
        engine.put_secret("key.2", b"x")


NAMELESS: list[Callable[[Any], Any]] = [
    lambda engine: engine.put_secret(None, b"x"),
    lambda engine: engine.put_config(5, b"x"),
    lambda engine: engine.read_config(b"x"),
]


@pytest.mark.parametrize("call", NAMELESS)
def test_a_name_is_a_str(call: Callable[[Any], Any]) -> None:
    with (
        moorage.connect(newest.Engine, host=HOST) as engine,
        pytest.raises(TypeError, match=r"the name of a (secret|config) is a str, not"),
    ):
        call(engine)


@pytest.mark.parametrize("given", [None, "2", 1.5, True, -1])
def test_a_number_of_tasks(given: Any) -> None:
    with moorage.connect(newest.Engine, host=HOST) as engine:
        words = r"replicas is (a number, not|zero or more, not -1)"
        with pytest.raises((TypeError, ValueError), match=f"scale: {words}"):
            engine.scale("web", given)
        if given is not None:
            with pytest.raises((TypeError, ValueError), match=f"deploy: {words}"):
                engine.deploy("web", "busybox", replicas=given)


def test_an_update_replaces_one_task_at_a_time() -> None:
    """As by the docker CLI; to an engine, no number is all at once."""
    with (
        Peer(
            answer(404, {"message": "no"}), answer(201, {"ID": "s" * 25}), answer(200, service(1))
        ) as peer,
        moorage.connect(newest.Engine, host=peer.host) as engine,
    ):
        engine.deploy(
            "web",
            "busybox@sha256:" + "0" * 64,
            update={"delay": 5},
            rollback={"parallelism": 0},
            auth=None,
            wait=False,
        )
    sent = json.loads(peer.bodies[1])
    assert sent["UpdateConfig"] == {"Parallelism": 1, "Delay": 5_000_000_000}
    assert sent["RollbackConfig"] == {"Parallelism": 0}


def test_an_edit_is_entered_once() -> None:
    with (
        Peer(answer(200, service(1))) as peer,
        moorage.connect(v1_30.Engine, host=peer.host) as engine,
    ):
        edit = engine.edit_service("web")
        with edit:
            pass
        with pytest.raises(RuntimeError, match="entered before"), edit:
            pass


def test_an_engines_warnings_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    script = (
        answer(200, service(1)),
        answer(200, {"Warnings": ["it is so"]}),
        answer(200, service(2)),
    )
    with (
        caplog.at_level(logging.WARNING),
        Peer(*script) as peer,
        moorage.connect(v1_30.Engine, host=peer.host) as engine,
    ):
        engine.deploy("web", "busybox@sha256:" + "0" * 64, auth=None, wait=False)
    assert caplog.messages == ["the service web: it is so"]


def test_a_swarm_without_a_leader_is_waited_for() -> None:
    about = service(1) | {"UpdateStatus": {"State": "completed"}}
    runs = {"ID": "t", "Slot": 1, "NodeID": "n", "DesiredState": "running"}
    runs["Status"] = {"State": "running"}
    node = {"ID": "n", "Status": {"State": "ready"}, "Spec": {"Availability": "active"}}
    seen = [answer(200, about), answer(200, []), answer(200, [node])]
    then = [answer(200, about), answer(200, [runs]), answer(200, [node])]
    none = answer(503, {"message": "the swarm has no leader"})
    with (
        Peer(none, answer(200, about), *seen, none, answer(200, about), none, *then) as peer,
        moorage.connect(v1_30.Engine, host=peer.host) as engine,
    ):
        with pytest.raises(moorage.Unavailable):
            engine.wait_converged("web", 10)
        engine.wait_converged("web", 10)


def task(slot: int, state: str = "running", desired: str = "running", **more: Any) -> Any:
    return newest.Task.from_dict(
        {"ID": f"t{slot}", "ServiceID": "s", "Slot": slot, "NodeID": "n", "DesiredState": desired,
         "Status": {"State": state}} | more
    )  # fmt: skip


REPLICATED = {"Replicated": {"Replicas": 2}}
JOB = {"ReplicatedJob": {"TotalCompletions": 2, "MaxConcurrent": 1}}
NOW = {"JobIteration": {"Index": 7}}
COUNTS: dict[str, tuple[dict[str, Any], list[Any], tuple[int, int, bool, bool]]] = {
    # tasks: done, desired, converged, short of tasks that are to come
    "whole": (REPLICATED, [task(1), task(2)], (2, 2, True, False)),
    "starting": (REPLICATED, [task(1), task(2, "starting")], (1, 2, False, False)),
    "replaced": (REPLICATED, [task(1), task(2, "failed", "shutdown"), task(2, "ready", "ready")],
                 (1, 2, False, False)),
    "ended": (REPLICATED, [task(1), task(2, "failed", "shutdown")], (1, 2, False, True)),
    "complete": (REPLICATED, [task(1, "complete", "shutdown")], (0, 2, False, True)),
    "too many": ({"Replicated": {"Replicas": 1}}, [task(1), task(2)], (2, 1, False, False)),
    "leaving": ({"Replicated": {"Replicas": 1}}, [task(1), task(2, desired="remove")],
                (1, 1, True, False)),
    "none yet": (REPLICATED, [], (0, 2, False, False)),
    "none wanted": ({"Replicated": {"Replicas": 0}}, [], (0, 0, True, False)),
    "a drained node": (REPLICATED, [task(1), task(2, NodeID="d")], (1, 2, False, False)),
    "global": ({"Global": {}}, [task(0), task(0, "starting", NodeID="m")], (1, 2, False, False)),
    "global, whole": ({"Global": {}}, [task(0), task(0, NodeID="m")], (2, 2, True, False)),
    "global, no node": ({"Global": {}}, [], (0, 0, False, True)),
    "job": (JOB, [task(0, "complete", "complete", **NOW), task(1, "running", "complete", **NOW)],
            (1, 2, False, False)),
    "job, whole": (JOB, [task(0, "complete", "complete", **NOW),
                         task(1, "complete", "complete", **NOW)], (2, 2, True, False)),
    "job, of before": (JOB, [task(0, "complete", "complete")], (0, 2, False, False)),
    "job, failed": (JOB, [task(0, "failed", "shutdown", **NOW)], (0, 2, False, True)),
    "global job": ({"GlobalJob": {}}, [task(0, "complete", "complete", **NOW),
                                       task(0, "failed", "shutdown", NodeID="m", **NOW)],
                   (1, 2, False, True)),
}  # fmt: skip


@pytest.mark.parametrize(("mode", "tasks", "right"), COUNTS.values(), ids=COUNTS)
def test_tasks_are_counted(mode: Any, tasks: list[Any], right: tuple[int, int, bool, bool]) -> None:
    about = {"Spec": {"Mode": mode}, "JobStatus": NOW}
    count = TaskCount(about, tasks, {"n", "m"})
    assert (count.done, count.desired, count.is_whole, count.is_short) == right


Call = Callable[[Any], Any]
LACKS: list[tuple[Call, str]] = [
    (lambda e: e.deploy("x", "y", secrets=["z"]), r"deploy\(secrets=\) needs API 1\.2"),
    (lambda e: e.deploy("x", "y", rollback={}), r"deploy\(rollback_config=\) needs API 1\.28"),
    (lambda e: e.deploy("x", "y", update={"order": "stop-first"}), r"deploy\(order=\)"),
    (lambda e: e.deploy("x", "y", mode="global-job"), r"deploy\(global_job=\) needs API 1\.41"),
    (lambda e: e.deploy("x", "y", sysctls={}), r"deploy\(sysctls=\)"),
    (lambda e: e.rollback("x"), r"rollback needs API 1\.28; this engine speaks 1\.25"),
    (lambda e: e.put_config("x", b""), r"put_config needs API 1\.30"),
    (lambda e: e.read_config("x"), r"read_config needs API 1\.30"),
]


@pytest.mark.parametrize(("call", "what"), LACKS)
def test_what_an_old_version_lacks(call: Call, what: str) -> None:
    with (
        moorage.connect(guarded(v1_25.Engine), host=HOST) as engine,
        pytest.raises(moorage.OperationUnavailable, match=what),
    ):
        call(engine)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"cmd": "sh"}, "cmd is a list"),
    ({"env": "A=b"}, "env is a mapping or a list"),
    ({"ports": {"80/tcp": ("127.0.0.1", 80)}}, "published on all nodes"),
    ({"ports": "80"}, "ports is a list"),
    ({"mode": "daemon"}, "mode is one of"),
    ({"mode": "global", "replicas": 1}, "has a task on each node"),
    ({"mode": newest.ServiceMode(), "replicas": 1}, "not both"),
    ({"restart": "always"}, "restart is one of none, on-failure, any"),
    ({"update": "fast"}, "update is a mapping"),
    ({"update": {"delay": -1}}, "a duration is between"),
    ({"update": {"paralelism": 1}}, "deploy takes no paralelism="),
    ({"memory": "1x"}, "'1x'"),
    ({"memory": "1m", "resources": newest.TaskResources()}, "give memory= or resources=, not both"),
    ({"task_template": None, "container_spec": newest.ContainerSpec()}, "by their own names"),
    ({"nothing": 1}, "deploy takes no nothing="),
    ({"secrets": "key"}, "secrets is a list"),
    ({"timeout": "soon"}, "is not a duration"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_what_deploy_refuses(options: dict[str, Any], words: str) -> None:
    with moorage.connect(newest.Engine, host=HOST) as pinned:
        engine: Any = pinned
        with pytest.raises((TypeError, ValueError), match=words):
            engine.deploy("web", "busybox", **options)


def test_an_edit_that_is_never_entered() -> None:
    with moorage.connect(newest.Engine, host=HOST) as engine:
        made: list[Any] = [engine.edit_service("web")]
        with pytest.raises(AttributeError):
            made[0].labels = {}
        with pytest.warns(ResourceWarning, match=r"nothing was edited"):
            made.clear()


PULL: list[Call] = [
    lambda engine: engine.pull("a.b/team/app"),
    lambda engine: engine.push("a.b/team/app"),
    lambda engine: engine.build({"Dockerfile": "FROM x"}, builder="classic"),
    lambda engine: engine.deploy("web", "a.b/team/app"),
]


@pytest.mark.parametrize("call", PULL, ids=["pull", "push", "build", "deploy"])
def test_podmans_credentials_are_for_podmans_sockets(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = base64.b64encode(b"podman-user:pw").decode()
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {"a.b": {"auth": user}}}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    with Peer(answer(403, {"message": "no"})) as peer:
        socket = Path(peer.host.removeprefix("unix://"))
        socket.with_name("podman.sock").symlink_to(socket)
        host = f"unix://{socket.with_name('podman.sock')}"
        with (
            moorage.connect(newest.Engine, host=host) as engine,
            pytest.raises(moorage.EngineError),
        ):
            call(engine)
    (sent,) = re.findall(r"(?im)^x-registry-(?:auth|config): (\S+)", peer.requests[0])
    assert b"podman-user" in base64.urlsafe_b64decode(sent)
