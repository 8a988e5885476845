"""Answers are read without an assert and without a default: at old versions, and at the newest."""

import moorage
from moorage_api import newest, v1_41, v1_44, v1_51


def read(engine: v1_41.Engine | v1_44.Engine | v1_51.Engine | newest.Engine) -> list[str]:
    said: list[str] = []
    for container in engine.containers.list(all=True):
        said += [container.id.upper(), *container.names, *container.labels.values()]
        for port in container.ports:
            said.append(f"{port.private_port + 1}/{port.type.upper()}")
        for mount in container.mounts:
            said.append(mount.source.upper() + mount.destination.upper())
        state = engine.containers.inspect(container.id).state
        said += [state.status.upper(), str(state.exit_code + 1), state.started_at[:10]]
        if state.health:
            said += [each.output.strip() for each in state.health.log]
    for event in engine.system.events(until="0"):
        said += [event.type.upper(), event.action.upper(), event.actor.id[:12]]
        said += event.actor.attributes.values()
    for image in engine.images.list():
        said += [image.id.upper(), str(image.size + 1), *image.repo_tags, *image.labels]
    said += [engine.system.info().name.upper(), engine.system.version().version.upper()]
    said += [each.name.upper() for each in engine.networks.list()]
    said += [each.mountpoint.upper() for each in engine.volumes.list().volumes]
    return said


def ports(engine: newest.Engine, older: v1_41.Engine) -> dict[str, list[str]]:
    inspected = engine.containers.inspect("web")
    assert_nothing = older.containers.inspect("web").network_settings.ports
    reveal_type(assert_nothing)  # is dict[str, list[PublishedPort] | None]
    reveal_type(inspected.restart_count)  # is int
    reveal_type(inspected.host_config.binds)  # is list[str] | None
    reveal_type(inspected.config.labels)  # is dict[str, str] | None
    reveal_type(inspected.state.health)  # is Health | None
    reveal_type(older.images.inspect("bb").size)  # is int
    found: dict[str, list[str]] = {}
    for port, bindings in inspected.network_settings.ports.items():
        reveal_type(bindings)  # is list[PublishedPort] | None
        found[port] = [each.host_port for each in bindings or ()]
    for port, bindings in inspected.network_settings.ports.items():
        len(bindings)  # error
    # A container that was inspected can be created again.
    engine.containers.create(image="bb", host_config=inspected.host_config)
    older.containers.create(host_config=older.containers.inspect("web").host_config)
    return found


with moorage.connect() as negotiated, moorage.connect(v1_51.Engine) as pinned:
    read(negotiated)
    read(pinned)
