"""The engine's networks and volumes, and the engine itself."""

from __future__ import annotations

import time

from moorage import BadRequest
from tests.engines.scenario.images import IMAGE
from tests.engines.scenario.registry import ADDRESS
from tests.engines.scenario.world import LABEL, LABELS, SLEEP, World, until, used

__all__ = ["networks", "system", "volumes"]

LOGIN = ADDRESS.replace("127.0.0.1", "localhost")
"""The registry's address for a login: Podman's takes plain HTTP from this name alone."""
ONE, TWO = "moorage-matrix-1", "moorage-matrix-2"


def networks(world: World) -> None:
    """Connect a container to two networks."""
    engine, api = world.engine, world.api
    ipam = api.IPAM.from_dict(
        {
            "Driver": "default",
            "Options": {"a": "b"},
            "Config": [
                {"Subnet": "10.9.8.0/24", "AuxiliaryAddresses": {"router": "10.9.8.2"}},
            ],
        }
    )
    one = engine.networks.create(name=ONE, driver="bridge", labels=LABELS, ipam=ipam).id
    engine.networks.create(name=TWO, driver="bridge", labels=LABELS)
    made = _served(world)
    endpoint = api.EndpointSettings(aliases=["alias"])
    engine.networks.connect(TWO, container=made, endpoint_config=endpoint)
    _look(world, made)
    assert engine.networks.inspect(one).containers
    assert engine.networks.list(filters={"label": LABEL})
    engine.networks.disconnect(TWO, container=made, force=True)
    engine.containers.delete(made, force=True, v=True)
    engine.volumes.delete(ONE)
    engine.networks.delete(ONE)
    assert engine.networks.prune(filters={"label": LABEL}).networks_deleted == [TWO]


def _served(world: World) -> str:
    """Start a container that has all that a container can have, and fails at first."""
    engine, api = world.engine, world.api
    made: str = engine.containers.create(
        image=IMAGE,
        cmd=["/bin/sh", "-c", "[ -e /ran ] || { touch /ran; exit 1; }; exec sleep 600"],
        labels=LABELS,
        stop_timeout=0,
        volumes={"/anonymous": {}},
        exposed_ports={"80/tcp": {}, "81/tcp": {}},
        healthcheck=api.HealthConfig(test=["CMD", "/bin/true"], interval=10**9, timeout=10**9),
        host_config=api.HostConfig(
            network_mode=ONE,
            binds=["/tmp:/host:ro", f"{ONE}:/named"],
            mounts=[api.Mount(type="tmpfs", target="/tmpfs")],
            port_bindings={"80/tcp": [api.PortBinding(host_ip="127.0.0.1", host_port="8081")]},
            restart_policy=api.RestartPolicy(name="on-failure", maximum_retry_count=2),
        ),
    ).id
    engine.containers.start(made)
    until(lambda: _is_back(world, made))
    return made


def _is_back(world: World, made: str) -> bool:
    # As JSON: the specifications before 1.35 have no health, and a fake engine sends none then.
    found = world.plain.get(f"/containers/{made}/json").json()
    state = found["State"]
    # Podman, which has null here, leaves the checks to a systemd, and there is none.
    checked = state.get("Health", {}).get("Log") != []
    return bool(found["RestartCount"] == 1 and state["Running"] and checked)


def _look(world: World, made: str) -> None:
    """Read a container's ports, mounts, health and restarts."""
    engine = world.engine
    assert next(engine.containers.stats(made, stream=False)).networks
    found = engine.containers.inspect(made)
    assert found.network_settings.ports["81/tcp"] is None
    assert [each.host_port for each in found.network_settings.ports["80/tcp"]] == ["8081"]
    assert {each.type for each in found.mounts} >= {"bind", "volume"}
    (listed,) = engine.containers.list(filters={"label": LABEL})
    ports = {each.private_port: each.public_port for each in listed.ports}
    assert ports[80] == 8081
    with world.part("containers.list of exposed ports"):
        assert ports == {80: 8081, 81: None}


def volumes(world: World) -> None:
    """Make volumes, and take them away."""
    engine = world.engine
    made = engine.volumes.create(name=ONE, driver="local", labels=LABELS)
    assert engine.volumes.inspect(made.name).mountpoint
    assert engine.volumes.list(filters={"label": LABEL}).volumes
    engine.volumes.delete(ONE)
    engine.volumes.create(labels=LABELS)
    # From 1.42 on, volumes with a name stay unless they are asked for.
    assert len(engine.volumes.prune(filters={"label": LABEL}).volumes_deleted) == 1


def system(world: World) -> None:
    """Ask an engine about itself; the last step, so that there are events."""
    engine = world.engine
    begun = time.time()
    assert engine.system.ping() == "OK"
    if world.has("system.ping_head"):
        assert engine.system.ping_head()
    assert engine.system.info().driver
    assert engine.system.version().api_version
    made = engine.containers.create(image=IMAGE, labels=LABELS, cmd=SLEEP)
    volume = engine.volumes.create(labels=LABELS)
    assert used(world, "containers")
    engine.containers.delete(made.id)
    engine.volumes.delete(volume.name)
    if world.registry:
        engine.system.auth(username="moorage", password="moorage", serveraddress=LOGIN)
    now = time.time()
    with engine.system.events(since=f"{now - 60:.9f}") as events:
        assert next(events)
    with world.part("system.events until now"):
        for since in (now - 60, *[begun] * 20):
            assert list(engine.system.events(since=f"{since:.9f}", until=f"{now:.9f}"))
    if world.has("session.start"):
        with world.part("session.start"):
            until(lambda: _session(world))


def _session(world: World) -> bool:
    """Open a session; what it speaks is BuildKit's. An engine takes a while to end the last one."""
    try:
        with world.engine.session.start():
            return True
    except BadRequest as error:
        if "already exists" not in error.message:
            raise
        return False
