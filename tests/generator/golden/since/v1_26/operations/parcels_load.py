"""POST /parcels/load, as of API 1.26."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moorage.contract import (
    AsyncContent,
    AsyncNamespace,
    Content,
    Namespace,
    Options,
    Progress,
    Request,
    as_object,
)
from moorage.streams.json_stream import AsyncJsonStream, JsonStream

if TYPE_CHECKING:
    from moorage_api.since.v1_26.models.parcel import Parcel

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(content: AsyncContent | None = None) -> Request[Parcel]:
    """Build the request."""
    from moorage_api.since.v1_26.models.parcel import Parcel

    return Request(
        operation="ParcelLoad",
        method="POST",
        path="/parcels/load",
        decode=lambda v: Parcel.from_dict(as_object(v)),
        content=content,
        content_type="application/x-tar",
    )


class ParcelsOperation(Namespace):
    """The operation ParcelLoad, sync."""

    def load(
        self,
        content: Content | None = None,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        progress: Progress | None = None,
        raise_errors: bool = True,
    ) -> JsonStream[Parcel]:
        """Do what ParcelLoad does.

        Args:
            content: Give bytes, a path, an open binary file, or chunks of bytes.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.
            progress: Called with the number of bytes sent so far.
            raise_errors: Raise the errors that the engine reports; False yields them as items.

        Raises:
            NotFound: No such parcel.

        POST /parcels/load.
        """
        return JsonStream(
            self._transport,
            request(content),
            Options(
                idle_timeout=idle_timeout,
                total_timeout=total_timeout,
                progress=progress,
                raise_errors=raise_errors,
            ),
        )


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelLoad, async."""

    def load(
        self,
        content: AsyncContent | None = None,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        progress: Progress | None = None,
        raise_errors: bool = True,
    ) -> AsyncJsonStream[Parcel]:
        """Do what ParcelLoad does.

        Args:
            content: Give bytes, a path, an open binary file, or chunks of bytes.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.
            progress: Called with the number of bytes sent so far.
            raise_errors: Raise the errors that the engine reports; False yields them as items.

        Raises:
            NotFound: No such parcel.

        POST /parcels/load.
        """
        return AsyncJsonStream(
            self._transport,
            request(content),
            Options(
                idle_timeout=idle_timeout,
                total_timeout=total_timeout,
                progress=progress,
                raise_errors=raise_errors,
            ),
        )
