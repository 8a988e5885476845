"""API versions: numbers with a dot between, compared as numbers (1.9 is older than 1.41)."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from moorage.errors import UnsupportedVersion

__all__ = [
    "NOTHING_BUNDLED",
    "VERSION_VARIABLE",
    "bundled_versions",
    "find_version",
    "package_name",
    "version_module",
    "version_key",
    "require_bundled",
    "span",
]

VERSION_VARIABLE = "DOCKER_API_VERSION"
"""The environment variable that chooses a version, and so turns negotiation off."""

NOTHING_BUNDLED = (
    "has no generated clients: reinstall it, or run `make generate` in its source tree"
)
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})", re.ASCII)


def version_key(version: str) -> tuple[int, int]:
    """Make a version comparable.

    Raises:
        ValueError: this is not a version.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f'{version[:40]!r} is not an API version: write it like "1.44"')
    return int(match[1]), int(match[2])


def package_name(version: str) -> str:
    """Name the package of a version in `moorage_api`: "v1_44" for "1.44"."""
    return f"v{version.replace('.', '_')}"


def version_module(version: str) -> Any:
    """Import the package of a bundled version."""
    return import_module(f"moorage_api.{package_name(version)}")


def bundled_versions() -> tuple[str, ...]:
    """Name the API versions that this installation has a client for, the oldest first."""
    try:
        versions: tuple[str, ...] = import_module("moorage_api").VERSIONS
    except (ImportError, AttributeError):  # a source tree in which nothing was generated yet
        return ()
    return versions


def find_version(version: str | None) -> str | None:
    """Find the version that is asked for: the argument, else DOCKER_API_VERSION, else none.

    Raises:
        ValueError: it is malformed.
        UnsupportedVersion: this installation has no client for it.
    """
    if version is not None:
        version_key(version)
    elif version := os.environ.get(VERSION_VARIABLE):
        try:
            version_key(version)
        except ValueError as error:
            raise ValueError(f"{VERSION_VARIABLE}: {error}") from None
    else:
        return None
    return require_bundled(version)


def require_bundled(version: str) -> str:
    """Return the version if this installation has a client for it.

    Raises:
        UnsupportedVersion: it has none.
    """
    bundled = bundled_versions()
    if not bundled:
        raise UnsupportedVersion(f"this installation of moorage {NOTHING_BUNDLED}")
    if version not in bundled:
        raise UnsupportedVersion(
            f"this installation of moorage has no client for API {version}; it has "
            f"{span(bundled)}. Choose one of these"
        )
    return version


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
