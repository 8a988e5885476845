"""Types that are imported for the type checker only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moorage_api.newest import AsyncEngine, ClusterVolumeSpec  # since 1.42 ClusterVolumeSpec


async def stop(engine: AsyncEngine, spec: ClusterVolumeSpec | None = None) -> None:
    await engine.containers.stop("web", t=1, signal="TERM")  # since 1.42 containers.stop(signal=)
    await engine.containers.stop("web", t="soon")  # always
