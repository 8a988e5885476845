"""Replace IDs and times by values that are the same in each recording."""

from __future__ import annotations

import re
from typing import Any

from attrs import define, evolve, field

from moorage.testing.recordings.entry import Entry

__all__ = ["Normalizer"]

_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SHORT = re.compile(r"(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])")
_TIME = re.compile(r"(?!0001-)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_MOMENT = "2000-01-01T00:00:00Z"
_COUNTED = {"time": 946684800, "timeNano": 946684800 * 10**9, "Created": 946684800}


@define
class Normalizer:
    """Numbers the IDs of a recording in their order, and replaces all times by one."""

    _ids: dict[str, str] = field(factory=dict)

    def normalized(self, entry: Entry) -> Entry:
        """Return an entry with other IDs and times."""
        return evolve(
            entry,
            path=self._text(entry.path),
            query=self._value(entry.query),
            request=self._value(entry.request),
            answer=self._value(entry.answer),
        )

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if isinstance(value, dict):
            return {
                self._text(key): _COUNTED[key]
                if key in _COUNTED and isinstance(each, int)
                else self._value(each)
                for key, each in value.items()
            }
        return value

    def _text(self, text: str) -> str:
        text = _ID.sub(lambda found: self._number(found[0]), text)
        text = _SHORT.sub(self._short, text)
        return _TIME.sub(_MOMENT, text)

    def _number(self, found: str) -> str:
        # The number stands first, so that the short form differs too.
        return self._ids.setdefault(found, f"{len(self._ids) + 1:012x}" + "0" * 52)

    def _short(self, found: re.Match[str]) -> str:
        for known, number in self._ids.items():
            if known.startswith(found[0]):
                return number[:12]
        return found[0]
