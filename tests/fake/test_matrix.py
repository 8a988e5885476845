"""The scenario that real engines are compared by, on fake ones of every version."""

from __future__ import annotations

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from attrs import frozen

from moorage.private import PrivateEngine
from moorage.testing import FakeEngine
from moorage.versions.bundled import bundled_versions
from tests.engines.scenario.rounds import UNREACHED, play
from tests.engines.scenario.world import just_pinned, tar_of
from tests.plain_http import plain_http


@frozen
class Host:
    """A fake engine in the place of a real one."""

    host: str
    name: str
    private: PrivateEngine | None = None

    def http(self) -> httpx.Client:
        return plain_http(self.host)


FILES = tar_of({"bin/busybox": b"a program"})


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("version", bundled_versions())
def test_every_operation_at_every_version(version: str, mode: str) -> None:
    with (
        start_blocking_portal() as portal,
        FakeEngine(version) as fake,
        FakeEngine(version) as peer,
    ):
        loop = portal if mode == "async" else None
        outcome = play(Host(fake.host, "fake"), Host(peer.host, "peer"), FILES, version, loop)
    assert not outcome.complaints, "\n".join(map(str, outcome.complaints))
    left = outcome.operations - outcome.passed - just_pinned()
    assert left == outcome.operations & UNREACHED.keys()
    assert not [each for each in fake.requests if each.status == 500]
