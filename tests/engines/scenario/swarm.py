"""A swarm of one engine, and of two."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from moorage.private import PrivateEngine
from tests.engines.scenario.images import IMAGE
from tests.engines.scenario.world import LABELS, SLEEP, World, until

__all__ = ["is_spoiled", "secrets", "swarm"]

NAME = "moorage-matrix"
HERE = "127.0.0.1"
THERE = "127.0.0.2"


def swarm(world: World) -> None:
    """Make a swarm, run services in it, leave it, and join another's."""
    engine = world.engine
    engine.swarm.init(listen_addr=f"{HERE}:2377", advertise_addr=HERE, spec=world.api.SwarmSpec())
    _swarm_itself(world)
    # Engines send it at every version; a fake one where the specification has it.
    swarm_info = engine.system.info().to_dict().get("Swarm")
    assert swarm_info is None or swarm_info["RemoteManagers"]
    _nodes(world)
    secrets(world)
    if world.has("configs.list"):
        _configs(world)
    if world.has("volumes.update"):
        _cluster_volume(world)
    _services(world)
    engine.swarm.leave(force=True)
    _join(world)


def is_spoiled(engine: PrivateEngine) -> bool:
    """Return whether an engine that left a swarm can join no other any more.

    The first to leave has a second to tell the others, which takes it nearly as long. Should it
    fail, it keeps its port, which it then misses in its next swarm: it waits for that network, each
    leave takes 5 s, and after some more it answers none at all.
    """
    return b"Could not close DB" in engine.log.read_bytes()


def _swarm_itself(world: World) -> None:
    engine = world.engine
    found = engine.swarm.inspect()
    engine.swarm.update(evolve(found.spec, labels=LABELS), version=found.version.index)
    assert engine.swarm.inspect().spec.labels == LABELS
    engine.swarm.unlock_key()


def _nodes(world: World) -> None:
    engine = world.engine
    (here,) = engine.nodes.list()
    token = engine.swarm.inspect().join_tokens.worker
    _post(world, "/swarm/join", **_joining(THERE, HERE, token))
    (there,) = [each for each in engine.nodes.list() if each.id != here.id]
    found = engine.nodes.inspect(here.id)
    engine.nodes.update(here.id, evolve(found.spec, labels=LABELS), version=found.version.index)
    # The peer is always the first to leave: see `is_spoiled`.
    _post(world, "/swarm/leave?force=1")
    engine.nodes.delete(there.id, force=True)


def _joining(who: str, whom: str, token: str) -> dict[str, Any]:
    return {
        "ListenAddr": f"{who}:2377",
        "AdvertiseAddr": who,
        "RemoteAddrs": [f"{whom}:2377"],
        "JoinToken": token,
    }


def _post(world: World, path: str, **body: Any) -> None:
    assert world.peer is not None
    answer = world.peer.post(path, json=body)
    assert answer.status_code == 200, answer.text


def secrets(world: World) -> None:
    """Make a secret, and take it away; in a swarm, where the engine is not Podman."""
    engine = world.engine
    made = engine.secrets.create(name=NAME, data=b"secret", labels={"old": ""}).id
    found = engine.secrets.inspect(made)
    if world.has("secrets.update"):
        spec = evolve(found.spec, labels=LABELS)
        with world.part("secrets.update"):
            engine.secrets.update(made, spec, version=found.version.index)
    assert engine.secrets.list()
    engine.secrets.delete(made)


def _configs(world: World) -> None:
    engine = world.engine
    made = engine.configs.create(name=NAME, data=b"config", labels={"old": ""}).id
    found = engine.configs.inspect(made)
    engine.configs.update(made, evolve(found.spec, labels=LABELS), version=found.version.index)
    assert engine.configs.list()
    engine.configs.delete(made)


def _cluster_volume(world: World) -> None:
    engine, api = world.engine, world.api
    secret = engine.secrets.create(name=NAME, data=b"secret").id
    spec = api.ClusterVolumeSpec.from_dict(
        {
            "Group": "group",
            "AccessMode": {
                "Scope": "single",
                "Sharing": "none",
                "MountVolume": {"FsType": "ext4", "MountFlags": ["ro"]},
            },
            "AccessibilityRequirements": {"Preferred": [{"Segments": {"zone": "z"}}]},
            "CapacityRange": {"RequiredBytes": 1, "LimitBytes": 2},
            "Secrets": [{"Key": "key", "Secret": secret}],
        }
    )
    made = engine.volumes.create(name=NAME, driver="none", cluster_volume_spec=spec)
    found = engine.volumes.inspect(made.name).cluster_volume
    # Updating takes the id, not the name.
    engine.volumes.update(
        found.id, spec=evolve(found.spec, availability="drain"), version=found.version.index
    )
    assert engine.volumes.inspect(made.name).cluster_volume.spec.availability == "drain"
    engine.volumes.delete(made.name, force=True)
    engine.secrets.delete(secret)


def _services(world: World) -> None:
    engine, api = world.engine, world.api
    network = engine.networks.create(name=NAME, driver="overlay").id
    made = engine.services.create(
        name=NAME,
        labels=LABELS,
        task_template=_task(world, ["/bin/sh", "-c", "echo word; exec sleep 600"]),
        mode=api.ServiceMode(replicated=api.ReplicatedService(replicas=1)),
    ).id
    other = engine.services.create(
        name=f"{NAME}-other",
        task_template=_task(world, SLEEP),
        networks=[api.NetworkAttachmentConfig(target=network)],
    ).id
    assert len(engine.services.list()) == 2
    found = engine.services.inspect(made)
    task = until(lambda: _running(world, made))
    assert engine.tasks.inspect(task).status.container_status.container_id
    until(lambda: _running(world, other))
    # As above.
    assert engine.networks.inspect(network).to_dict().get("Peers", "not specified")
    if hasattr(api, "ReplicatedJob"):
        _job(world)
    with engine.services.logs(made, stdout=True, follow=True) as frames:
        assert next(frames).data == b"word\n"
    if world.has("tasks.logs"):
        with engine.tasks.logs(task, stdout=True, follow=True) as frames:
            assert next(frames).data == b"word\n"
    engine.services.update(
        made,
        name=NAME,
        labels=LABELS | {"new": ""},
        task_template=found.spec.task_template,
        mode=found.spec.mode,
        version=found.version.index,
    )
    engine.services.delete(made)
    engine.services.delete(other)


def _job(world: World) -> None:
    engine, api = world.engine, world.api
    made = engine.services.create(
        name=f"{NAME}-job",
        task_template=_task(world, ["/bin/true"]),
        mode=api.ServiceMode(replicated_job=api.ReplicatedJob(total_completions=1)),
    ).id
    (listed,) = [each for each in engine.services.list(status=True) if each.id == made]
    assert listed.service_status is not None
    engine.services.delete(made)


def _task(world: World, command: list[str]) -> Any:
    api = world.api
    return api.TaskSpec(container_spec=api.ContainerSpec(image=IMAGE, command=command))


def _tasks(world: World, service: str) -> Any:
    return world.engine.tasks.list(filters={"service": service})


def _running(world: World, service: str) -> str | None:
    return next((t.id for t in _tasks(world, service) if t.status.state == "running"), None)


def _join(world: World) -> None:
    _post(world, "/swarm/init", ListenAddr=f"{THERE}:2377", AdvertiseAddr=THERE, Spec={})
    assert world.peer is not None
    token = world.peer.get("/swarm").json()["JoinTokens"]["Worker"]
    world.engine.swarm.join(
        listen_addr=f"{HERE}:2377",
        advertise_addr=HERE,
        remote_addrs=[f"{THERE}:2377"],
        join_token=token,
    )
    _post(world, "/swarm/leave?force=1")
    world.engine.swarm.leave(force=True)
