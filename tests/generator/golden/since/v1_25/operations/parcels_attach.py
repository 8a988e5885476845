"""POST /parcels/{id}/attach, as of API 1.25."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Literal, overload

from moorage.contract import (
    AsyncNamespace,
    Namespace,
    Options,
    Process,
    Request,
    as_is,
    body_json,
    segment,
)
from moorage.streams.session import AsyncSession, Session

if TYPE_CHECKING:
    from moorage_api.since.v1_25.models.attach_config import AttachConfig

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(
    api_version: str | None, id: str, body: AttachConfig | None = None, **fields: Any
) -> Request[Any]:
    """Build the request."""
    from moorage_api.since.v1_25.models.attach_config import AttachConfig

    return Request(
        operation="ParcelAttach",
        method="POST",
        path="/parcels/" + segment("id", id) + "/attach",
        decode=as_is,
        json=body_json(AttachConfig, body, fields, "parcels.attach", api_version),
        upgrade="tcp",
        process=Process(
            "/parcels/" + segment("id", id) + "/json",
            tty=("Tty",),
            running=("Running",),
        ),
    )


class ParcelsOperation(Namespace):
    """The operation ParcelAttach, sync."""

    @overload
    def attach(
        self,
        id: str,
        body: AttachConfig,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
    ) -> Session: ...
    @overload
    def attach(
        self,
        id: str,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        detach: Literal[True],
        extra: dict[str, Any] | None = None,
    ) -> None: ...
    @overload
    def attach(
        self,
        id: str,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        detach: Literal[False] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Session: ...
    @overload
    def attach(
        self,
        id: str,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        detach: bool | None,
        extra: dict[str, Any] | None = None,
    ) -> Session | None: ...

    def attach(
        self,
        id: str,
        body: AttachConfig | None = None,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        **fields: Any,
    ) -> Session | None:
        """Do what ParcelAttach does.

        Args:
            id: ID.
            body: Give a `AttachConfig`, or its fields by name.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Keyword Args:
            detach (bool): Come back at once.
            extra (dict[str, Any]): Fields the specification does not define, by their JSON
                names.

        Raises:
            NotFound: No such parcel.

        POST /parcels/{id}/attach.
        """
        sent = request(self._transport.version, id, body, **fields)
        if fields.get("detach"):
            self._transport.nothing(
                sent.changed(upgrade=None, process=None),
                Options(timeout=total_timeout, idle_timeout=idle_timeout),
            )
            return None

        return Session(
            self._transport, sent, Options(idle_timeout=idle_timeout, total_timeout=total_timeout)
        )


class AsyncParcelsOperation(AsyncNamespace):
    """The operation ParcelAttach, async."""

    @overload
    def attach(
        self,
        id: str,
        body: AttachConfig,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
    ) -> AsyncSession: ...
    @overload
    def attach(
        self,
        id: str,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        detach: Literal[True],
        extra: dict[str, Any] | None = None,
    ) -> Coroutine[Any, Any, None]: ...
    @overload
    def attach(
        self,
        id: str,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        detach: Literal[False] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> AsyncSession: ...
    @overload
    def attach(
        self,
        id: str,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        detach: bool | None,
        extra: dict[str, Any] | None = None,
    ) -> AsyncSession | Coroutine[Any, Any, None]: ...

    def attach(
        self,
        id: str,
        body: AttachConfig | None = None,
        *,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        **fields: Any,
    ) -> AsyncSession | Coroutine[Any, Any, None]:
        """Do what ParcelAttach does.

        Args:
            id: ID.
            body: Give a `AttachConfig`, or its fields by name.
            idle_timeout: Raise `TimedOut` after this many seconds without data in either
                direction.
            total_timeout: Raise `TimedOut` after this many seconds in total.

        Keyword Args:
            detach (bool): Come back at once.
            extra (dict[str, Any]): Fields the specification does not define, by their JSON
                names.

        Raises:
            NotFound: No such parcel.

        POST /parcels/{id}/attach.
        """
        sent = request(self._transport.version, id, body, **fields)
        if fields.get("detach"):
            return self._transport.nothing(
                sent.changed(upgrade=None, process=None),
                Options(timeout=total_timeout, idle_timeout=idle_timeout),
            )

        return AsyncSession(
            self._transport, sent, Options(idle_timeout=idle_timeout, total_timeout=total_timeout)
        )
