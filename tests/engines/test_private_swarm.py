"""A swarm of three releases: services on all nodes, and a node that is drained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

import moorage
from moorage.private import PrivateEngineError, PrivateSwarm, private_swarm
from moorage_api import v1_30, v1_41
from tests.engines.conftest import FOLDER

RELEASES = ["28.5", "26.1", "20.10"]
SAYS = ["/bin/sh", "-c", "echo here; exec sleep 600"]
KEPT: dict[str, Any] = {"stop_signal": "SIGKILL", "update": {"monitor": 0.2}, "timeout": 60}


@pytest.fixture(scope="module")
def swarm(private_machine: None, busybox_tar: bytes) -> Iterator[PrivateSwarm]:
    """A swarm whose nodes have an image."""
    with private_swarm(RELEASES, managers=2, folder=FOLDER) as swarm:
        for each in swarm.engines:
            with moorage.connect(host=each.host) as engine:
                engine.images.create(busybox_tar, from_src="-", repo="nodes", tag="x").finish()
        yield swarm
    assert not any(each.log.parent.exists() for each in swarm.engines)


@pytest.fixture
def managers(swarm: PrivateSwarm) -> Iterator[list[Any]]:
    """Each manager, negotiated and pinned; all services are removed."""
    with ExitStack() as stack:
        opened: list[Any] = []
        for each in swarm.managers:
            opened.append(stack.enter_context(moorage.connect(host=each.host)))
            pinned = moorage.connect(v1_30.Engine, host=each.host)
            opened.append(stack.enter_context(pinned))
        yield opened
        for service in opened[0].services.list():
            opened[0].services.delete(service.id)


def places(engine: Any) -> list[str]:
    """Return the nodes that have tasks of the service."""
    filters = {"service": "web", "desired-state": "running"}
    return sorted(str(each.node_id) for each in engine.tasks.list(filters=filters))


def test_services_run_on_all_nodes(swarm: PrivateSwarm, managers: list[Any]) -> None:
    everywhere = sorted(swarm.nodes.values())
    for number, engine in enumerate(managers):
        engine.deploy("web", "nodes:x", SAYS, env={"N": str(number)}, replicas=3, **KEPT)
        assert places(engine) == everywhere
    with managers[0].services.logs("web", stdout=True, follow=True) as log:
        assert {frame.data for frame, _ in zip(log, range(3), strict=False)} == {b"here\n"}


def test_a_drained_node_has_no_task(swarm: PrivateSwarm, managers: list[Any]) -> None:
    newest, *_, pinned = managers
    newest.deploy("web", "nodes:x", SAYS, replicas=3, **KEPT)
    worker = swarm.nodes[swarm.workers[0].host]
    set_availability(pinned, worker, "drain")
    try:
        newest.wait_converged("web", 60)
        assert len(places(pinned)) == 3
        assert worker not in places(pinned)
    finally:
        set_availability(newest, worker, "active")


def set_availability(engine: Any, node: str, availability: str) -> None:
    found = engine.nodes.inspect(node)
    found.spec.availability = availability
    engine.nodes.update(node, found.spec, version=found.version.index)


@pytest.mark.parametrize("releases", [[], ["28.5", "1.0"]])
def test_no_swarm_of_what_there_is_not(releases: list[str]) -> None:
    with pytest.raises(PrivateEngineError, match=r"there are 20\.10"), private_swarm(releases):
        pytest.fail("it started")


@pytest.mark.parametrize("managers", [0, 2])
def test_a_swarm_has_managers(managers: int) -> None:
    swarm = private_swarm(["28.5"], managers=managers)
    with pytest.raises(PrivateEngineError, match=rf"{managers} managers of 1"), swarm:
        pytest.fail("it started")


def test_tokens_show_nowhere(swarm: PrivateSwarm, managers: list[Any]) -> None:
    for engine in managers:
        found = engine.swarm.inspect()
        token = found.join_tokens.worker
        assert token
        assert token not in repr(found)
        joining = v1_41.SwarmJoinRequest(listen_addr="127.0.0.1", join_token=token)
        assert token not in repr(joining)
    assert "NodeID" not in repr(swarm)
