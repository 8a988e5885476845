"""GET /parcels/{id}/export, as of API 1.25."""

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
from moorage.streams.download import AsyncDownload, Download

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(id: str) -> Request[Any]:
    """Build the request."""
    return Request(
        operation="ParcelExport",
        method="GET",
        path="/parcels/" + segment("id", id) + "/export",
        decode=as_is,
    )


class ParcelsOperation(Namespace):
    """The operation ParcelExport, sync."""

    def export(
        self, id: str, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> Download:
        """Do what ParcelExport does.

        Args:
            id: ID.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        GET /parcels/{id}/export.
        """
        return Download(
            self._transport,
            request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelExport, async."""

    def export(
        self, id: str, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> AsyncDownload:
        """Do what ParcelExport does.

        Args:
            id: ID.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        GET /parcels/{id}/export.
        """
        return AsyncDownload(
            self._transport,
            request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )
