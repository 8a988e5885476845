"""The results of a survey: plain data for several formats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import asdict, field, frozen

from moorage.versions.numbers import span, version_key
from moorage_api.availability import OPERATIONS

__all__ = ["OUTCOMES", "Asked", "Departures", "Report", "operations_of"]

OUTCOMES = {
    "answers": "as it should, without JSON that could be checked",
    "conforms": "with the JSON that the specification promises",
    "departs": "with other JSON than the specification promises",
    "refuses": "with an error, or not at all",
}
"""The outcomes of a call, from best to worst."""


@frozen
class Departures:
    """Departures that differ only in version or object."""

    operation: str
    place: str
    """Place in the response, with open indices and keys: `$[].Labels.*`; empty for a refusal."""
    expected: str
    found: str
    versions: tuple[str, ...]
    """The affected versions, ascending."""
    request: str
    """The first request with this response."""
    status: int
    """The response's status; 0 without one."""
    evidence: str
    """The response's value there, without possible secrets."""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}expected {self.expected}, found {self.found} (API {span(self.versions)})"


@frozen
class Asked:
    """An engine, and the outcomes of its calls."""

    name: str
    """The name, unique in a report: as given, else the engine's own with its release."""
    release: str
    min_api: str
    max_api: str
    versions: tuple[str, ...]
    """The queried versions."""
    outcomes: Mapping[str, Mapping[str, str]] = field(repr=False)
    """Outcomes by operation and version; calls that were not made are missing."""
    departures: tuple[Departures, ...] = field(repr=False)
    left: tuple[str, ...] = ()
    """Objects that could not be removed, with the reason."""

    def of(self, operation: str) -> tuple[Departures, ...]:
        """Return the departures of an operation."""
        return tuple(each for each in self.departures if each.operation == operation)


@frozen
class Report:
    """Engines, in the order in which they were named."""

    engines: tuple[Asked, ...]
    write: bool
    """Whether objects were made for the queries."""

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations of the versions."""
        asked = {version for engine in self.engines for version in engine.versions}
        return tuple(sorted({name for version in asked for name in operations_of(version)}))

    @property
    def departs(self) -> bool:
        """Whether any engine departs anywhere."""
        return any(engine.departures for engine in self.engines)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return {"outcomes": OUTCOMES, **asdict(self)}

    def to_json(self) -> str:
        """Write it as JSON; equal reports give equal bytes."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"


def operations_of(version: str) -> set[str]:
    """List the operations of a version."""
    return {
        name
        for name, (first, last) in OPERATIONS.items()
        if version_key(first) <= version_key(version) <= version_key(last)
    }
