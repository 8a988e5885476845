"""The version that is spoken: negotiated, pinned in each way, and past what the engine has."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import moorage
import moorage_api
from moorage.versions.bundled import version_module
from moorage.versions.numbers import package_name
from moorage_api import v1_25
from moorage_api.newest import AsyncEngine, Engine

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost


def number(version: str) -> int:
    major, minor = version.split(".")
    assert major == "1"
    return int(minor)


def accepted(engine: EngineHost) -> list[str]:
    """The bundled versions in the engine's own range, the oldest first."""
    low, high = number(engine.min_api), number(engine.max_api)
    return [each for each in moorage.VERSIONS if low <= number(each) <= high]


def containers(engine: EngineHost) -> int:
    with engine.http() as client:
        return len(client.get("/containers/json", params={"all": "1"}).json())


def module(version: str) -> Any:
    return version_module(version)


@pytest.fixture(autouse=True)
def _no_version_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_API_VERSION", raising=False)


def test_the_highest_common_version_is_chosen(engine_host: EngineHost) -> None:
    expected = accepted(engine_host)[-1]
    with moorage.connect(host=engine_host.host) as engine:
        assert engine.api_version == expected
        assert isinstance(engine, module(expected).Engine)
        about = engine.system.version()
        assert (about.min_api_version, about.api_version) == (
            engine_host.min_api,
            engine_host.max_api,
        )


def test_the_host_may_stand_in_the_environment(
    engine_host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine_host.host)
    with moorage.connect() as engine:
        assert engine.system.version().api_version == engine_host.max_api


def test_async_negotiates_alike(engine_host: EngineHost) -> None:
    async def both() -> None:
        async with moorage.connect_async(host=engine_host.host) as entered:
            about = await entered.system.version()
            assert entered.api_version == accepted(engine_host)[-1]
            assert about.api_version == engine_host.max_api
        awaited = await moorage.connect_async(host=engine_host.host)
        try:
            assert awaited.api_version == accepted(engine_host)[-1]
            assert len(await awaited.containers.list(all=True)) == containers(engine_host)
        finally:
            await awaited.aclose()

    asyncio.run(both())


def spoken(engine: EngineHost, version: str) -> None:
    """Check that a version is spoken, by an answer that depends on it."""
    with moorage.connect(version=version, host=engine.host) as client:
        assert client.api_version == version
        assert type(client).__module__ == f"moorage_api.{package_name(version)}.engine"
        assert client.system.version().api_version == engine.max_api
        assert len(client.containers.list(all=True)) == containers(engine)


def test_every_version_that_it_accepts(engine_host: EngineHost) -> None:
    versions = accepted(engine_host)
    assert versions[0] == moorage.VERSIONS[0]
    assert len(versions) >= 17
    for version in versions:
        spoken(engine_host, version)


@pytest.mark.parametrize("end", [0, -1], ids=["oldest", "newest"])
def test_pinned_to_the_ends(
    engine_host: EngineHost, monkeypatch: pytest.MonkeyPatch, end: int
) -> None:
    version = accepted(engine_host)[end]
    host = engine_host.host
    package = module(version)

    with moorage.connect(package.Engine, host=host) as typed:
        assert type(typed) is package.Engine
        assert typed.system.info().server_version
    with moorage.connect(version=version, host=host) as named:
        assert isinstance(named, package.Engine)
        assert named.system.info().server_version
    monkeypatch.setenv("DOCKER_API_VERSION", version)
    with moorage.connect(host=host) as environment:
        assert environment.api_version == version
        assert environment.system.info().server_version

    async def pinned() -> None:
        async with moorage.connect_async(package.AsyncEngine, host=host) as typed:
            assert type(typed) is package.AsyncEngine
            assert (await typed.system.info()).server_version
        async with moorage.connect_async(host=host) as environment:
            assert environment.api_version == version

    asyncio.run(pinned())


class TooNew(Engine):
    """A version that no engine has yet."""

    api_version = "9.99"


class AsyncTooNew(AsyncEngine):
    api_version = "9.99"


class TooOld(v1_25.Engine):
    """A version that no engine here has any more."""

    api_version = "1.10"


class AsyncTooOld(v1_25.AsyncEngine):
    api_version = "1.10"


@pytest.mark.parametrize(
    ("api", "async_api", "word"),
    [(TooNew, AsyncTooNew, "new"), (TooOld, AsyncTooOld, "old")],
    ids=["newer", "older"],
)
def test_pinned_past_the_ends(
    engine_host: EngineHost, api: type[Any], async_api: type[Any], word: str
) -> None:
    message = rf"client version {api.api_version} is too {word}.*Choose a version that the engine"
    host = engine_host.host
    with (
        moorage.connect(api, host=host) as engine,
        pytest.raises(moorage.UnsupportedVersion, match=message),
    ):
        engine.containers.list()
    with (
        moorage.connect(api, host=host) as engine,
        pytest.raises(moorage.UnsupportedVersion, match=message),
        engine.containers.logs("x", stdout=True),
    ):
        pass

    async def refused() -> None:
        async with moorage.connect_async(async_api, host=host) as engine:
            with pytest.raises(moorage.UnsupportedVersion, match=message):
                await engine.containers.list()

    asyncio.run(refused())


@pytest.mark.parametrize(
    ("bundled", "way_out"),
    [(("1.90", "1.91"), "upgrade the engine"), (("1.10", "1.11"), "upgrade moorage")],
    ids=["newer", "older"],
)
def test_no_version_in_common(
    engine_host: EngineHost,
    monkeypatch: pytest.MonkeyPatch,
    bundled: tuple[str, str],
    way_out: str,
) -> None:
    monkeypatch.setattr(moorage_api, "VERSIONS", bundled)
    span = f"API {engine_host.min_api} to {engine_host.max_api}; .* has {' to '.join(bundled)}"
    message = f"{span}: {way_out}"
    with pytest.raises(moorage.UnsupportedVersion, match=message):
        moorage.connect(host=engine_host.host)

    async def refused() -> None:
        async with moorage.connect_async(host=engine_host.host):
            pass

    with pytest.raises(moorage.UnsupportedVersion, match=message):
        asyncio.run(refused())


def test_a_version_that_is_not_bundled(engine_host: EngineHost) -> None:
    with pytest.raises(moorage.UnsupportedVersion, match=r"no client for API 9\.99; it has 1\.25"):
        moorage.connect(version="9.99", host=engine_host.host)


def test_an_older_installation_speaks_its_newest(
    engine_host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moorage_api, "VERSIONS", ("1.25", "1.30", "1.40"))
    with moorage.connect(host=engine_host.host) as engine:
        assert engine.api_version == "1.40"
        assert len(engine.containers.list(all=True)) == containers(engine_host)


def test_what_the_version_lacks_is_explained(engine_host: EngineHost) -> None:
    host = engine_host.host
    with moorage.connect(version="1.25", host=host) as old:
        speaks = r"this engine speaks 1\.25"
        with pytest.raises(moorage.OperationUnavailable, match=rf"configs needs .*; {speaks}"):
            _ = old.configs
        needs = rf"system\.data_usage\(type=\) needs API 1\.42; {speaks}"
        with pytest.raises(moorage.OperationUnavailable, match=needs):
            old.system.data_usage(type=["image"])
        assert not hasattr(old, "configs")

    async def alike() -> None:
        async with moorage.connect_async(version="1.25", host=host) as old:
            with pytest.raises(moorage.OperationUnavailable, match="configs needs API"):
                _ = old.configs

    asyncio.run(alike())
