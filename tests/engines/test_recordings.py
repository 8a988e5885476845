"""A recording of a real engine, replayed without one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage.testing import record, replay
from tests.facade.canary import CANARY

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

IMAGE = "moorage-recorded:1"
SCRIPT = "echo out; echo err >&2; exec sleep 600"


def work(host: str, tar: bytes) -> list[Any]:
    """Do something of each kind, with secrets, and return what came."""
    with moorage.connect(host=host) as connected:
        engine: Any = connected
        repository, _, tag = IMAGE.partition(":")
        list(engine.images.create(tar, from_src="-", repo=repository, tag=tag))
        auth = moorage.RegistryAuth(username="me", password=CANARY)
        with pytest.raises(moorage.EngineError):
            list(engine.images.create(from_image="127.0.0.1:9/x", tag="1", registry_auth=auth))
        env = {"API_TOKEN": CANARY, "PLAIN": "shown"}
        made = engine.containers.create(image=IMAGE, cmd=["/bin/sh", "-c", SCRIPT], env=env).id
        came: list[Any] = [made]
        try:
            engine.containers.start(made)
            with engine.containers.logs(made, stdout=True, stderr=True, follow=True) as frames:
                came.append(sorted([next(frames), next(frames)]))
            came.append(engine.execute(made, ["/bin/cat"], input=CANARY.encode()).exit_code)
            came.append(engine.execute(made, ["/bin/env"]).exit_code)
            came.append(next(engine.containers.stats(made, stream=False)).id)
            came.append(len(b"".join(engine.containers.archive(made, path="/etc"))))
            engine.containers.kill(made)
            came.append(engine.containers.wait(made).status_code)
        finally:
            engine.containers.delete(made, force=True)
        with pytest.raises(moorage.NotFound) as missing:
            engine.containers.inspect(made)
        came.append(str(missing.value))
        came.append([each.to_dict() for each in engine.images.delete(IMAGE)])
        return came


@pytest.mark.usefixtures("private_machine")
def test_a_real_engine_is_replayed(engines: Engines, busybox_tar: bytes, tmp_path: Path) -> None:
    with record(engines.get("28.5").host, tmp_path) as recorder:
        said = work(recorder.host, busybox_tar)
    with replay(tmp_path) as replayer:
        assert work(replayer.host, busybox_tar) == said
        assert replayer.unused() == []
    text = (tmp_path / "session.jsonl").read_text()
    assert "PLAIN=shown" in text
    assert CANARY not in text
