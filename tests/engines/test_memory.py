"""The memory that verbs add is less than what they send: a small run of benchmarks/verbs.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.verbs import LIMITS, added, fill
from tests.engines.containers import container

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

LENGTH = 72 << 20


@pytest.mark.parametrize(("verb", "mode"), [("build", "sync"), ("copy_to", "async")])
def test_memory(
    private_machine: None,
    engines: Engines,
    busybox_tar: bytes,
    verb: str,
    mode: str,
    tmp_path: Path,
) -> None:
    engine = engines.get("28.5")
    with engine.http() as client:
        params = {"fromSrc": "-", "repo": "moorage-memory", "tag": "x"}
        client.post("/images/create", params=params, content=busybox_tar).raise_for_status()
        fill(tmp_path, 10, LENGTH)
        with container(engine, "moorage-memory:x", "/bin/sleep", "600") as name:
            found = added(verb, mode, engine.host, name, str(tmp_path))
        client.delete("/images/moorage-memory:x")
        client.post("/images/prune").raise_for_status()
    assert 0 < found < LIMITS[verb] < LENGTH >> 20
