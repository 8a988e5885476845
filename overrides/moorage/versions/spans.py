"""Messages about gaps of the API version in use."""

from __future__ import annotations

from collections.abc import Iterable

from moorage.versions.numbers import version_key

__all__ = ["Span", "lacking"]

Span = tuple[str, str]
"""The first and the last version that have something."""


def lacking(what: str, spans: Iterable[Span], speaker: str, version: str) -> str:
    """Write which versions have something that a version lacks.

    Args:
        what: The missing thing.
        spans: The versions that have it.
        speaker: The subject of the last clause, before the version.
        version: The version that lacks it.
    """
    firsts, lasts = zip(*spans, strict=True)
    first, last = min(firsts, key=version_key), max(lasts, key=version_key)
    speaks = f"{speaker} {version}"
    if version_key(version) < version_key(first):
        return f"{what} needs API {first}; {speaks}"
    if version_key(version) > version_key(last):
        return f"{what} was removed after API {last}; {speaks}"
    return f"{what} is not in every API from {first} to {last}; {speaks}"
