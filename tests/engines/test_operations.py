"""The operations of kind json and nothing on real engines, their arguments and their errors."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage_api import newest, v1_25, v1_41
from tests.engines.containers import container, wait

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

SLEEP = ("/bin/sleep", "600")


def test_the_life_of_a_container(engine_host: EngineHost, image: str) -> None:
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        body = v1_41.ContainerCreateRequest(
            image=image,
            cmd=["/bin/sh", "-c", "exit 3"],
            env=["A=b"],
            labels={"a.b/c": "d"},
            host_config=v1_41.HostConfig(memory=64 * 2**20, network_mode="none"),
        )
        made = engine.containers.create(body, name="moorage-life")
        try:
            assert made.id
            engine.containers.start("moorage-life")
            assert engine.containers.wait("moorage-life").status_code == 3
            found = engine.containers.inspect(made.id)
            assert found.name == "/moorage-life"
            assert found.state
            assert found.state.exit_code == 3
            assert found.host_config
            assert found.host_config.memory == 64 * 2**20
            assert found.config
            assert found.config.labels == {"a.b/c": "d"}
            assert "A=b" in (found.config.env or [])
            engine.containers.rename(made.id, name="moorage-other")
            assert engine.containers.inspect(made.id).name == "/moorage-other"
        finally:
            engine.containers.delete(made.id, v=True, force=True)
        with pytest.raises(moorage.NotFound):
            engine.containers.inspect(made.id)


def test_the_life_of_a_container_awaited(engine_host: EngineHost, image: str) -> None:
    async def live() -> None:
        async with moorage.connect_async(v1_25.AsyncEngine, host=engine_host.host) as engine:
            body = v1_25.ContainerCreateRequest(image=image, cmd=["/bin/true"])
            made = await engine.containers.create(body)
            try:
                await engine.containers.start(made.id)
                assert (await engine.containers.wait(made.id)).status_code == 0
            finally:
                await engine.containers.delete(made.id, force=True)
            with pytest.raises(moorage.NotFound):
                await engine.containers.inspect(made.id)

    asyncio.run(live())


def test_many_at_once(engine_host: EngineHost) -> None:
    async def ask() -> list[Any]:
        async with moorage.connect_async(host=engine_host.host) as engine:
            return await asyncio.gather(*(engine.system.version() for _ in range(30)))

    assert {each.api_version for each in asyncio.run(ask())} == {engine_host.max_api}


def test_errors_are_those_of_the_status(engine_host: EngineHost, image: str) -> None:
    with (
        container(engine_host, image, *SLEEP) as running,
        moorage.connect(v1_41.Engine, host=engine_host.host) as engine,
    ):
        with pytest.raises(moorage.NotFound, match=r"^ContainerInspect: .*nothing.*\(404\)$") as no:
            engine.containers.inspect("nothing")
        assert (no.value.status, no.value.operation) == (404, "ContainerInspect")
        assert "nothing" in no.value.message
        with pytest.raises(moorage.Conflict, match="ContainerDelete"):
            engine.containers.delete(running)
        with pytest.raises(moorage.BadRequest, match="ContainerList"):
            engine.containers.list(filters={"nonsense": ["x"]})
        with pytest.raises(moorage.Unavailable, match="swarm"):
            engine.services.list()
        with pytest.raises(moorage.ServerError):
            engine.swarm.leave()
        for error in (moorage.NotFound, moorage.Conflict, moorage.Unavailable):
            assert issubclass(error, moorage.APIError)


def test_nothing_left_to_do_is_no_error(engine_host: EngineHost, image: str) -> None:
    with (
        container(engine_host, image, *SLEEP) as running,
        moorage.connect(host=engine_host.host) as engine,
    ):
        engine.containers.start(running)  # 304: it runs already
        engine.containers.stop(running, t=0)
        engine.containers.stop(running, t=0)


FILTERS: list[Any] = [
    {"label": ["moorage.test=filters", "other"]},
    {"label": "moorage.test=filters", "status": ["running", "exited"]},
    {"label": ("moorage.test=filters",), "name": {"moorage-filtered": True}},
    {"label": {"moorage.test=filters"}},
]


@pytest.mark.parametrize("filters", FILTERS, ids=["list", "text", "map", "set"])
def test_filters(engine_host: EngineHost, image: str, filters: Any) -> None:
    labels = {"moorage.test": "filters", "other": ""}
    with (
        container(engine_host, image, *SLEEP),
        container(engine_host, image, *SLEEP, Labels=labels) as labelled,
        moorage.connect(v1_41.Engine, host=engine_host.host) as engine,
    ):
        engine.containers.rename(labelled, name="moorage-filtered")
        assert [each.id for each in engine.containers.list(filters=filters)] == [labelled]
        assert engine.containers.list(filters={"label": "moorage.test=x"}) == []


def test_booleans_numbers_and_lists_of_a_query(engine_host: EngineHost, image: str) -> None:
    with (
        container(engine_host, image, "/bin/true") as first,
        container(engine_host, image, "/bin/true") as last,
        moorage.connect(v1_41.Engine, host=engine_host.host) as engine,
    ):
        for each in (first, last):
            wait(engine_host, each)
        assert engine.containers.list(filters={"id": [first]}) == []
        assert [e.id for e in engine.containers.list(all=True, limit=1)] == [last]
        (sized,) = engine.containers.list(all=True, size=True, filters={"id": [first]})
        assert sized.size_root_fs
        archive = b"".join(engine.images.get_all(names=[image, image]))
        assert image.encode() in archive


def test_names_with_slashes_and_colons(engine_host: EngineHost, image: str) -> None:
    with moorage.connect(host=engine_host.host) as engine:
        name = "some.host:5000/a/b.c:1.0"
        engine.images.tag(image, repo="some.host:5000/a/b.c", tag="1.0")
        try:
            assert name in (engine.images.inspect(name).repo_tags or [])
        finally:
            engine.images.delete(name)
        assert name not in (engine.images.inspect(image).repo_tags or [])


def test_what_an_engine_sends_comes_back_whole(engine_host: EngineHost, image: str) -> None:
    """Decoding and encoding again loses nothing of what the engine sent."""
    with (
        container(engine_host, image, *SLEEP, Labels={"x": "y"}) as running,
        engine_host.http() as client,
        moorage.connect(host=engine_host.host) as engine,
    ):
        prefix = f"/v{engine.api_version}"
        answers: dict[str, Any] = {
            f"/containers/{running}/json": engine.containers.inspect(running),
            f"/images/{image}/json": engine.images.inspect(image),
            "/version": engine.system.version(),
            "/networks/none": engine.networks.inspect("none"),
        }
        for path, model in answers.items():
            sent = client.get(prefix + path).json()
            back = json.loads(json.dumps(model.to_dict()))
            assert back == without_null(sent, back), path


def without_null(sent: Any, back: Any) -> Any:
    """Drop from what was sent the nulls that were not sent back: both say that there is nothing."""
    if isinstance(sent, dict) and isinstance(back, dict):
        return {
            key: without_null(value, back.get(key))
            for key, value in sent.items()
            if value is not None or key in back
        }
    if isinstance(sent, list) and isinstance(back, list) and len(sent) == len(back):
        return [without_null(a, b) for a, b in zip(sent, back, strict=True)]
    return sent


def test_what_one_version_does_not_know_is_in_extra(engine_host: EngineHost) -> None:
    with (
        engine_host.http() as plain,
        moorage.connect(v1_25.Engine, host=engine_host.host) as engine,
    ):
        driver = plain.get("/info").json()["Driver"]
        info = engine.system.info()
        assert info.driver == driver
        assert not set(info.extra) & {field.name for field in vars(type(info)).values()
                                      if hasattr(field, "name")}  # fmt: skip
        assert info.to_dict()["Driver"] == driver


def test_plain_text_and_headers(engine_host: EngineHost) -> None:
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        assert engine.system.ping() == "OK"
        assert engine.system.ping_head()["api-version"] == engine_host.max_api


def test_a_closed_engine(engine_host: EngineHost) -> None:
    engine = moorage.connect(newest.Engine, host=engine_host.host)
    engine.close()
    engine.close()
    with pytest.raises(moorage.EngineError, match="this engine was closed"):
        engine.system.ping()
