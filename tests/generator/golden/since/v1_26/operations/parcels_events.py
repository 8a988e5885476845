"""GET /parcels/events, as of API 1.26."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moorage.contract import (
    AsyncNamespace,
    Namespace,
    Options,
    Request,
    as_object,
)
from moorage.streams.events import AsyncEvents, Events

if TYPE_CHECKING:
    from moorage_api.since.v1_26.models.parcel import Parcel

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request() -> Request[Parcel]:
    """Build the request."""
    from moorage_api.since.v1_26.models.parcel import Parcel

    return Request(
        operation="ParcelEvents",
        method="GET",
        path="/parcels/events",
        decode=lambda v: Parcel.from_dict(as_object(v)),
    )


class ParcelsOperation(Namespace):
    """The operation ParcelEvents, sync."""

    def events(
        self, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> Events[Parcel]:
        """Do what ParcelEvents does.

        Args:
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        GET /parcels/events.
        """
        return Events(
            self._transport,
            request(),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelEvents, async."""

    def events(
        self, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> AsyncEvents[Parcel]:
        """Do what ParcelEvents does.

        Args:
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        GET /parcels/events.
        """
        return AsyncEvents(
            self._transport,
            request(),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )
