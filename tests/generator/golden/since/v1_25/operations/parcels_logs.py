"""GET /parcels/{id}/logs, as of API 1.25."""

from __future__ import annotations

from typing import Any

from moorage.contract import (
    AsyncNamespace,
    Namespace,
    Options,
    Process,
    Request,
    as_is,
    segment,
)
from moorage.streams.frames import AsyncFrames, Frames

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(id: str) -> Request[Any]:
    """Build the request."""
    return Request(
        operation="ParcelLogs",
        method="GET",
        path="/parcels/" + segment("id", id) + "/logs",
        decode=as_is,
        process=Process(
            "/parcels/" + segment("id", id) + "/json",
            tty=("Tty",),
            running=("Running",),
        ),
    )


class ParcelsOperation(Namespace):
    """The operation ParcelLogs, sync."""

    def logs(
        self, id: str, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> Frames:
        """Do what ParcelLogs does.

        Args:
            id: ID.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        GET /parcels/{id}/logs.
        """
        return Frames(
            self._transport,
            request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelLogs, async."""

    def logs(
        self, id: str, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> AsyncFrames:
        """Do what ParcelLogs does.

        Args:
            id: ID.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        GET /parcels/{id}/logs.
        """
        return AsyncFrames(
            self._transport,
            request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )
