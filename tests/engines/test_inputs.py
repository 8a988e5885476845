"""Engines understand the inputs that are encoded for them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import moorage
from moorage.versions.numbers import version_key
from moorage_api import newest, v1_25, v1_41, v1_51
from tests.engines.conftest import EngineHost, Engines
from tests.engines.containers import container
from tests.engines.either import MODES, each, got, with_engine
from tests.engines.scenario.world import until

SLEEP = ("/bin/sleep", "600")


@pytest.fixture
def engine(engine_host: EngineHost) -> Iterator[newest.Engine]:
    with moorage.connect(host=engine_host.host) as engine:
        yield engine


def has(engine: newest.Engine, version: str) -> bool:
    return version_key(engine.api_version) >= version_key(version)


def test_an_environment(engine: newest.Engine, engine_host: EngineHost, image: str) -> None:
    env = {"A": "b=c", "EMPTY": "", "PATH": None}
    made = engine.containers.create(image=image, cmd=["env"], env=env).id
    try:
        config = engine.containers.inspect(made).config
        assert config
        assert "A=b=c" in (config.env or [])
        assert "EMPTY=" in (config.env or [])
    finally:
        engine.containers.delete(made, force=True)
    with container(engine_host, image, *SLEEP) as running:
        done = engine.execute(running, ["/bin/env"], env={"A": "b", "C": "d e"}, timeout=30)
        assert {b"A=b", b"C=d e"} < set(done.stdout.splitlines())
        # A name as engines write it.
        name = engine.containers.inspect(running).name
        assert name
        assert name.startswith("/")
        assert engine.containers.inspect(name).id == engine.containers.inspect(running).id


def test_points_in_time(engine: newest.Engine, engine_host: EngineHost, image: str) -> None:
    with container(engine_host, image, "/bin/sh", "-c", "echo word; exec sleep 600") as made:
        until(lambda: engine.containers.logs(made, stdout=True).read().stdout or None)
        now = datetime.now(UTC)
        past, future = now - timedelta(hours=1), now + timedelta(hours=1)
        for since in (past, past.astimezone().replace(tzinfo=None), past.timestamp(), "1h", 5):
            assert engine.containers.logs(made, stdout=True, since=since).read().stdout
        stamp = past.isoformat(timespec="microseconds").replace("+00:00", "Z")
        assert engine.containers.logs(made, stdout=True, since=stamp).read().stdout
        assert not engine.containers.logs(made, stdout=True, since=future).read().stdout
        if has(engine, "1.35"):
            assert not engine.containers.logs(made, stdout=True, until=past).read().stdout
        for since in ("10m", past, past.timestamp(), stamp):
            events = engine.system.events(since=since, until=now, filters={"container": made})
            assert [each.action for each in events if each.action == "start"]


def test_a_platform(engine: newest.Engine, image: str) -> None:
    own = engine.images.inspect(image)
    assert own.os
    assert own.architecture
    text = f"{own.os}/{own.architecture}"
    model = newest.OCIPlatform(os=own.os, architecture=own.architecture)
    for platform in (text, model):
        made = engine.containers.create(image=image, cmd=["x"], platform=platform).id
        engine.containers.delete(made)
        if has(engine, "1.48"):
            assert engine.images.history(image, platform=platform)
    with pytest.raises(moorage.NotFound):
        engine.containers.create(image=image, cmd=["x"], platform="linux/riscv64")


def test_filters(engine: newest.Engine, image: str) -> None:
    made = [
        engine.containers.create(image=image, cmd=["x"], labels={"env": each}).id
        for each in ("ci", "prod")
    ]
    try:
        with pytest.raises(TypeError, match="takes a bool"):
            engine.containers.prune(filters={"label": {"env": "ci"}})
        pruned = engine.containers.prune(filters={"label": {"env=ci": True}})
        assert pruned.containers_deleted == made[:1]
    finally:
        engine.containers.delete(made[1], force=True)


def test_data_of_secrets_and_configs(engine: newest.Engine, engine_host: EngineHost) -> None:
    if engine_host.shared:
        pytest.skip("an engine that others use is not to become a swarm")
    # Base64 of the first is another text that is base64; that of the second has + and /.
    values = {"one": b"password", "two": b"\xfb\xff\xfe"}
    engine.swarm.init(listen_addr="127.0.0.1:2377", advertise_addr="127.0.0.1")
    try:
        for name, data in values.items():
            made = engine.configs.create(name=name, data=data).id
            assert made
            spec = engine.configs.inspect(made).spec
            assert spec
            assert spec.data == data
            raw = engine.request("GET", f"/configs/{made}").json()
            assert base64.b64decode(raw["Spec"]["Data"]) == data
            assert json.loads(json.dumps(spec.to_dict()))["Data"] == raw["Spec"]["Data"]
            # A configuration that was read is sent back as it came.
            version: Any = engine.configs.inspect(made).version
            spec.labels = {"a": "b"}
            engine.configs.update(made, spec, version=version.index)
            assert engine.secrets.create(name=name, data=data).id
        service_id = engine.services.create(
            name="s",
            task_template=newest.TaskSpec(
                container_spec=newest.ContainerSpec(image="x", env={"A": "b", "C": None})
            ),
        ).id
        assert service_id
        service: Any = engine.services.inspect(service_id)
        assert service.spec.task_template.container_spec.env == ["A=b", "C"]
        engine.services.delete(service_id)
    finally:
        engine.swarm.leave(force=True)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("api", [v1_25, v1_41])
def test_an_exec_that_is_detached(
    engine: newest.Engine, engine_host: EngineHost, image: str, mode: str, api: Any
) -> None:
    async def test(other: Any) -> None:
        for number in ("1", "2"):
            command = ["/bin/sh", "-c", f"echo {number} > /made{number}"]
            made = (await got(other.exec.create(name, cmd=command))).id
            if number == "1":
                assert await got(other.exec.start(made, detach=True)) is None
            else:
                # A model may hold anything, so that is a stream; it ends at once.
                body = api.ExecStartConfig(detach=True)
                assert [item async for item in each(other.exec.start(made, body))] == []
        with pytest.raises(moorage.NotFound):
            await got(other.exec.start("nothing", detach=True))

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, api, engine_host.host, test)
        for number in (1, 2):
            file = f"/made{number}"
            command = f"until test -s {file}; do sleep 0.02; done"
            assert engine.execute(name, ["/bin/sh", "-c", command], timeout=30).exit_code == 0


def test_platforms_at_every_endpoint(engines: Engines, busybox_tar: bytes) -> None:
    with moorage.connect(v1_51.Engine, host=engines.get("28.5").host) as engine:
        engine.images.create(busybox_tar, from_src="-", repo="platform", tag="1").finish()
        own = engine.images.inspect("platform:1")
        text = f"{own.os}/{own.architecture}"
        model = v1_51.OCIPlatform(os=own.os, architecture=own.architecture)
        for platform in (text, model):
            assert engine.images.history("platform:1", platform=platform)
            archive = b"".join(engine.images.get("platform:1", platform=platform))
            assert archive
            assert b"".join(engine.images.get_all(names=["platform:1"], platform=platform))
            assert engine.images.load(archive, platform=platform).finish()
            made = engine.containers.create(image="platform:1", cmd=["x"], platform=platform).id
            engine.containers.delete(made)
        for platform in ("linux/riscv64", v1_51.OCIPlatform(os="linux", architecture="riscv64")):
            with pytest.raises(moorage.NotFound):
                engine.images.history("platform:1", platform=platform)
            with pytest.raises(moorage.APIError):
                b"".join(engine.images.get("platform:1", platform=platform))
            with pytest.raises(moorage.APIError):
                engine.images.delete("platform:1", platforms=[platform])
        assert engine.images.delete("platform:1", platforms=[model])
