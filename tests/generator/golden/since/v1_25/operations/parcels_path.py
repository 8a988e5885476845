"""HEAD /parcels/{id}/path, as of API 1.25."""

from __future__ import annotations

from moorage.archives.path_stat import PathStat
from moorage.contract import (
    AsyncNamespace,
    Namespace,
    Options,
    Request,
    segment,
)

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(id: str) -> Request[PathStat]:
    """Build the request."""
    return Request(
        operation="ParcelPath",
        method="HEAD",
        path="/parcels/" + segment("id", id) + "/path",
        decode=PathStat.from_headers,
    )


class ParcelsOperation(Namespace):
    """The operation ParcelPath, sync."""

    def path(self, id: str, *, timeout: float | None = None) -> PathStat:
        """Do what ParcelPath does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        HEAD /parcels/{id}/path.
        """
        return self._transport.headers(request(id), Options(timeout=timeout))


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelPath, async."""

    async def path(self, id: str, *, timeout: float | None = None) -> PathStat:
        """Do what ParcelPath does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        HEAD /parcels/{id}/path.
        """
        return await self._transport.headers(request(id), Options(timeout=timeout))
