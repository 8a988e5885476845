"""DELETE /parcels/{id}, as of API 1.25."""

from __future__ import annotations

from typing import Any

from moorage.contract import (
    AsyncNamespace,
    Namespace,
    Options,
    Request,
    as_is,
    segment,
)

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(id: str) -> Request[Any]:
    """Build the request."""
    return Request(
        operation="ParcelDelete",
        method="DELETE",
        path="/parcels/" + segment("id", id),
        decode=as_is,
    )


class ParcelsOperation(Namespace):
    """The operation ParcelDelete, sync."""

    def delete(self, id: str, *, timeout: float | None = None) -> None:
        """Do what ParcelDelete does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        DELETE /parcels/{id}.
        """
        return self._transport.nothing(request(id), Options(timeout=timeout))


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelDelete, async."""

    async def delete(self, id: str, *, timeout: float | None = None) -> None:
        """Do what ParcelDelete does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        DELETE /parcels/{id}.
        """
        return await self._transport.nothing(request(id), Options(timeout=timeout))
