"""The tests of stowaway: pytest runs each at every version on every engine that it is given."""

import io
import tarfile

import pytest
import stowaway

import moorage
from moorage.testing import FakeEngine
from moorage_api.newest import Engine
from moorage_pytest import AsyncEngineSandbox, EngineSandbox


@pytest.fixture
def image(engine_sandbox: EngineSandbox) -> str:
    """An image of nothing: what is made of it is never started."""
    nothing = io.BytesIO()
    tarfile.open(fileobj=nothing, mode="w").close()
    name = engine_sandbox.name("image")
    for _ in engine_sandbox.images.create(nothing.getvalue(), from_src="-", repo=name):
        pass
    return name


@pytest.fixture
def label(engine_sandbox: EngineSandbox) -> str:
    return f"job={engine_sandbox.name('job')}"


def test_nothing_is_found(engine: Engine, label: str) -> None:
    assert stowaway.find(engine, label) == stowaway.Stowaways([], [])


def test_what_has_the_label_is_found_and_removed(
    engine_sandbox: EngineSandbox, image: str, label: str
) -> None:
    labels = dict([label.split("=")])
    container = engine_sandbox.containers.create(image=image, cmd=["/none"], labels=labels)
    volume = engine_sandbox.volumes.create(name=engine_sandbox.name("left"), labels=labels)
    engine_sandbox.volumes.create(name=engine_sandbox.name("other"))
    found = stowaway.find(engine_sandbox, label)
    assert found == stowaway.Stowaways([container.id], [volume.name])
    stowaway.remove(engine_sandbox, found)
    assert stowaway.find(engine_sandbox, label) == stowaway.Stowaways([], [])


def test_removing_goes_on_when_the_engine_is_busy(
    engine: Engine, fake_engine: FakeEngine, label: str
) -> None:
    """A test of what a real engine does once in a while: it runs on fake ones, which do it now."""
    volumes = [engine.volumes.create(labels=dict([label.split("=")])).name for _ in range(3)]
    fake_engine.fail("volumes.delete", status=503, times=2)
    stowaway.remove(engine, stowaway.Stowaways([], volumes))
    fake_engine.drop("volumes.delete", times=None)
    left = engine.volumes.create(labels=dict([label.split("=")])).name
    with pytest.raises(moorage.ConnectionFailed):
        stowaway.remove(engine, stowaway.Stowaways([], [left]))
    fake_engine.well()
    assert stowaway.find(engine, label) == stowaway.Stowaways([], [left])
    stowaway.remove(engine, stowaway.Stowaways([], [left]))
    deletions = [each for each in fake_engine.requests if each.operation == "volumes.delete"]
    assert [each.status for each in deletions[-9:]] == [503, 503, 204, 204, 204, 0, 0, 0, 204]


def test_space(engine: Engine, label: str) -> None:
    """It fails before API 1.42, and the report shows so: the tool asks for what is new there."""
    assert stowaway.space(engine, label) == 0


@pytest.mark.engine_api(">=1.42")
def test_anonymous_volumes_say_so(engine_sandbox: EngineSandbox) -> None:
    """A test of what only newer versions have: it is skipped before, with the reason."""
    volume = engine_sandbox.volumes.create()
    assert "com.docker.volume.anonymous" in (volume.labels or {})


@pytest.mark.anyio
async def test_awaited(async_engine_sandbox: AsyncEngineSandbox, label: str) -> None:
    labels = dict([label.split("=")])
    volume = await async_engine_sandbox.volumes.create(labels=labels)
    listed = await async_engine_sandbox.volumes.list(filters={"label": label})
    assert [each.name for each in listed.volumes or []] == [volume.name]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
