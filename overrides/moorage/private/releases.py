"""Private engines by the names of their releases."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from moorage.private.engine import PrivateEngine, private_engine
from moorage.private.errors import PrivateEngineError
from moorage.private.podman import private_podman

__all__ = ["PODMANS", "RELEASES", "WITH_MIN_API", "private_release"]

RELEASES = {"20.10": "bookworm", "26.1": "trixie", "28.5": "forky"}
"""Docker's releases, with the Debian suite that has each."""

PODMANS = {"podman": "bookworm", "podman-5.4": "trixie"}
"""Podman's: 4.3 and 5.4, with the Debian suite that has each."""

WITH_MIN_API = ("26.1", "28.5")
"""Releases whose oldest API version can be set, by DOCKER_MIN_API_VERSION."""


def private_release(
    release: str, *, folder: Path | None = None, min_api: str | None = None
) -> AbstractContextManager[PrivateEngine]:
    """Start the engine of a release of Docker's, or Podman's: as `private_engine` does.

    Args:
        release: One of `RELEASES`, or of `PODMANS`.
        folder: The folder to unpack packages into.
        min_api: Oldest API version that the engine is to accept, which is newer than its default.

    Raises:
        PrivateEngineError: The release is unknown, or its oldest version can't be set.
    """
    if min_api and release not in WITH_MIN_API:
        raise PrivateEngineError(
            f"{release[:40]} has no setting for its oldest API version, but "
            f"{', '.join(WITH_MIN_API)} have"
        )
    if release in PODMANS:
        return private_podman(PODMANS[release], folder=folder)
    if release not in RELEASES:
        raise PrivateEngineError(
            f"no private engine {release[:40]!r}: there are {', '.join([*RELEASES, *PODMANS])}"
        )
    environment = {"DOCKER_MIN_API_VERSION": min_api} if min_api else None
    return private_engine(RELEASES[release], environment=environment, folder=folder)
