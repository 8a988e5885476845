"""Record which fields every engine always sends, and write overrides/spec/required.yaml.

    make evidence

The scenario of the matrix is played on each engine, one after the other, at every version that it
accepts. What is written is to be reviewed: a claim that an engine contradicts stands there too.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import Any

from generator.__main__ import specs_at_hand
from generator.answers import REQUIRED
from generator.build import apis_of, read
from generator.evidence import Evidence, load_claims, written
from generator.overlay import load_actions
from generator.renames import load_renames
from moorage.private import busybox, busybox_tar
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import version_key
from tests.engines.conftest import ENGINES, FOLDER, Engines
from tests.engines.scenario.registry import registry
from tests.engines.scenario.rounds import play
from tests.engines.scenario.swarm import is_spoiled

__all__ = ["main"]


def main() -> int:
    """Play all rounds, write the file, and return the exit status."""
    apis = apis_of(read(specs_at_hand()), load_actions(), load_renames())
    evidence = Evidence(apis)
    complaints = [line for name in ENGINES for line in _played(name, evidence)]
    if complaints:
        print(*complaints, sep="\n", file=sys.stderr)
        return 1
    REQUIRED.write_text(written(evidence.report(ENGINES, load_claims())), encoding="utf-8")
    print(f"{REQUIRED} is written: review what changed")
    return 0


def _played(name: str, evidence: Evidence) -> list[str]:
    """Play the rounds of one engine; return what went wrong, with which nothing is proved."""
    complaints = []
    lock = Lock()  # a round has two threads
    with ExitStack() as stack:
        engines = Engines(stack)
        engine = engines.get(name)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(registry(engine, FOLDER, folder))
        peers = stack.enter_context(ExitStack())
        peer = peers.enter_context(engines.peer(name))
        lowest, highest = version_key(engine.min_api), version_key(engine.max_api)
        for version in bundled_versions():
            if not lowest <= version_key(version) <= highest:
                continue
            if peer.private and is_spoiled(peer.private):
                peers.close()
                peer = peers.enter_context(engines.peer(name))

            def record(operation: str, document: Any, version: str = version) -> None:
                with lock:
                    evidence.add(name, version, operation, document)

            tar = busybox_tar(busybox(FOLDER))
            outcome = play(engine, peer, tar, version, record=record)
            complaints += [f"{name} at {version}: {each}" for each in outcome.complaints]
            print(f"{name} at {version}: {len(outcome.passed)} operations answered", flush=True)
    return complaints


if __name__ == "__main__":
    sys.exit(main())
