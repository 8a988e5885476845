"""Services of a fake engine: their tasks, updates, rollbacks, restarts and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import moorage
from moorage.testing import FakeEngine, Process

SAYS = ["sh", "-c", "echo $WORD; exec sleep 600"]
FAILS = ["sh", "-c", "echo last words; exit 3"]
QUICK: dict[str, Any] = {
    "update": {"monitor": 0.1, "failure_action": "rollback"},
    "rollback": {"monitor": 0.1},
    "timeout": 20,
}


@pytest.fixture(params=["1.30", "1.52"])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeEngine]:
    with FakeEngine(request.param) as made:
        made.image("app:1")
        yield made


@pytest.fixture
def engine(fake: FakeEngine) -> Iterator[Any]:
    with moorage.connect(host=fake.host) as connected:
        connected.swarm.init(listen_addr="127.0.0.1", advertise_addr="127.0.0.1")
        yield connected
    assert fake.problems == []


def states(engine: Any, name: str) -> list[str]:
    found = engine.tasks.list(filters={"service": [name]})
    return sorted(f"{each.desired_state} {each.status.state}" for each in found)


def last_line(engine: Any, name: str) -> bytes:
    with engine.services.logs(name, stdout=True, follow=True) as frames:
        lines = [next(frames).data for _ in engine.tasks.list(filters={"service": [name]})]
    return bytes(lines[-1])


def test_an_update_and_its_rollback(engine: Any) -> None:
    web = engine.deploy("web", "app:1", SAYS, env={"WORD": "one"}, replicas=2, **QUICK)
    assert states(engine, "web") == ["running running"] * 2
    first = {each.id for each in engine.tasks.list()}
    web = engine.deploy("web", "app:1", SAYS, env={"WORD": "two"}, **QUICK)
    assert web.update_status.state == "completed"
    assert web.update_status.message == "update completed"
    assert states(engine, "web") == ["running running"] * 2 + ["shutdown shutdown"] * 2
    kept = engine.tasks.list(filters={"service": ["web"], "desired-state": ["running"]})
    assert not first & {each.id for each in kept}
    assert last_line(engine, "web") == b"two\n"
    engine.scale("web", 1, timeout=20)
    assert states(engine, "web").count("running running") == 1
    engine.rollback("web", timeout=20)
    web = engine.services.inspect("web")
    assert web.spec.mode.replicated.replicas == 2
    assert web.update_status.message == "rollback completed"
    engine.rollback("web", timeout=20)
    with pytest.raises(moorage.ServiceFailed, match=r"(?s)rolled back.*last words") as caught:
        engine.deploy("web", "app:1", FAILS, **QUICK)
    assert caught.value.errors == ("task: non-zero exit (3)",)
    assert engine.services.inspect("web").spec.task_template.container_spec.args == SAYS
    engine.services.delete("web")
    assert engine.tasks.list() == []
    assert engine.containers.list(all=True) == []


def test_an_update_that_is_paused(engine: Any) -> None:
    update = {"update": {"monitor": 0.1}, "timeout": 20}
    engine.deploy("web", "app:1", SAYS, replicas=2, **update)
    with pytest.raises(moorage.ServiceFailed) as caught:
        engine.deploy("web", "app:1", FAILS, **update)
    assert caught.value.state == "paused"
    message = engine.services.inspect("web").update_status.message
    assert message.startswith("update paused due to failure or early termination of task ")
    assert "running running" in states(engine, "web")  # the second task was left as it was


def test_restarts(engine: Any) -> None:
    engine.deploy("once", "app:1", FAILS, restart="none", wait=False)
    three = {"condition": "on-failure", "delay": 0, "max_attempts": 2}
    engine.deploy("thrice", "app:1", FAILS, restart=three, wait=False)
    engine.deploy("good", "app:1", ["true"], restart={"condition": "on-failure"}, wait=False)
    for name, words in (
        ("once", ["shutdown failed"]),
        ("thrice", ["shutdown failed"] * 3),
        ("good", ["shutdown complete"]),
    ):
        while states(engine, name) != words:
            pass


def test_a_container_that_is_killed_comes_again(engine: Any) -> None:
    engine.deploy("web", "app:1", SAYS, restart={"delay": 0}, **QUICK)
    (task,) = engine.tasks.list()
    engine.containers.kill(task.status.container_status.container_id)
    while "running running" not in states(engine, "web"):
        pass
    assert states(engine, "web") == ["running running", "shutdown failed"]


def test_what_can_not_run(engine: Any) -> None:
    engine.deploy("lost", "none:1", wait=False)
    engine.deploy("none", "app:1", SAYS, constraints=["node.labels.x==1"], wait=False)
    with pytest.raises(moorage.TimedOut, match="No such image: none:1"):
        engine.wait_converged("lost", 0.1)
    with pytest.raises(moorage.TimedOut, match="no suitable node"):
        engine.wait_converged("none", 0.1)
    (node,) = engine.nodes.list()
    spec = node.spec.to_dict() | {"Labels": {"x": "1"}}
    engine.nodes.update(node.id, type(node.spec).from_dict(spec), version=node.version.index)
    while states(engine, "none") != ["running running"]:
        pass


def test_a_health_check(fake: FakeEngine, engine: Any) -> None:
    healthy: list[bool] = []

    def app(process: Process) -> None:
        process.healthy = bool(healthy)
        process.sleep(600)

    check = {"Test": ["CMD", "x"], "Retries": 1000, "Interval": 10**7}
    fake.image("checked:1", run=app, Healthcheck=check)
    engine.deploy("web", "checked:1", update={"monitor": 0.1}, wait=False)
    assert states(engine, "web") == ["running starting"]
    healthy.append(True)
    (task,) = engine.tasks.list()
    engine.containers.kill(task.status.container_status.container_id)
    engine.wait_converged("web", 20)


def test_a_secret_is_a_file(engine: Any) -> None:
    engine.put_secret("key", b"shh")
    shows = ["sh", "-c", "cat /run/secrets/key; sleep 600"]
    engine.deploy("web", "app:1", shows, secrets=["key"], **QUICK)
    assert last_line(engine, "web") == b"shh"


def test_jobs() -> None:
    with FakeEngine("1.44") as fake, moorage.connect(host=fake.host) as engine:
        fake.image("app:1")
        engine.swarm.init(listen_addr="127.0.0.1", advertise_addr="127.0.0.1")
        engine.deploy("job", "app:1", ["true"], mode="replicated-job", replicas=3, timeout=20)
        assert states(engine, "job") == ["complete complete"] * 3
        engine.deploy("all", "app:1", SAYS, mode="global", **QUICK)
        assert states(engine, "all") == ["running running"]


def test_what_is_refused(engine: Any) -> None:
    engine.deploy("web", "app:1", SAYS, **QUICK)
    web = engine.services.inspect("web")
    with pytest.raises(moorage.BadRequest, match="does not have a previous spec"):
        engine.services.update(web.id, web.spec, version=web.version.index, rollback="previous")
    with pytest.raises(moorage.EngineError, match="out of sequence"):
        engine.services.update(web.id, web.spec, version=1)
    with pytest.raises(moorage.Conflict, match="web already exists"):
        engine.services.create(web.spec)
