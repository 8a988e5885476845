"""The result of a build."""

from __future__ import annotations

from typing import NamedTuple

from moorage.progress.vertices import VertexWarning

__all__ = ["Built"]


class Built(NamedTuple):
    """An image that was built."""

    id: str
    """The image's ID; "" where the output is not an image."""
    log: str
    """The log of the build."""
    warnings: tuple[VertexWarning, ...] = ()
    """The warnings of BuildKit."""
    digest: str | None = None
    """The digest of the image's manifest, if the engine keeps one (containerd's image store)."""
