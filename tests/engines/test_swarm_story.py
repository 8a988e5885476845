"""The life of a swarm of three releases, in the order of the file: in the end it loses engines.

Each manager is asked twice, at its newest version and pinned to 1.30, and each of these clients has
a service of its own.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage.fleet import node_hosts
from moorage.private import PrivateSwarm, private_swarm
from moorage_api import v1_30, v1_44
from tests.engines.conftest import FOLDER, EngineHost
from tests.engines.relay import enter_network_of
from tests.engines.scenario.registry import PORT, registry
from tests.engines.scenario.world import until
from tests.engines.test_credentials import ACCOUNT, PASSWORD, USER

RELEASES = ["28.5", "26.1", "20.10", "20.10"]
IMAGE = "story:1"
SAYS = ["/bin/sh", "-c", "echo here; exec sleep 600"]
FAILS = ["/bin/sh", "-c", "echo last words; exit 3"]
SERVES = [
    *("/bin/sh", "-c"),
    "exec busybox httpd -f -p $((PORT + SLOT)) -h /run/secrets",
]
QUICK: dict[str, Any] = {"monitor": 0.2, "delay": 0}
# A busy engine takes a second to see that a task has ended.
WATCHED = {"monitor": 3, "delay": 0, "failure_action": "rollback"}
KEPT: dict[str, Any] = {
    "stop_signal": "SIGKILL",
    "update": QUICK | {"failure_action": "rollback"},
    "rollback": QUICK,
    "restart": {"condition": "any", "delay": 0.2},
    "timeout": 90,
}

Step = Callable[[Any, str], None]


@pytest.fixture(scope="module")
def swarm(private_machine: None, busybox_tar: bytes) -> Iterator[PrivateSwarm]:
    """Three managers and a worker, which have an image."""
    with private_swarm(RELEASES, managers=3, folder=FOLDER) as swarm:
        for each in swarm.engines:
            with moorage.connect(host=each.host) as engine:
                engine.images.create(busybox_tar, from_src="-", repo="story", tag="1").finish()
        with moorage.connect(host=swarm.engines[0].host) as engine:
            about: Any = engine.swarm.inspect()
            # A node is down after three missed heartbeats; the default period is 5 s.
            about.spec.dispatcher.heartbeat_period = 2 * 10**9
            engine.swarm.update(about.spec, version=about.version.index)
        yield swarm
    assert not any(each.log.parent.exists() for each in swarm.engines)


@pytest.fixture(scope="module")
def clients(swarm: PrivateSwarm) -> Iterator[dict[str, Any]]:
    """Each manager, negotiated with and pinned, by names that services can have."""
    with ExitStack() as stack:
        found: dict[str, Any] = {}
        for number, each in enumerate(swarm.managers):
            newest = stack.enter_context(moorage.connect(host=each.host))
            pinned = stack.enter_context(moorage.connect(v1_30.Engine, host=each.host))
            found |= {f"newest{number}": newest, f"pinned{number}": pinned}
        yield found


def together(clients: dict[str, Any], step: Step) -> None:
    """Take a step with all clients at once."""
    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(step, clients.values(), clients))


def places(engine: Any, service: str) -> list[str]:
    """Return the nodes that have tasks of a service."""
    filters = {"service": service, "desired-state": "running"}
    return sorted(str(each.node_id) for each in engine.tasks.list(filters=filters))


def test_services_run_on_all_nodes(swarm: PrivateSwarm, clients: dict[str, Any]) -> None:
    def step(engine: Any, name: str) -> None:
        engine.deploy(name, IMAGE, SAYS, replicas=4, **KEPT)
        assert places(engine, name) == sorted(swarm.nodes.values())

    together(clients, step)


def test_tasks_leave_a_drained_node(clients: dict[str, Any]) -> None:
    together(clients, lambda engine, name: engine.scale(name, 1, timeout=60))
    for name, engine in clients.items():
        (node,) = places(engine, name)
        set_node(engine, node, availability="drain")
        try:
            engine.wait_converged(name, 60)
            assert node not in places(engine, name)
        finally:
            set_node(engine, node, availability="active")


def test_a_bad_update_is_rolled_back_and_told_of(clients: dict[str, Any]) -> None:
    def step(engine: Any, name: str) -> None:
        words = r"(?s)rolled back.*task: non-zero exit \(3\).*last words"
        with pytest.raises(moorage.ServiceFailed, match=words) as bad:
            engine.deploy(name, IMAGE, FAILS, **KEPT | {"update": WATCHED})
        assert bad.value.state == "rollback_completed"
        assert engine.services.inspect(name).spec.task_template.container_spec.args == SAYS

    together(clients, step)


def set_node(engine: Any, node: str, **fields: Any) -> None:
    """Change the specification of a node, again whenever the swarm itself was quicker."""

    def updated() -> bool:
        found = engine.nodes.inspect(node)
        for name, value in fields.items():
            setattr(found.spec, name, value)
        try:
            engine.nodes.update(node, found.spec, version=found.version.index)
        except moorage.ServerError as error:
            if "out of sequence" not in error.message:
                raise
            return False
        return True

    until(updated)


class Load:
    """Requests to services, each of two tasks, one after the other from a thread of its own.

    As a load balancer does, it asks another node, and the other task, if one does not answer.

    Attributes:
        answers: The answers of the services, by their names.
        failed: How many requests no task has answered.
    """

    def __init__(self, swarm: PrivateSwarm, ports: dict[str, int]) -> None:
        self.answers: dict[str, list[bytes]] = {name: [] for name in ports}
        self.failed = 0
        self._pid = swarm.engines[0].pid
        self._places = [(each, slot) for each in swarm.addresses.values() for slot in (1, 2)]
        self._ports = ports
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        enter_network_of(self._pid)
        while not self._over.wait(0.02):
            for name, port in self._ports.items():
                places = [(address, port + slot) for address, slot in self._places]
                answers = (self._answer(place, f"/{name}") for place in places)
                if answer := next(filter(None, answers), None):
                    self.answers[name].append(answer)
                else:
                    self.failed += 1

    def _answer(self, place: tuple[str, int], path: str) -> bytes:
        try:
            with socket.create_connection(place) as connection:
                connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
        except OSError:
            return b""
        return body if b" 200 " in head else b""


def test_a_secret_is_rotated_under_load(swarm: PrivateSwarm, clients: dict[str, Any]) -> None:
    ports = {f"{name}-key": 8000 + 10 * number for number, name in enumerate(clients)}

    def serve(engine: Any, name: str) -> None:
        key = f"{name}-key"
        engine.put_secret(key, b"one")
        options: dict[str, Any] = {
            "env": {"PORT": str(ports[key]), "SLOT": "{{.Task.Slot}}"},
            "networks": ["host"],
            "secrets": [key],
            # A server takes a moment until it listens.
            "update": {"monitor": 0.2, "delay": 0.5},
        }
        engine.deploy(f"{name}-web", IMAGE, SERVES, replicas=2, **KEPT | options)

    def rotate(engine: Any, name: str) -> None:
        assert engine.put_secret(f"{name}-key", b"two", rotate=True, timeout=60).name.endswith(".2")

    together(clients, serve)
    with Load(swarm, ports) as load:
        until(lambda: all(load.answers.values()))
        together(clients, rotate)
        before = {name: len(answers) for name, answers in load.answers.items()}
        until(lambda: all(len(load.answers[name]) > before[name] + 1 for name in before))
    assert load.failed == 0
    for answers in load.answers.values():
        assert (answers[0], answers[-1], {*answers}) == (b"one", b"two", {b"one", b"two"})
    for name, engine in clients.items():
        (kept,) = engine.secrets.list(filters={"name": f"{name}-key"})
        assert kept.spec.name == f"{name}-key.2"
        engine.services.delete(f"{name}-web")


def test_secrets_of_the_swarm_show_nowhere(clients: dict[str, Any]) -> None:
    for engine in clients.values():
        before = engine.swarm.inspect()
        before.spec.encryption_config.auto_lock_managers = True
        rotations = {"rotate_worker_token": True, "rotate_manager_token": True}
        engine.swarm.update(before.spec, version=before.version.index, **rotations)
        after = engine.swarm.inspect()
        old, new = before.join_tokens, after.join_tokens
        assert old.worker != new.worker
        assert old.manager != new.manager
        key = engine.swarm.unlock_key()
        index = engine.swarm.inspect().version.index
        engine.swarm.update(after.spec, version=index, rotate_manager_unlock_key=True)
        assert key.unlock_key != engine.swarm.unlock_key().unlock_key
        for secret in (new.worker, new.manager, key.unlock_key):
            assert secret not in f"{after!r} {new!r} {key!r}"
        last = engine.swarm.inspect()
        last.spec.encryption_config.auto_lock_managers = False
        engine.swarm.update(last.spec, version=last.version.index)


def test_the_certificates_are_rotated(clients: dict[str, Any]) -> None:
    leader, pinned = clients["newest0"], clients["pinned1"]
    old = leader.swarm.inspect()
    asked = pinned.swarm.inspect()
    asked.spec.ca_config.force_rotate = 1
    pinned.swarm.update(asked.spec, version=asked.version.index)
    until(lambda: not (now := leader.swarm.inspect()).root_rotation_in_progress and now)
    new = leader.swarm.inspect()
    assert new.tls_info.trust_root != old.tls_info.trust_root


def test_a_worker_is_promoted_and_demoted(swarm: PrivateSwarm, clients: dict[str, Any]) -> None:
    worker = swarm.nodes[swarm.workers[0].host]
    with moorage.connect(host=swarm.workers[0].host) as engine:

        def manages() -> bool:
            try:
                return bool(engine.nodes.list())
            except moorage.Unavailable:
                return False

        assert not manages()
        set_node(clients["pinned2"], worker, role="manager")
        until(manages)
        set_node(clients["newest2"], worker, role="worker")
        until(lambda: not manages())

    def works() -> bool:
        node = clients["newest0"].nodes.inspect(worker)
        return node.manager_status is None and node.status.state == "ready"

    until(works)


def test_modes_places_and_limits(swarm: PrivateSwarm, clients: dict[str, Any]) -> None:
    leader, second = clients["newest0"], clients["newest1"]
    worker = swarm.nodes[swarm.workers[0].host]
    set_node(leader, worker, labels={"zone": "a"})
    for engine in clients.values():
        found = engine.nodes.list(filters={"node.label": "zone=a"})
        assert [each.id for each in found] == [worker]
        assert [*node_hosts(found).values()] == [f"tcp://{swarm.addresses[worker]}:2375"]
    done = ["/bin/true"]
    second.deploy("all", IMAGE, SAYS, mode="global", **KEPT)
    assert places(leader, "all") == sorted(swarm.nodes.values())
    second.deploy("job", IMAGE, done, mode="replicated-job", replicas=3, timeout=60)
    second.deploy("each", IMAGE, done, mode="global-job", timeout=60)
    complete = leader.tasks.list(filters={"service": "each"})
    assert sorted(each.node_id for each in complete) == sorted(swarm.nodes.values())
    there = {"constraints": ["node.labels.zone==a"], "memory": "16m", "cpus": 0.1}
    second.deploy("there", IMAGE, SAYS, replicas=2, **there, **KEPT)
    assert places(leader, "there") == [worker] * 2
    resources = v1_44.TaskResources(reservations=v1_44.ResourceObject(nano_cpus=1000 * 10**9))
    with pytest.raises(moorage.TimedOut, match="insufficient resources on 4 nodes"):
        second.deploy("huge", IMAGE, SAYS, resources=resources, **KEPT | {"timeout": 1})
    for name in ("all", "job", "each", "there", "huge"):
        leader.services.delete(name)


def test_an_overlay_network_joins_the_nodes(swarm: PrivateSwarm, clients: dict[str, Any]) -> None:
    """The tasks of one service ask those of another by its name, from each node."""
    leader, second = clients["newest0"], clients["newest1"]
    second.networks.create(name="over", driver="overlay")
    # Without virtual addresses, which the kernel may lack.
    by_name: dict[str, Any] = {"endpoint_spec": v1_44.EndpointSpec(mode="dnsrr")}
    serves = ["/bin/busybox", "httpd", "-f", "-p", "8000", "-h", "/etc"]
    there = {"networks": ["over"], "constraints": ["node.role==worker"]}
    second.deploy("served", IMAGE, serves, **there, **by_name, **KEPT)
    (task,) = leader.tasks.list(filters={"service": "served", "desired-state": "running"})
    asks = "until wget -q -O- http://served:8000/hostname; do sleep 0.2; done; exec sleep 600"
    options: dict[str, Any] = {"mode": "global", "networks": ["over"], "wait": False}
    leader.deploy("asks", IMAGE, ["/bin/sh", "-c", asks], **options, **KEPT)
    answers = {}
    with leader.services.logs(
        "asks", stdout=True, follow=True, details=True, total_timeout=60
    ) as log:
        for line in log.lines("utf-8"):
            details, _, answer = line.text.partition(" ")
            answers[details] = answer
            if len(answers) == len(swarm.nodes):
                break
    assert {*answers.values()} == {task.status.container_status.container_id[:12]}
    for name in ("asks", "served"):
        leader.services.delete(name)


def test_a_cluster_volume_is_known_to_all_managers(clients: dict[str, Any]) -> None:
    """Known, no more: what makes and mounts them is a plugin, which none of these engines has."""
    leader, second = clients["newest0"], clients["newest1"]
    access = {"Scope": "single", "Sharing": "none", "MountVolume": {}}
    spec = v1_44.ClusterVolumeSpec.from_dict({"AccessMode": access})
    second.volumes.create(name="cluster", driver="none", cluster_volume_spec=spec)
    assert leader.volumes.inspect("cluster").cluster_volume.spec.access_mode.scope == "single"
    second.volumes.delete("cluster", force=True)


def test_all_nodes_pull_by_the_credentials(
    swarm: PrivateSwarm, clients: dict[str, Any], busybox_tar: bytes, tmp_path: Path
) -> None:
    leader, second = clients["newest0"], clients["pinned1"]
    first = EngineHost(swarm.engines[0].host, "28.5", "", "", swarm.engines[0])
    address = f"{swarm.addresses[swarm.nodes[first.host]]}:{PORT}"
    auth = moorage.RegistryAuth(USER, PASSWORD, address)
    image = f"{address}/team/story:1"
    with registry(first, FOLDER, tmp_path, ACCOUNT):
        leader.images.create(
            busybox_tar, from_src="-", repo=f"{address}/team/story", tag="1"
        ).finish()
        leader.push(image, auth=auth)
        leader.images.delete(image)
        second.deploy("pulled", image, SAYS, mode="global", auth=auth, **KEPT)
        assert places(second, "pulled") == sorted(swarm.nodes.values())
    leader.services.delete("pulled")


def test_a_worker_that_is_killed(swarm: PrivateSwarm, clients: dict[str, Any]) -> None:
    """Its tasks move, and whoever follows the log of all nodes reads on."""
    leader = clients["newest0"]
    talks = ["/bin/sh", "-c", "while echo $HOSTNAME; do sleep 0.3; done"]
    leader.deploy("talks", IMAGE, talks, replicas=4, **KEPT)
    lost = swarm.nodes[swarm.workers[0].host]
    assert lost in places(leader, "talks")
    with ExitStack() as stack:
        options: dict[str, Any] = {"stdout": True, "follow": True, "total_timeout": 60}
        logs = [
            stack.enter_context(each.services.logs("talks", **options)).lines("utf-8")
            for each in clients.values()
        ]
        heard: list[set[str]] = [set() for _ in logs]

        def listen(tasks: int) -> None:
            for log, names in zip(logs, heard, strict=True):
                while len(names) < tasks:
                    names.add(next(log).text)

        listen(4)
        os.kill(swarm.workers[0].pid, signal.SIGKILL)
        until(lambda: lost not in places(leader, "talks"))
        listen(5)
    leader.wait_converged("talks", 60)
    assert lost not in places(leader, "talks")
    states = {each.id: each.status.state for each in leader.nodes.list()}
    assert states == {node: "down" if node == lost else "ready" for node in swarm.nodes.values()}


def test_a_leader_that_is_killed(swarm: PrivateSwarm, clients: dict[str, Any]) -> None:
    """Calls on another manager go on, once there is another leader."""
    os.kill(swarm.managers[0].pid, signal.SIGKILL)
    left = {name: engine for name, engine in clients.items() if not name.endswith("0")}

    def step(engine: Any, name: str) -> None:
        def asked() -> bool:
            try:
                return bool(engine.services.list())
            except moorage.EngineError:
                return False

        until(asked, 60)  # an election takes 10 to 20 s, and another one after a tie
        engine.scale(name, 2, timeout=60)

    together(left, step)
