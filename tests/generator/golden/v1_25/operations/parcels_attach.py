"""POST /parcels/{id}/attach, as API 1.25 has it."""

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
from moorage.streams.session import AsyncSession, Session

__all__ = ["AsyncParcelAttachOperation", "ParcelAttachOperation"]


def request(id: str) -> Request[Any]:
    """Build the request."""
    return Request(
        operation="ParcelAttach",
        method="POST",
        path="/parcels/" + segment("id", id) + "/attach",
        decode=as_is,
        upgrade="tcp",
        process=Process(
            "/parcels/" + segment("id", id) + "/json",
            tty=("Tty",),
            running=("Running",),
        ),
    )


class ParcelAttachOperation(Namespace):
    """The operation ParcelAttach, sync."""

    def attach(
        self, id: str, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> Session:
        """Do what ParcelAttach does.

        Args:
            id: ID.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        POST /parcels/{id}/attach.
        """
        return Session(
            self._transport,
            request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


class AsyncParcelAttachOperation(AsyncNamespace):
    """The operation ParcelAttach, async."""

    def attach(
        self, id: str, *, idle_timeout: float | None = None, total_timeout: float | None = None
    ) -> AsyncSession:
        """Do what ParcelAttach does.

        Args:
            id: ID.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Raises:
            NotFound: No such parcel.

        POST /parcels/{id}/attach.
        """
        return AsyncSession(
            self._transport,
            request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )
