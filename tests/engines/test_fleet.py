"""A fleet of engines of several releases."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import moorage
from examples.inventory import inventory
from moorage.fleet import AsyncFleet, Fleet
from tests.engines.conftest import given_image
from tests.engines.containers import container
from tests.engines.relay import relay, unix

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

RELEASES = {"20.10": "1.41", "26.1": "1.45", "28.5": "1.51"}
NOWHERE = "unix:///nowhere/docker.sock"


@pytest.fixture
def hosts(private_machine: None, engines: Engines) -> dict[str, str]:
    return {name: engines.get(name).host for name in RELEASES}


def test_each_at_its_own_version(hosts: dict[str, str]) -> None:
    with Fleet({**hosts, "away": NOWHERE}) as fleet:
        found = fleet.call(lambda engine: engine.api_version)
    assert isinstance(found.pop("away"), moorage.ConnectionFailed)
    assert found == RELEASES


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_each_at_its_own_version_awaited(hosts: dict[str, str], backend: str) -> None:
    async def ask() -> dict[str, Any]:
        async with AsyncFleet({**hosts, "away": NOWHERE}) as fleet:
            return await fleet.call(lambda engine: engine.system.version())

    found = anyio.run(ask, backend=backend)
    assert isinstance(found.pop("away"), moorage.ConnectionFailed)
    assert {name: about.api_version for name, about in found.items()} == RELEASES


class Cut:
    """Cuts a connection that follows events, once, when it has something to send."""

    def __init__(self) -> None:
        self.done = False

    def __call__(self, head: bytes) -> int | None:
        if b"/events" not in head or self.done:
            return None
        self.done = True
        return 300  # within the first event


def test_events_of_all_with_a_connection_that_is_cut(
    hosts: dict[str, str], engines: Engines, busybox_tar: bytes
) -> None:
    with contextlib.ExitStack() as stack:
        through = {
            each: stack.enter_context(relay(unix(host), Cut())) for each, host in hosts.items()
        }
        started = []
        for each in RELEASES:
            image = given_image(engines.get(each), busybox_tar)
            started.append(stack.enter_context(container(engines.get(each), image, "/bin/true")))
        filters = {"container": started, "event": ["start", "die"]}
        seen: dict[str, list[str | None]] = {each: [] for each in RELEASES}
        lost = []
        fleet = stack.enter_context(Fleet(through))
        for each, event in fleet.events(since="10m", filters=filters):
            if isinstance(event, moorage.EngineError):
                lost.append(each)
            else:
                seen[each].append(event.action)
            if all(len(actions) == 2 for actions in seen.values()):
                break
    assert list(seen.values()) == [["start", "die"]] * 3
    assert sorted(lost) == [*RELEASES]


def test_the_inventory(hosts: dict[str, str]) -> None:
    lines = inventory([*hosts.values(), NOWHERE])
    assert [", API " + api in lines[hosts[each]] for each, api in RELEASES.items()] == [True] * 3
    assert lines[NOWHERE].startswith("not there: ")
