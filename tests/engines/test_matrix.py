"""Every operation that can run without the outside, at every version that each engine accepts."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from anyio.from_thread import start_blocking_portal

import moorage
from moorage.private import private_release
from moorage.private.releases import PODMANS
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import version_key
from tests.engines.conftest import ENGINES, FOLDER, NAMED, OUTCOMES, EngineHost
from tests.engines.podman_differences import DIFFERENCES
from tests.engines.scenario.registry import registry
from tests.engines.scenario.rounds import UNREACHED, Outcome, play
from tests.engines.scenario.swarm import is_spoiled, secrets
from tests.engines.scenario.world import Complaint

if TYPE_CHECKING:
    from tests.engines.conftest import Engines


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


@pytest.mark.usefixtures("private_machine")
@pytest.mark.parametrize("name", PODMANS)
def test_podman(name: str, busybox_tar: bytes, tmp_path: Path) -> None:
    """All is as with Docker but for a list of differences, and each of these is met."""
    with private_release(name, folder=FOLDER) as private, start_blocking_portal() as portal:
        engine = EngineHost(private.host, name, "1.24", "1.41", private)
        with registry(engine, FOLDER, tmp_path):
            outcomes = [
                play(engine, None, busybox_tar, version, loop, more=[secrets])
                for version, loop in (("1.25", None), ("1.41", portal))
            ]
        complaints = [each for outcome in outcomes for each in outcome.complaints]
        for outcome in outcomes:
            complaints += unserved(engine, outcome)
    OUTCOMES.extend(outcomes)
    rows = [each for each in DIFFERENCES if name in each.releases]
    others = [each for each in complaints if not any(row.covers(each) for row in rows)]
    assert not others, "\n".join(map(str, others))
    gone = [row.name for row in rows if not any(row.covers(each) for each in complaints)]
    assert not gone


def unserved(engine: EngineHost, outcome: Outcome) -> list[Complaint]:
    """Ask an engine for each operation that was not answered, as far as nothing tells why."""
    known = {each.place for each in outcome.complaints}
    complaints = []
    version = outcome.version.partition(" ")[0]
    with moorage.connect(version=version, host=engine.host) as client:
        for operation in sorted(outcome.operations - outcome.passed - known):
            namespace, _, method = operation.partition(".")
            function = getattr(getattr(client, namespace), method)
            # A docstring ends with the endpoint.
            verb, path = function.__doc__.strip().splitlines()[-1].partition(".")[0].split()
            try:
                client.request(verb, re.sub(r"{\w+}", "x", path))
            except moorage.APIError as error:
                complaints.append(Complaint(operation, f"{type(error).__name__}: {error}"))
            else:
                complaints.append(Complaint(operation, "it was not played, and is served"))
    return complaints


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
        check(
            [
                play(engine, None, busybox_tar, version, registry=False)
                for version in accepted_by(engine)
            ]
        )


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
