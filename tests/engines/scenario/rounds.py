"""Rounds of the scenario: an engine at one API version each."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import httpx
from anyio.from_thread import BlockingPortal

from moorage.private import PrivateEngine
from moorage.versions.bundled import version_module
from tests.engines.scenario.containers import containers
from tests.engines.scenario.images import IMAGE, images, import_image, search
from tests.engines.scenario.local import networks, system, volumes
from tests.engines.scenario.plugins import plugins
from tests.engines.scenario.swarm import swarm
from tests.engines.scenario.witness import AsyncWitness, Record, Witness
from tests.engines.scenario.world import LABEL, REPO, Complaint, World, operations_of

__all__ = ["UNREACHED", "Outcome", "Played", "play"]

UNREACHED = {
    "swarm.unlock": "takes an engine that is started again, which test_restart.py has",
}


class Played(Protocol):
    """An engine to play on, real or fake."""

    @property
    def host(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def private(self) -> PrivateEngine | None: ...
    def http(self) -> httpx.Client: ...


@dataclass
class Outcome:
    """The outcome of a round."""

    engine: str
    version: str
    operations: set[str]
    """All that the version has."""
    passed: set[str] = field(default_factory=set)
    """Those that were answered, and whose answers were decoded truly."""
    complaints: list[Complaint] = field(default_factory=list)


def play(
    engine: Played,
    peer: Played | None,
    busybox: bytes,
    version: str,
    portal: BlockingPortal | None = None,
    record: Record | None = None,
    *,
    registry: bool = True,
    more: Sequence[Callable[[World], None]] = (),
) -> Outcome:
    """Play the scenario on an engine, and clear up; asynchronously, in a portal's loop.

    The engine should be nobody's: it prunes and makes swarms. Without a peer, which is another
    engine in the same network, there is no swarm; without a `registry` in that network, nothing is
    played that needs one. `more` steps are played before the last.

    Each JSON document that the engine answers is given to `record`, by name and JSON.
    """
    api = version_module(version)
    shown = version if portal is None else f"{version} awaited"
    with (
        engine.http() as plain,
        contextlib.nullcontext() if peer is None else peer.http() as peer_plain,
        contextlib.closing(
            Witness(engine.host, api, record)
            if portal is None
            else AsyncWitness(engine.host, api, portal)
        ) as witness,
    ):
        world = World(witness.engine, api, engine.private, plain, peer_plain, registry, busybox)

        def take(*steps: Callable[[World], None]) -> None:
            for step in steps:
                with world.part(step.__name__):
                    step(world)

        take(import_image)
        # A swarm takes its time, without doing much.
        with ThreadPoolExecutor() as pool:
            pool.submit(take, *([swarm] if peer else []))
            reached = [search, plugins] if registry else []
            pool.submit(take, containers, images, networks, volumes, *reached)
        take(*more, system, sweep)
    findings = [
        Complaint(operation, each)
        for operation, found in witness.seen.findings.items()
        for each in dict.fromkeys(found)
    ]
    passed = witness.seen.answered - witness.seen.findings.keys()
    complaints = [*world.complaints, *findings]
    return Outcome(engine.name, shown, operations_of(version), passed, complaints)


def sweep(world: World) -> None:
    """Remove what a round leaves behind that was broken off, by plain HTTP."""
    engine = world.plain
    managers = () if world.peer is None else (world.peer, engine)
    for each in managers:  # in this order: see `is_spoiled`
        each.post("/swarm/leave", params={"force": "1"})
    for container in engine.get("/containers/json", params={"all": "1"}).json():
        if container["Image"].startswith(REPO):
            engine.delete(f"/containers/{container['Id']}", params={"force": "1", "v": "1"})
    for plugin in engine.get("/plugins").json() if world.peer else ():
        engine.delete(f"/plugins/{plugin['Name']}", params={"force": "1"})
    filters = {"filters": json.dumps({"label": [LABEL]})}
    for kind in ("networks", "volumes"):
        engine.post(f"/{kind}/prune", params=filters)
    engine.delete(f"/images/{IMAGE}", params={"force": "1"})
