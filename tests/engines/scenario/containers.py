"""Containers, through their whole life."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from moorage.versions.numbers import version_key
from tests.engines.scenario.images import IMAGE
from tests.engines.scenario.world import LABEL, LABELS, REPO, World, tar_of

__all__ = ["containers"]

NAME = "moorage-matrix"
SAYS = ["/bin/sh", "-c", "echo out; echo err >&2; exec sleep 600"]


def containers(world: World) -> None:
    """Take a container through all that can be done with it."""
    engine = world.engine
    made = engine.containers.create(
        name=NAME,
        image=IMAGE,
        cmd=SAYS,
        env=["A=b"],
        labels=LABELS,
        volumes={"/data": {}},
        exposed_ports={"80/tcp": {}},
        stop_timeout=0,
        host_config=_host_config(world),
    ).id
    engine.containers.start(made)
    engine.containers.start(made)  # nothing left to do
    with engine.containers.stats(made) as stats:
        _look(world, made)
        _exec(world, made)
        _files(world, made)
        _change(world, made)
        _attach(world)
        assert next(stats)  # an engine measures once a second
    _end(world, made)


def _host_config(world: World) -> Any:
    api = world.api
    return api.HostConfig(
        network_mode="none",
        memory=64 * 2**20,
        binds=["/tmp:/host:ro"],
        restart_policy=api.RestartPolicy(name="no"),
        # Where one is given, Podman 4.3 sets both, and the second higher than it may.
        ulimits=[api.Ulimit(name=name, soft=64, hard=128) for name in ("nofile", "nproc")],
        port_bindings={"80/tcp": [api.PortBinding(host_port="8080")]},
        log_config=api.LogConfig(type="json-file", config={"max-size": "1m"}),
    )


def _look(world: World, made: str) -> None:
    engine = world.engine
    assert engine.containers.list(all=True, size=True, filters={"label": LABEL})
    assert engine.containers.inspect(made, size=True).state.running
    assert engine.containers.top(made).processes
    with engine.containers.logs(made, stdout=True, stderr=True, follow=True) as frames:
        assert {next(frames).stream, next(frames).stream} == {"stdout", "stderr"}


def _exec(world: World, made: str) -> None:
    engine = world.engine
    run = engine.exec.create(
        made, cmd=["/bin/cat"], tty=True, attach_stdin=True, attach_stdout=True
    ).id
    with engine.exec.start(run, tty=True) as connection:
        connection.write(b"word\n")
        assert next(connection).data
        engine.exec.resize(run, h=24, w=80)
        assert engine.exec.inspect(run).running
        assert run in engine.containers.inspect(made).exec_ids
        connection.write(b"\x04")
        list(connection)
    assert not engine.exec.inspect(run).running


def _files(world: World, made: str) -> None:
    engine = world.engine
    engine.containers.put_archive(made, tar_of({"new": b"data"}), path="/")
    assert engine.containers.archive_info(made, path="/new")
    assert b"data" in b"".join(engine.containers.archive(made, path="/new"))
    assert engine.containers.changes(made)
    assert b"".join(engine.containers.export(made))


def _change(world: World, made: str) -> None:
    engine = world.engine
    engine.containers.resize(made, h=24, w=80)
    with world.part("containers.update"):
        engine.containers.update(made, memory=80 * 2**20, memory_swap=160 * 2**20)
    engine.containers.rename(made, name=f"{NAME}-other")
    engine.containers.pause(made)
    assert engine.containers.inspect(made).state.paused
    engine.containers.unpause(made)
    engine.images.commit(container=made, repo=REPO, tag="commit", labels=LABELS)
    engine.images.delete(f"{REPO}:commit")


def _attach(world: World) -> None:
    engine = world.engine
    made = engine.containers.create(
        image=IMAGE,
        cmd=["/bin/cat"],
        labels=LABELS,
        open_stdin=True,
        stdin_once=True,
        host_config=world.api.HostConfig(network_mode="none"),
    ).id
    with engine.containers.attach(made, stream=True, stdin=True, stdout=True) as session:
        engine.containers.start(made)
        session.write(b"word\n")
        assert next(session).data == b"word\n"
        # Before, all is attached.
        streams = {"stdout": True} if version_key(engine.api_version) >= version_key("1.42") else {}
        with ExitStack() as stack:
            both = [session]
            with world.part("containers.attach_websocket"):
                websocket = engine.containers.attach_websocket(made, stream=True, **streams)
                both.append(stack.enter_context(websocket))
            session.write(b"more\n")
            assert {next(each).data for each in both} == {b"more\n"}
            session.close_write()
            assert [frame for each in both for frame in each] == []
        assert session.wait() == 0
    assert engine.containers.wait(made).status_code == 0
    assert engine.containers.prune(filters={"label": LABEL}).containers_deleted == [made]


def _end(world: World, made: str) -> None:
    engine = world.engine
    engine.containers.restart(made, t=0)
    engine.containers.kill(made)
    assert engine.containers.wait(made).status_code == 137
    engine.containers.start(made)
    engine.containers.stop(made, t=0)
    engine.containers.stop(made, t=0)  # nothing left to do
    engine.containers.delete(made, v=True, force=True)
