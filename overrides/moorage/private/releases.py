"""Private engines by the names of their releases."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from moorage.private.engine import PrivateEngine, private_engine
from moorage.private.errors import PrivateEngineError
from moorage.private.podman import private_podman

__all__ = ["PODMAN", "RELEASES", "private_release"]

RELEASES = {"20.10": "bookworm", "26.1": "trixie", "28.5": "forky"}
"""Docker's releases, with the Debian suite that has each."""

PODMAN = "podman"


def private_release(
    release: str, *, folder: Path | None = None
) -> AbstractContextManager[PrivateEngine]:
    """Start the engine of a release of Docker's, or Podman's: as `private_engine` does.

    Raises:
        PrivateEngineError: there is no such release.
    """
    if release == PODMAN:
        return private_podman(folder=folder)
    if release not in RELEASES:
        raise PrivateEngineError(
            f"no private engine {release[:40]!r}: there are {', '.join([*RELEASES, PODMAN])}"
        )
    return private_engine(RELEASES[release], folder=folder)
