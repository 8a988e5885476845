"""GET /parcels/{id}/note, as of API 1.25."""

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
        operation="ParcelNote",
        method="GET",
        path="/parcels/" + segment("id", id) + "/note",
        decode=as_is,
    )


class ParcelsOperation(Namespace):
    """The operation ParcelNote, sync."""

    def note(self, id: str, *, timeout: float | None = None) -> str:
        """Do what ParcelNote does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        GET /parcels/{id}/note.
        """
        return self._transport.text(request(id), Options(timeout=timeout))


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelNote, async."""

    async def note(self, id: str, *, timeout: float | None = None) -> str:
        """Do what ParcelNote does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        GET /parcels/{id}/note.
        """
        return await self._transport.text(request(id), Options(timeout=timeout))
