"""API versions: numbers with a dot between, compared as numbers (1.9 is older than 1.41)."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "VERSION_VARIABLE",
    "package_name",
    "version_key",
    "span",
]

VERSION_VARIABLE = "DOCKER_API_VERSION"
"""The environment variable that chooses a version and turns off negotiation."""

_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})", re.ASCII)


def version_key(version: str) -> tuple[int, int]:
    """Make a version comparable.

    Raises:
        ValueError: It is not a version.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f'{version[:40]!r} is not an API version: write it like "1.44"')
    return int(match[1]), int(match[2])


def package_name(version: str) -> str:
    """Name the package of a version in `moorage_api`: "v1_44" for "1.44"."""
    return f"v{version.replace('.', '_')}"


def span(versions: Sequence[str]) -> str:
    """Describe ascending versions in few words: "1.25 to 1.30, 1.32"."""
    runs: list[list[str]] = []
    for version in versions:
        major, minor = version_key(version)
        if runs and version_key(runs[-1][-1]) == (major, minor - 1):
            runs[-1].append(version)
        else:
            runs.append([version])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
