"""Match a request to a line of a recording."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import define, field

from moorage.testing.recordings.entry import Entry

__all__ = ["Recording"]

_SAFE = ("GET", "HEAD")
_WEIGHTS = {"method": 4, "path": 8, "version": 1, "query": 2, "request": 2}
_MISSING = object()


@define
class Recording:
    """The lines of a recording, each of which answers one request.

    A request that changes nothing may be repeated more often than recorded: then its last answer is
    repeated.
    """

    entries: Sequence[Entry]
    _used: set[int] = field(factory=set)

    def take(self, asked: Entry) -> Entry | None:
        """Return the line that answers a request; None if it was not recorded."""
        again = None
        for place, entry in enumerate(self.entries):
            if _same(asked, entry):
                if place not in self._used:
                    self._used.add(place)
                    return entry
                again = entry
        return again if asked.method in _SAFE else None

    def unused(self) -> list[Entry]:
        """Return the lines that no request was answered with."""
        return [each for place, each in enumerate(self.entries) if place not in self._used]

    def nearest(self, asked: Entry) -> Entry | None:
        """Return the line that is most like a request."""
        likely = [each for each in self.entries if each.method == asked.method]
        return max(likely or self.entries, key=lambda each: _likeness(asked, each), default=None)


def _same(asked: Entry, entry: Entry) -> bool:
    return all(getattr(asked, name) == getattr(entry, name) for name in _WEIGHTS)


def _likeness(asked: Entry, entry: Entry) -> float:
    weight = sum(
        weight for name, weight in _WEIGHTS.items() if getattr(asked, name) == getattr(entry, name)
    )
    same = asked.operation and asked.operation == entry.operation
    return weight + (8 if same else 0) - 0.01 * len(differences(asked, entry))


def differences(asked: Entry, entry: Entry) -> list[str]:
    """List the differences between a request and a recorded one."""
    found: list[str] = []
    for name in _WEIGHTS:
        found += _differences(getattr(asked, name), getattr(entry, name), name)
    return found


def _differences(asked: Any, recorded: Any, where: str) -> Iterator[str]:
    if isinstance(asked, dict) and isinstance(recorded, dict):
        for key in dict.fromkeys([*recorded, *asked]):
            one, other = asked.get(key, _MISSING), recorded.get(key, _MISSING)
            yield from _differences(one, other, f"{where}.{key}")
    elif asked != recorded:
        yield f"{where} is {_shown(asked)}, and was {_shown(recorded)}"


def _shown(value: Any) -> str:
    return "absent" if value is _MISSING else json.dumps(value)[:80]
