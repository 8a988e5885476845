"""Record the outcomes of the calls to an engine, grouping equal departures."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from moorage.conformance.report import OUTCOMES, Departures
from moorage.versions.numbers import version_key

__all__ = ["Journal"]

_RANKS = list(OUTCOMES)


class Journal:
    """The outcomes of the calls to one engine, at all versions."""

    def __init__(self) -> None:
        self.outcomes: dict[str, dict[str, str]] = {}
        self.departures: dict[tuple[str, ...], Departures] = {}
        self.left: list[str] = []
        self.stopped = False
        """Set by another thread to stop the calls."""

    def outcome(self, operation: str, version: str, outcome: str) -> None:
        """Record the outcome of a call; of several calls, the worst counts."""
        held = self.outcomes.setdefault(operation, {})
        held[version] = max(held.get(version, outcome), outcome, key=_RANKS.index)

    def departure(self, version: str, make: Callable[[], Departures], *key: str) -> None:
        """Record a departure, or only that this version has it too."""
        known = self.departures.get(key)
        if known is None:
            self.departures[key] = make()
        elif version not in known.versions:
            versions = sorted({*known.versions, version}, key=version_key)
            self.departures[key] = evolve(known, versions=tuple(versions))
