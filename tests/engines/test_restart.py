"""A private engine that is started again on its data; and so, a swarm that is locked."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage.private import PrivateEngine, private_release
from moorage_api import v1_30
from tests.engines.conftest import FOLDER
from tests.engines.scenario.world import until
from tests.facade.canary import CANARY, shown

HERE = "127.0.0.1"
WRONG_KEY = f"SWMKEY-1-{CANARY}{'A' * 33}"
SLEEPS: dict[str, Any] = {"network_mode": "none", "stop_signal": "SIGKILL"}


@pytest.fixture(scope="module", params=["20.10", "28.5"])
def private(request: pytest.FixtureRequest, private_machine: None) -> Iterator[PrivateEngine]:
    """An engine, for these tests alone."""
    with private_release(request.param, folder=FOLDER) as private:
        yield private


def crash(private: PrivateEngine) -> None:
    """End the engine by its process, and start it again."""
    os.kill(private.pid, signal.SIGKILL)
    private.restart()


@contextmanager
def new_key(private: PrivateEngine) -> Iterator[None]:
    """Wait until the engine has applied another unlock key, which its answer does not wait for."""
    file = private.log.parent / "data/swarm/certificates/swarm-node.key"
    before = file.read_bytes()
    yield
    until(lambda: file.read_bytes() != before)


def test_it_starts_again_on_its_data(private: PrivateEngine, busybox_tar: bytes) -> None:
    pid, network = private.pid, Path(f"/proc/{private.pid}/ns/net").readlink()
    with moorage.connect(host=private.host) as engine:
        engine.images.create(busybox_tar, from_src="-", repo="again", tag="1").finish()
        sleeps = ["/bin/busybox", "sleep", "600"]
        engine.create("again:1", sleeps, name="ends", **SLEEPS)
        engine.create("again:1", sleeps, name="returns", restart="always", **SLEEPS)
        for name in ("ends", "returns"):
            engine.containers.start(name)
        for begin_again in (private.restart, lambda: crash(private)):
            begin_again()
            assert engine.containers.inspect("ends").state.status == "exited"
            assert engine.containers.inspect("returns").state.running
    assert private.pid != pid
    assert Path(f"/proc/{private.pid}/ns/net").readlink() == network


@pytest.fixture(scope="module")
def locked(private: PrivateEngine) -> str:
    """Have the engine a swarm, which is locked whenever it starts; return its key."""
    with moorage.connect(host=private.host) as engine:
        engine.swarm.init(listen_addr=f"{HERE}:2377", advertise_addr=HERE)
        swarm = engine.swarm.inspect()
        assert swarm.spec.encryption_config
        swarm.spec.encryption_config.auto_lock_managers = True
        with new_key(private):
            engine.swarm.update(swarm.spec, version=swarm.version.index)
        return engine.swarm.unlock_key().unlock_key


@pytest.mark.parametrize("api", [None, v1_30.Engine])
def test_a_locked_swarm_is_unlocked(private: PrivateEngine, locked: str, api: Any) -> None:
    engine: Any
    with moorage.connect(api, host=private.host) as engine:
        with pytest.raises(moorage.Conflict, match="swarm is not locked"):
            engine.swarm.unlock(unlock_key=locked)
        crash(private)
        for call in (engine.nodes.list, engine.swarm.inspect, engine.swarm.unlock_key):
            with pytest.raises(moorage.Unavailable, match="needs to be unlocked"):
                call()
        with pytest.raises(moorage.BadRequest, match="invalid key string"):
            engine.swarm.unlock(unlock_key="no key")
        with pytest.raises(moorage.Unauthorized, match="invalid key provided") as wrong:
            engine.swarm.unlock(unlock_key=WRONG_KEY)
        assert shown(wrong.value) == []
        engine.swarm.unlock(unlock_key=locked)
        assert engine.nodes.list()
        assert engine.swarm.unlock_key().unlock_key == locked


def test_a_locked_swarm_is_unlocked_awaited(private: PrivateEngine, locked: str) -> None:
    """The new key unlocks it, the old one does not any more."""

    async def main() -> None:
        async with moorage.connect_async(host=private.host) as engine:
            swarm = await engine.swarm.inspect()
            rotation = {"rotate_manager_unlock_key": True}
            with new_key(private):
                await engine.swarm.update(swarm.spec, version=swarm.version.index, **rotation)
            key = (await engine.swarm.unlock_key()).unlock_key
            assert key != locked
            crash(private)
            with pytest.raises(moorage.Unauthorized, match="invalid key provided"):
                await engine.swarm.unlock(unlock_key=locked)
            await engine.swarm.unlock(unlock_key=key)
            assert await engine.nodes.list()

    asyncio.run(main())
