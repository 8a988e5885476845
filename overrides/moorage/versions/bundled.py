"""The API versions that this installation has a client for, and the requested one."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from moorage.errors import UnsupportedVersion
from moorage.versions.numbers import VERSION_VARIABLE, package_name, span, version_key

__all__ = [
    "NOTHING_BUNDLED",
    "bundled_versions",
    "find_version",
    "require_bundled",
    "version_module",
]

NOTHING_BUNDLED = (
    "has no generated clients: reinstall it, or run `make generate` in its source tree"
)


def version_module(version: str) -> Any:
    """Import the package of a bundled version."""
    return import_module(f"moorage_api.{package_name(version)}")


def bundled_versions() -> tuple[str, ...]:
    """List the API versions that this installation has a client for, the oldest first."""
    try:
        versions: tuple[str, ...] = import_module("moorage_api").VERSIONS
    except (ImportError, AttributeError):  # a source tree before `make generate`
        return ()
    return versions


def find_version(version: str | None) -> str | None:
    """Find the requested version: the argument, else DOCKER_API_VERSION, else None.

    Raises:
        TypeError: It is not a str.
        ValueError: It is malformed.
        UnsupportedVersion: This installation has no client for it.
    """
    if version is not None:
        if not isinstance(version, str):
            raise TypeError(f'version takes a str, such as "1.44", not {type(version).__name__}')
        return require_bundled(version)
    if version := os.environ.get(VERSION_VARIABLE):
        try:
            return require_bundled(version)
        except (ValueError, UnsupportedVersion) as error:
            raise type(error)(f"{VERSION_VARIABLE}: {error}") from None
    return None


def require_bundled(version: str) -> str:
    """Return the version if this installation has a client for it.

    Raises:
        ValueError: It is malformed.
        UnsupportedVersion: It has none.
    """
    version_key(version)
    bundled = bundled_versions()
    if not bundled:
        raise UnsupportedVersion(f"this installation of moorage {NOTHING_BUNDLED}")
    if version not in bundled:
        raise UnsupportedVersion(
            f"this installation of moorage has no client for API {version}; it has "
            f"{span(bundled)}. Choose one of these"
        )
    return version
