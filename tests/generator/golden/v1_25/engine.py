"""A connection to an engine that speaks API 1.25."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from moorage.engine_base import AsyncEngineBase, EngineBase
from moorage.namespace import verbs

if TYPE_CHECKING:
    from moorage_api.since.v1_25.namespaces.parcels import AsyncParcels, Parcels

    class _Verbs:
        """The verbs: tasks of several calls."""

    class _AsyncVerbs:
        """The verbs: tasks of several calls."""

else:
    _Verbs, _AsyncVerbs = verbs(
        __name__,
    )

__all__ = ["AsyncEngine", "Engine"]


class Engine(_Verbs, EngineBase):
    """A connection to an engine that speaks API 1.25."""

    api_version = "1.25"

    @cached_property
    def parcels(self) -> Parcels:
        """Operations of `engine.parcels`."""
        from moorage_api.since.v1_25.namespaces.parcels import Parcels

        return Parcels(self._transport)


class AsyncEngine(_AsyncVerbs, AsyncEngineBase):
    """A connection to an engine that speaks API 1.25, awaited."""

    api_version = "1.25"

    @cached_property
    def parcels(self) -> AsyncParcels:
        """Operations of `engine.parcels`."""
        from moorage_api.since.v1_25.namespaces.parcels import AsyncParcels

        return AsyncParcels(self._transport)
