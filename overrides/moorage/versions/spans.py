"""Sentences about what the API version in use lacks."""

from __future__ import annotations

from collections.abc import Iterable

from moorage.versions.numbers import version_key

__all__ = ["Span", "lacking"]

Span = tuple[str, str]
"""The first and the last version that have something."""


def lacking(what: str, spans: Iterable[Span], speaker: str, version: str) -> str:
    """Tell which versions have something that a version lacks.

    Args:
        what: what is lacking.
        spans: the versions that have it.
        speaker: the subject of the last part, which the version follows.
        version: the version that lacks it.
    """
    firsts, lasts = zip(*spans, strict=True)
    first, last = min(firsts, key=version_key), max(lasts, key=version_key)
    speaks = f"{speaker} {version}"
    if version_key(version) < version_key(first):
        return f"{what} needs API {first}; {speaks}"
    if version_key(version) > version_key(last):
        return f"{what} was removed after API {last}; {speaks}"
    return f"{what} is not in every API from {first} to {last}; {speaks}"
