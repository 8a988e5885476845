"""GET /parcels/{id}/attach/ws, as of API 1.25."""

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
from moorage.streams.websocket import AsyncWebSocket, WebSocket

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(id: str) -> Request[Any]:
    """Build the request."""
    return Request(
        operation="ParcelAttachWebsocket",
        method="GET",
        path="/parcels/" + segment("id", id) + "/attach/ws",
        decode=as_is,
    )


class ParcelsOperation(Namespace):
    """The operation ParcelAttachWebsocket, sync."""

    def attach_websocket(
        self, id: str, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> WebSocket:
        """Do what ParcelAttachWebsocket does.

        Args:
            id: ID.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        GET /parcels/{id}/attach/ws.
        """
        return WebSocket(
            self._transport,
            request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelAttachWebsocket, async."""

    def attach_websocket(
        self, id: str, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> AsyncWebSocket:
        """Do what ParcelAttachWebsocket does.

        Args:
            id: ID.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        GET /parcels/{id}/attach/ws.
        """
        return AsyncWebSocket(
            self._transport,
            request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )
