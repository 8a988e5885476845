"""The verbs of services, in a swarm of one: each release, pinned and negotiated, sync and async."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest

import moorage
from moorage.progress import ServiceProgress
from moorage.verbs import convergence
from moorage_api import v1_30, v1_41
from tests.engines.conftest import FOLDER, EngineHost
from tests.engines.either import entered, got, with_engine
from tests.engines.scenario.registry import ADDRESS, registry
from tests.engines.test_credentials import ACCOUNT, PASSWORD, USER

IMAGE = "deployed:1"
# It says a word, and ends at once when it is told to.
SAYS = ["/bin/sh", "-c", "echo $WORD; exec sleep 600"]
FAILS = ["/bin/sh", "-c", "echo last words; exit 3"]
QUICK: dict[str, Any] = {"monitor": 0.2, "delay": 0}
KEPT: dict[str, Any] = {
    "stop_signal": "SIGKILL",
    "update": QUICK | {"failure_action": "rollback", "parallelism": 0},
    "rollback": QUICK,
    "restart": {"condition": "any", "delay": 0.2},
}
# Each way of calling, once; both are the same code.
WAYS = pytest.mark.parametrize(("mode", "api"), [("sync", v1_30), ("async", None)])


@pytest.fixture(scope="module")
def host(engine_host: EngineHost, busybox_tar: bytes) -> Iterator[str]:
    """A manager of a swarm that has the image."""
    if engine_host.shared:
        pytest.skip("an engine that others use is not to become a swarm")
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        list(engine.images.create(busybox_tar, from_src="-", repo="deployed", tag="1"))
        engine.swarm.init(listen_addr="127.0.0.1:2377", advertise_addr="127.0.0.1")
        try:
            yield engine_host.host
        finally:
            engine.swarm.leave(force=True)
            engine.images.delete(IMAGE, force=True)


def run(
    mode: str, api: ModuleType | None, host: str, test: Callable[[Any], Awaitable[None]]
) -> None:
    """Run a test with an engine, and remove all services."""

    async def cleaned(engine: Any) -> None:
        try:
            await test(engine)
        finally:
            for namespace in (engine.services, engine.secrets, engine.configs):
                for each in await got(namespace.list()):
                    await got(namespace.delete(each.id))

    async def negotiated() -> None:
        async with moorage.connect_async(host=host) as engine:
            await cleaned(engine)

    if api is None:
        anyio.run(negotiated, backend="trio" if mode == "trio" else "asyncio")
    else:
        with_engine(mode, api, host, cleaned)


@WAYS
def test_a_service_and_its_updates(host: str, mode: str, api: ModuleType | None) -> None:
    async def test(engine: Any) -> None:
        seen: list[str] = []

        def note(progress: ServiceProgress) -> None:
            seen.append(str(progress))

        more = {"labels": {"a": "1"}, "container_labels": {"b": "2"}, "memory": "64m", "cpus": 0.5}
        web = await got(
            engine.deploy(
                "web", IMAGE, SAYS, env={"WORD": "one"}, replicas=2, on_progress=note, timeout=60,
                **KEPT, **more,
            )
        )  # fmt: skip
        assert web.spec.labels == {"a": "1"}
        container = web.spec.task_template.container_spec
        assert (container.args, container.env, container.labels) == (SAYS, ["WORD=one"], {"b": "2"})
        limits = web.spec.task_template.resources.limits
        assert (limits.memory_bytes, limits.nano_cpus) == (64 << 20, 500_000_000)
        assert seen[-1].startswith("web: 2 of 2; ")
        assert seen[-1].endswith("web.1 running, web.2 running; converged")
        await got(engine.scale("web", 1, wait=False))
        web = await got(engine.services.inspect("web"))
        assert web.spec.mode.replicated.replicas == 1
        # A field that is left out is gone, but for the number of tasks.
        web = await got(engine.deploy("web", IMAGE, SAYS, env={"WORD": "two"}, timeout=60, **KEPT))
        assert (web.spec.labels or {}, web.spec.mode.replicated.replicas) == ({}, 1)
        assert web.update_status.state == "completed"
        with pytest.raises(
            moorage.ServiceFailed, match=r"(?s)rolled back.*non-zero.*last words"
        ) as bad:
            await got(engine.deploy("web", IMAGE, FAILS, timeout=60, **KEPT))
        assert bad.value.state == "rollback_completed"
        assert bad.value.errors[0] == "task: non-zero exit (3)"
        with pytest.raises(moorage.ServiceFailed):
            await got(engine.wait_converged("web", 60))
        web = await got(engine.services.inspect("web"))
        assert web.spec.task_template.container_spec.args == SAYS

    run(mode, api, host, test)


@WAYS
def test_an_edit_and_its_rollback(host: str, mode: str, api: ModuleType | None) -> None:
    async def test(engine: Any) -> None:
        await got(engine.deploy("web", IMAGE, SAYS, env=["A=1", "B=1"], wait=False, **KEPT))
        with pytest.raises(moorage.NotFound):
            found = await got(engine.services.inspect("web"))
            await got(engine.scale(found.id[:3], 2))
        async with editing(engine, "web") as spec:
            spec.labels = {"mine": "1"}
            spec.task_template.container_spec.env[0] = "A=2"
            # Somebody else is quicker, and edits what is beside.
            async with editing(engine, "web") as other:
                other.mode.replicated.replicas = 2
                other.task_template.container_spec.env[1] = "B=2"
        await got(engine.wait_converged("web", 60))
        web = await got(engine.services.inspect("web"))
        assert (web.spec.labels, web.spec.mode.replicated.replicas) == ({"mine": "1"}, 2)
        assert web.spec.task_template.container_spec.env == ["A=2", "B=2"]
        with pytest.raises(moorage.EditConflict, match=r"ContainerSpec\.Env\.A") as conflict:
            async with editing(engine, "web") as spec:
                spec.task_template.container_spec.env[0] = "A=3"
                async with editing(engine, "web") as other:
                    other.task_template.container_spec.env[0] = "A=4"
        assert conflict.value.places == ("TaskTemplate.ContainerSpec.Env.A",)
        with pytest.raises(ZeroDivisionError):
            async with editing(engine, "web") as spec:
                spec.labels = {}
                raise ZeroDivisionError
        await got(engine.rollback("web", timeout=60))
        web = await got(engine.services.inspect("web"))
        assert web.spec.task_template.container_spec.env == ["A=2", "B=2"]
        await got(engine.wait_converged("web", 60))

    run(mode, api, host, test)


def test_what_never_converges(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convergence, "_GIVEN_UP", 1.0)

    async def test(engine: Any) -> None:
        await engine.deploy("lost", "deployed:2", SAYS, wait=False, **KEPT)
        await engine.deploy("none", IMAGE, SAYS, constraints=["node.labels.x==1"], wait=False)
        once = KEPT | {"restart": "none"}
        with pytest.raises(moorage.ServiceFailed, match=r"(?s)not started again.*\n    last words"):
            await engine.deploy("once", IMAGE, FAILS, timeout=60, **once)
        with pytest.raises(moorage.TimedOut, match=r"No such image: deployed:2"):
            await engine.wait_converged("lost", 0.1)
        with pytest.raises(moorage.TimedOut, match=r"(?s)in 0\.1 s.*0 of 1.*no suitable node"):
            await engine.wait_converged("none", 0.1)

    run("async", None, host, test)


def test_other_modes(host: str) -> None:
    async def test(engine: Any) -> None:
        await engine.deploy("all", IMAGE, SAYS, mode="global", timeout=60, **KEPT)
        with pytest.raises(ValueError, match=r"not replicated"):
            await engine.scale("all", 2)
        again = await engine.deploy("all", IMAGE, SAYS, env={"WORD": "x"}, wait=False, **KEPT)
        assert again.spec.mode.global_ is not None
        job = ["/bin/sh", "-c", "exit 0"]
        job_ = await engine.deploy("job", IMAGE, job, mode="replicated-job", replicas=2, timeout=60)
        assert job_.spec.mode.replicated_job.total_completions == 2

    run("trio", None, host, test)


@WAYS
def test_secrets_and_configs(host: str, mode: str, api: ModuleType | None) -> None:
    async def test(engine: Any) -> None:
        first = await got(engine.put_secret("key", b"one", labels={"l": "1"}))
        assert (first.name, first.created) == ("key", True)
        assert await got(engine.put_secret("key", b"one", labels={"l": "1"})) == first._replace(
            created=False
        )
        about = await got(engine.secrets.inspect(first.id))
        assert about.spec.labels["l"] == "1"
        await got(engine.put_config("conf", b"a"))
        says = ["/bin/sh", "-c", "echo $(cat /run/secrets/key) $(cat /etc/conf); exec sleep 600"]
        mounted = {"secrets": ["key"], "configs": {"conf": "/etc/conf"}}
        await got(engine.deploy("web", IMAGE, says, timeout=60, **mounted, **KEPT))
        assert await last_line(engine, "web") == "one a"
        second = await got(engine.put_secret("key", b"two", rotate=True, timeout=60))
        assert second.name == "key.2"
        assert await last_line(engine, "web") == "two a"
        assert [each.id for each in await got(engine.secrets.list())] == [second.id]
        newer = await got(engine.put_config("conf", b"b"))
        assert (newer.name, await got(engine.read_config("conf"))) == ("conf.2", b"b")
        web = await got(engine.deploy("web", IMAGE, says, wait=False, **mounted, **KEPT))
        (config,) = web.spec.task_template.container_spec.configs
        assert (config.config_name, config.file.name) == ("conf.2", "/etc/conf")
        with pytest.raises(moorage.NotFound):
            await got(engine.deploy("web", IMAGE, secrets=["nothing"]))
        with pytest.raises(moorage.NotFound):
            await got(engine.read_config("con"))

    run(mode, api, host, test)


def test_a_tag_that_moves(
    engine_host: EngineHost, busybox_tar: bytes, host: str, tmp_path: Path
) -> None:
    name = f"{ADDRESS}/team/moving:1"
    auth = moorage.RegistryAuth(USER, PASSWORD, ADDRESS)

    async def push(engine: Any, word: str) -> str:
        """Push an image, of which the engine keeps nothing."""
        options = {"from_src": "-", "repo": f"{ADDRESS}/team/moving", "tag": "1"}
        stream = engine.images.create(busybox_tar, **options, changes=[f"ENV WORD={word}"])
        await got(stream.finish())
        pushed = await got(engine.push(name, auth=auth))
        await got(engine.images.delete(name))
        return str(pushed.digest)

    async def test(engine: Any) -> None:
        for word in ("one", "two"):
            digest = await push(engine, word)
            web = await got(engine.deploy("web", name, SAYS, auth=auth, timeout=60, **KEPT))
            assert web.spec.task_template.container_spec.image == f"{name}@{digest}"
            assert await last_line(engine, "web") == word

    with registry(engine_host, FOLDER, tmp_path, ACCOUNT):
        run("sync", v1_30, host, test)


def editing(engine: Any, name: str) -> Any:
    """Edit a service, in a way that is the same for both kinds of engines."""
    manager = engine.edit_service(name)
    return manager if hasattr(manager, "__aenter__") else _Entered(manager)


class _Entered:
    def __init__(self, manager: Any) -> None:
        self.manager = manager

    async def __aenter__(self) -> Any:
        return self.manager.__enter__()

    async def __aexit__(self, *error: Any) -> None:
        self.manager.__exit__(*error)


async def last_line(engine: Any, service: str) -> str:
    """Return what the task that runs has written."""
    filters = {"service": [service], "desired-state": ["running"]}
    (task,) = await got(engine.tasks.list(filters=filters))
    while True:
        async with entered(engine.tasks.logs(task.id, stdout=True)) as log:
            if written := (await got(log.read())).stdout:
                return str(written.decode().strip())
