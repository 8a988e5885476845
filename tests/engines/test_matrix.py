"""Every operation that can run without the outside, at every version that each engine accepts."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from anyio.from_thread import start_blocking_portal

from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import version_key
from tests.engines.conftest import ENGINES, FOLDER, NAMED, OUTCOMES
from tests.engines.scenario.registry import registry
from tests.engines.scenario.rounds import UNREACHED, Outcome, play
from tests.engines.scenario.swarm import is_spoiled

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost, Engines


AWAITED = ("1.25", "1.35", "1.41")
HALVES = 2
"""A round waits for swarms most of its time, so two engines of a release take half of them each."""


@pytest.mark.skipif(bool(NAMED), reason="MOORAGE_TEST_ENGINES names other engines")
@pytest.mark.usefixtures("private_machine")
@pytest.mark.parametrize("half", range(HALVES))
@pytest.mark.parametrize("name", ENGINES)
def test_every_operation_at_every_version(
    name: str, half: int, engines: Engines, busybox_tar: bytes, tmp_path: Path
) -> None:
    with registry(engines.get(name), FOLDER, tmp_path):
        outcomes = played(engines, name, half, busybox_tar)
    check(outcomes)
    for each in outcomes:
        assert each.operations - each.passed == each.operations & UNREACHED.keys(), each.version


def check(outcomes: list[Outcome]) -> None:
    OUTCOMES.extend(outcomes)
    assert outcomes
    complaints = [f"{each.version}: {what}" for each in outcomes for what in each.complaints]
    assert not complaints, "\n".join(complaints)


if NAMED:

    @pytest.mark.parametrize("name", NAMED)
    def test_an_engine_that_is_named(name: str, engines: Engines, busybox_tar: bytes) -> None:
        """No registry and no second engine are beside it: the steps that need neither."""
        engine = engines.get(name)
        check([play(engine, None, busybox_tar, version) for version in accepted_by(engine)])


def accepted_by(engine: EngineHost) -> list[str]:
    """Return the versions that an engine accepts."""
    lowest, highest = version_key(engine.min_api), version_key(engine.max_api)
    return [each for each in bundled_versions() if lowest <= version_key(each) <= highest]


def played(engines: Engines, name: str, half: int, busybox_tar: bytes) -> list[Outcome]:
    """Play half of the rounds of an engine, one after the other."""
    engine = engines.get(name)
    accepted = accepted_by(engine)
    outcomes = []
    with start_blocking_portal() as portal, ExitStack() as stack:
        peer = stack.enter_context(engines.peer(name))
        rounds = [*((each, None) for each in accepted), *((each, portal) for each in AWAITED)]
        for version, loop in rounds[half::HALVES]:
            if peer.private and is_spoiled(peer.private):
                stack.close()
                peer = stack.enter_context(engines.peer(name))
            outcomes.append(play(engine, peer, busybox_tar, version, loop))
    return outcomes
