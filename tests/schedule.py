"""The groups of tests that one process runs, where a run has several, and their order.

pytest-xdist has groups of its own (`--dist loadgroup`), which it writes into the ids of tests.
pytest 9.2 does not read them there: each test is a group then, which nothing tells.
"""

from __future__ import annotations

import re

from xdist.scheduler.loadscope import LoadScopeScheduling

from moorage.private.releases import PODMANS, RELEASES

__all__ = ["Grouped", "group_of", "order"]

MATRIX = "tests/engines/test_matrix.py"
FIRST = (
    MATRIX,
    "tests/types/",
    "tests/engines/test_swarm_story.py",
    "tests/engines/test_faults.py",
    "tests/engines/test_vendor.py",
    "tests/engines/test_plugin.py",
    "tests/distribution/",
)
"""Files and folders whose tests take longest: they are not left for the end."""

_ENGINE = re.compile(
    rf"[\[-]({'|'.join(map(re.escape, [*RELEASES, *sorted(PODMANS, reverse=True)]))})[\]-]"
)


def group_of(node_id: str) -> str:
    """Name the group of a test: those of its file, on the same engine.

    They share what the file's fixtures set up, and the engine. The matrix shares neither.
    """
    file, _, test = node_id.partition("::")
    if file == MATRIX:
        return node_id
    engine = _ENGINE.search(test)
    return f"{file}[{engine[1]}]" if engine else file


def order(node_id: str) -> int:
    """Return what sorts tests: groups begin in the order of their first test."""
    places = (n for n, place in enumerate(FIRST) if node_id.startswith(place))
    return next(places, len(FIRST))


class Grouped(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives each process a group at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
