"""The output of services and of their tasks, with and without a terminal, in a swarm of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import moorage
from moorage_api import v1_25, v1_35, v1_41
from tests.engines.conftest import EngineHost
from tests.engines.either import MODES, each, entered, with_engine
from tests.engines.scenario.world import operations_of, until

SAYS = ["/bin/sh", "-c", "echo word; echo error >&2; exec sleep 600"]
WRITTEN = {
    False: {("stdout", b"word\n"), ("stderr", b"error\n")},
    True: {("stdout", b"word\r\nerror\r\n")},
}


@pytest.fixture(scope="module")
def swarm(engine_host: EngineHost, busybox_tar: bytes) -> Iterator[dict[bool, tuple[str, str]]]:
    """A service and its task's id, by whether they have a terminal."""
    if engine_host.shared:
        pytest.skip("an engine that others use is not to become a swarm")
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        for _ in engine.images.create(busybox_tar, from_src="-", repo="services", tag="x"):
            pass
        engine.swarm.init(listen_addr="127.0.0.1:2377", advertise_addr="127.0.0.1")
        try:
            yield {tty: _service(engine, tty=tty) for tty in (False, True)}
        finally:
            engine.swarm.leave(force=True)
            engine.images.delete("services:x", force=True)


def _service(engine: v1_41.Engine, *, tty: bool) -> tuple[str, str]:
    spec = v1_41.ContainerSpec(image="services:x", command=SAYS, tty=tty)
    made = engine.services.create(
        name=f"with-{tty}".lower(), task_template=v1_41.TaskSpec(container_spec=spec)
    ).id
    assert made

    def running() -> str | None:
        tasks = engine.tasks.list(filters={"service": made})
        return next((t.id for t in tasks if t.status and t.status.state == "running"), None)

    task = until(running)
    assert task
    return made, task


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tty", WRITTEN)
@pytest.mark.parametrize("api", [v1_25, v1_35, v1_41], ids=["1.25", "1.35", "1.41"])
def test_logs_of_a_service_and_of_its_task(
    engine_host: EngineHost,
    swarm: dict[bool, tuple[str, str]],
    api: Any,
    tty: bool,
    mode: str,
) -> None:
    async def test(engine: Any) -> None:
        service, task = swarm[tty]
        logs = [engine.services.logs(service, stdout=True, stderr=True, follow=True)]
        if "tasks.logs" in operations_of(api.Engine.api_version):
            logs.append(engine.tasks.logs(task, stdout=True, stderr=True, follow=True))
        for log in logs:
            found: dict[str, bytes] = {}
            async with entered(log):
                async for stream, data in each(log):
                    found[stream] = found.get(stream, b"") + data
                    if set(found.items()) == WRITTEN[tty]:
                        break
            assert set(found.items()) == WRITTEN[tty]

    with_engine(mode, api, engine_host.host, test)
