"""Filters of lists, as engines apply them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence

from moorage.parse.timestamps import parse_timestamp
from moorage.testing.objects.refused import Refused

__all__ = ["matches_labels", "matches_time", "same_key"]

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)(h|m|s|ms))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def matches_labels(labels: Mapping[str, str] | None, wanted: Sequence[str]) -> bool:
    """Return whether all labels are set: "key", or "key=value"."""
    found = labels or {}
    for each in wanted:
        name, equal, value = each.partition("=")
        if name not in found or (equal and found[name] != value):
            return False
    return True


def same_key(name: str, pattern: str) -> bool:
    """Return whether a name matches a filter, which is a regular expression."""
    try:
        bare = name.removeprefix("/")
        return bool(re.search(pattern, name) or re.search(pattern, bare))
    except re.error:
        return pattern in name


def matches_time(created: int, until: Sequence[str]) -> bool:
    """Return whether something is older than a time, or than a duration before now.

    Raises:
        Refused: It is neither of these.
    """
    return all(created <= _seconds(each) for each in until)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    if _DURATION.fullmatch(text):
        return time.time() - sum(float(n) * _SECONDS[unit] for n, unit in _PART.findall(text))
    try:
        moment = parse_timestamp(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError:
        moment = None
    if moment is None:
        raise Refused(400, f"failed to parse value as time or duration: {json.dumps(text)}")
    return moment.timestamp()
