"""The example of a rolling deployment, in a swarm of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import moorage
from examples.rolling_deployment import deploy

if TYPE_CHECKING:
    from moorage_api.newest import Engine
    from tests.engines.conftest import Engines

SAYS = 'CMD ["sh", "-c", "echo $(hostname) $(cat /run/secrets/password); exec sleep 600"]'
IMAGES = {
    "1": [SAYS],
    "2": [SAYS],
    "bad": ['CMD ["sh", "-c", "echo no database; exit 3"]'],
    "slow": ["HEALTHCHECK --interval=60s CMD true", SAYS],
}


@pytest.fixture
def engine(private_machine: None, engines: Engines, busybox_tar: bytes) -> Iterator[Engine]:
    """A manager of a swarm that has the images."""
    with moorage.connect(host=engines.get("28.5").host) as engine:
        for tag, commands in IMAGES.items():
            changes = [*commands, "STOPSIGNAL SIGKILL", "ENV PATH=/bin"]
            made = engine.images.create(
                busybox_tar, from_src="-", repo="shop", tag=tag, changes=changes
            )
            made.finish()
        engine.swarm.init(listen_addr="127.0.0.1:2377", advertise_addr="127.0.0.1")
        try:
            yield engine
        finally:
            engine.swarm.leave(force=True)
            for tag in IMAGES:
                engine.images.delete(f"shop:{tag}", force=True)


def test_it_rolls_back(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    def deployed(image: str, password: bytes, limit: float = 60) -> bool:
        # A busy engine takes a second to see that a task has ended.
        return deploy(engine, "shop", image, password, 2, limit)

    def runs() -> tuple[str | None, str | None]:
        task = engine.services.inspect("shop").spec.task_template
        assert task
        assert task.container_spec
        assert task.container_spec.secrets
        return task.container_spec.image, task.container_spec.secrets[0].secret_name

    assert deployed("shop:1", b"one")
    engine.scale("shop", 2, wait=False)
    assert deployed("shop:2", b"two")
    assert runs() == ("shop:2", "shop-password.2")
    assert not deployed("shop:bad", b"two")
    said = capsys.readouterr()
    assert "shop: 2 of 2; completed; shop.1 running, shop.2 running; converged" in said.out
    assert "update was rolled back" in said.err
    assert "task: non-zero exit (3)" in said.err
    assert said.err.endswith("\n    no database\n")
    assert runs() == ("shop:2", "shop-password.2")
    assert not deployed("shop:slow", b"two", 2)
    assert "did not converge in 2 s" in capsys.readouterr().err
    assert runs() == ("shop:2", "shop-password.2")
