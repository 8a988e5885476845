"""Every operation that can run without the outside, at every version that each engine accepts."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from anyio.from_thread import start_blocking_portal

from moorage.versions import bundled_versions, number
from tests.engines.conftest import ENGINES, FOLDER, OUTCOMES
from tests.engines.scenario.registry import registry
from tests.engines.scenario.rounds import UNREACHED, Outcome, play

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost, Engines


AWAITED = ("1.25", "1.35", "1.41")


@pytest.fixture(scope="module")
def matrix(
    engines: Engines, busybox_tar: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[list[Outcome]]]]:
    """All rounds, which each engine plays one after the other, and all engines at once."""

    def play_all(engine: EngineHost, peer: EngineHost) -> list[Outcome]:
        lowest, highest = number(engine.min_api), number(engine.max_api)
        outcomes = [
            play(engine, peer, busybox_tar, version)
            for version in bundled_versions()
            if lowest <= number(version) <= highest
        ]
        with start_blocking_portal() as portal:
            awaited = [play(engine, peer, busybox_tar, each, portal) for each in AWAITED]
        for each in awaited:
            each.version += " awaited"
        return outcomes + awaited

    with ExitStack() as stack:
        # Engines are started here: they end with the thread that started them.
        pairs = {name: (engines.get(name), engines.peer(name)) for name in ENGINES}
        for engine, _ in pairs.values():
            folder = tmp_path_factory.mktemp("registry")
            stack.enter_context(registry(engine, FOLDER, folder))
        pool = stack.enter_context(ThreadPoolExecutor(len(pairs)))
        yield {name: pool.submit(play_all, *pair) for name, pair in pairs.items()}


@pytest.mark.usefixtures("private_machine")
@pytest.mark.parametrize("name", ENGINES)
def test_every_operation_at_every_version(name: str, request: pytest.FixtureRequest) -> None:
    outcomes = request.getfixturevalue("matrix")[name].result()
    OUTCOMES.extend(outcomes)
    assert outcomes
    complaints = [f"{each.version}: {what}" for each in outcomes for what in each.complaints]
    assert not complaints, "\n".join(complaints)
    for each in outcomes:
        assert each.operations - each.passed == each.operations & UNREACHED.keys(), each.version
