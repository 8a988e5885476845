"""HEAD /parcels/{id}/stat, as of API 1.25."""

from __future__ import annotations

from moorage.contract import (
    AsyncNamespace,
    Namespace,
    Options,
    Request,
    as_is,
    segment,
)

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(id: str) -> Request[dict[str, str]]:
    """Build the request."""
    return Request(
        operation="ParcelStat",
        method="HEAD",
        path="/parcels/" + segment("id", id) + "/stat",
        decode=as_is,
    )


class ParcelsOperation(Namespace):
    """The operation ParcelStat, sync."""

    def stat(self, id: str, *, timeout: float | None = None) -> dict[str, str]:
        """Do what ParcelStat does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        HEAD /parcels/{id}/stat.
        """
        return self._transport.headers(request(id), Options(timeout=timeout))


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelStat, async."""

    async def stat(self, id: str, *, timeout: float | None = None) -> dict[str, str]:
        """Do what ParcelStat does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        HEAD /parcels/{id}/stat.
        """
        return await self._transport.headers(request(id), Options(timeout=timeout))
