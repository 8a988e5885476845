"""Operations of `engine.parcels`, as of API 1.26.

- `list`: GET /parcels/json
- `create`: POST /parcels/create
- `load`: POST /parcels/load
- `events`: GET /parcels/events
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from moorage.contract import (
    AsyncContent,
    AsyncNamespace,
    Content,
    Filters,
    Namespace,
    Options,
    Progress,
    Request,
    as_object,
    body_json,
    clear_locals,
    filters_json,
    list_of,
    query_bool,
    query_int,
)

if TYPE_CHECKING:
    from moorage.streams.events import AsyncEvents, Events
    from moorage.streams.json_stream import AsyncJsonStream, JsonStream
    from moorage_api.since.v1_25.models.part import Part
    from moorage_api.since.v1_26.models.parcel import Parcel


def _list_request(
    *, filters: Filters | None = None, all: bool | None = None, limit: int | None = None
) -> Request[list[Parcel]]:
    from moorage_api.since.v1_26.models.parcel import Parcel

    return Request(
        operation="ParcelList",
        method="GET",
        path="/parcels/json",
        decode=list_of(Parcel.from_dict),
        query={
            "filters": filters_json("filters", filters),
            "all": query_bool("all", all),
            "limit": query_int("limit", limit),
        },
    )


class ParcelsListOperation(Namespace):
    """The operation ParcelList, sync."""

    def list(
        self,
        *,
        filters: Filters | None = None,
        all: bool | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> builtins.list[Parcel]:
        """Do what ParcelList does.

        Args:
            filters: Filters to process on the list. Available filters:

                - `label=<key>`
                - `size=<bytes>`.

                Give a mapping, such as `{"label": ["a=b", "c"]}`.
            all: Show all.
            limit: Return this many. Since API 1.26.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        GET /parcels/json.
        """

        return self._transport.json(
            _list_request(filters=filters, all=all, limit=limit), Options(timeout=timeout)
        )


class AsyncParcelsListOperation(AsyncNamespace):
    """The operation ParcelList, async."""

    async def list(
        self,
        *,
        filters: Filters | None = None,
        all: bool | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> builtins.list[Parcel]:
        """Do what ParcelList does.

        Args:
            filters: Filters to process on the list. Available filters:

                - `label=<key>`
                - `size=<bytes>`.

                Give a mapping, such as `{"label": ["a=b", "c"]}`.
            all: Show all.
            limit: Return this many. Since API 1.26.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        GET /parcels/json.
        """

        return await self._transport.json(
            _list_request(filters=filters, all=all, limit=limit), Options(timeout=timeout)
        )


def _create_request(
    api_version: str | None, body: Parcel | None = None, **fields: Any
) -> Request[Parcel]:
    from moorage_api.since.v1_26.models.parcel import Parcel

    return Request(
        operation="ParcelCreate",
        method="POST",
        path="/parcels/create",
        decode=lambda v: Parcel.from_dict(as_object(v)),
        json=body_json(Parcel, body, fields, "parcels.create", api_version),
    )


class ParcelsCreateOperation(Namespace):
    """The operation ParcelCreate, sync."""

    @overload
    def create(
        self,
        body: Parcel,
        *,
        timeout: float | None = None,
    ) -> Parcel: ...
    @overload
    def create(
        self,
        *,
        timeout: float | None = None,
        id: str,
        size: int | None = None,
        kind: Literal["box", "letter"] | str | None = None,
        labels: dict[str, str] | None = None,
        parts: list[Part] | None = None,
        seal: str | None = None,
        data: bytes | None = None,
        env: list[str] | Mapping[str, str | None] | None = None,
        weight: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Parcel: ...

    def create(
        self, body: Parcel | None = None, *, timeout: float | None = None, **fields: Any
    ) -> Parcel:
        """Do what ParcelCreate does.

        Args:
            body: A parcel. Give a `Parcel`, or its fields by name.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Keyword Args:
            id (str): The ID.
            size (int): Size in bytes.
            kind (str): What it is.
            labels (dict[str, str]): Labels.
            parts (list[Part]): `Parts`.
            seal (str): A secret.
            data (bytes): Data of the secret.
            env (list[str] | Mapping[str, str | None]): Variables.
            weight (int): Weight in grams. Since API 1.26.
            extra (dict[str, Any]): Fields the specification does not define, by their JSON
                names.

        Raises:
            NotFound: No such parcel.

        POST /parcels/create.
        """

        try:
            sent = _create_request(self._transport.version, body, **fields)
        except Exception as error:
            clear_locals(error)  # a traceback may show their secrets
            raise
        finally:
            body = None
            fields.clear()

        return self._transport.json(sent, Options(timeout=timeout))


class AsyncParcelsCreateOperation(AsyncNamespace):
    """The operation ParcelCreate, async."""

    @overload
    async def create(
        self,
        body: Parcel,
        *,
        timeout: float | None = None,
    ) -> Parcel: ...
    @overload
    async def create(
        self,
        *,
        timeout: float | None = None,
        id: str,
        size: int | None = None,
        kind: Literal["box", "letter"] | str | None = None,
        labels: dict[str, str] | None = None,
        parts: list[Part] | None = None,
        seal: str | None = None,
        data: bytes | None = None,
        env: list[str] | Mapping[str, str | None] | None = None,
        weight: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Parcel: ...

    async def create(
        self, body: Parcel | None = None, *, timeout: float | None = None, **fields: Any
    ) -> Parcel:
        """Do what ParcelCreate does.

        Args:
            body: A parcel. Give a `Parcel`, or its fields by name.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Keyword Args:
            id (str): The ID.
            size (int): Size in bytes.
            kind (str): What it is.
            labels (dict[str, str]): Labels.
            parts (list[Part]): `Parts`.
            seal (str): A secret.
            data (bytes): Data of the secret.
            env (list[str] | Mapping[str, str | None]): Variables.
            weight (int): Weight in grams. Since API 1.26.
            extra (dict[str, Any]): Fields the specification does not define, by their JSON
                names.

        Raises:
            NotFound: No such parcel.

        POST /parcels/create.
        """

        try:
            sent = _create_request(self._transport.version, body, **fields)
        except Exception as error:
            clear_locals(error)  # a traceback may show their secrets
            raise
        finally:
            body = None
            fields.clear()

        return await self._transport.json(sent, Options(timeout=timeout))


def _load_request(content: AsyncContent | None = None) -> Request[Parcel]:
    from moorage_api.since.v1_26.models.parcel import Parcel

    return Request(
        operation="ParcelLoad",
        method="POST",
        path="/parcels/load",
        decode=lambda v: Parcel.from_dict(as_object(v)),
        content=content,
        content_type="application/x-tar",
    )


class ParcelsLoadOperation(Namespace):
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
        from moorage.streams.json_stream import JsonStream

        return JsonStream(
            self._transport,
            _load_request(content),
            Options(
                idle_timeout=idle_timeout,
                total_timeout=total_timeout,
                progress=progress,
                raise_errors=raise_errors,
            ),
        )


class AsyncParcelsLoadOperation(AsyncNamespace):
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
        from moorage.streams.json_stream import AsyncJsonStream

        return AsyncJsonStream(
            self._transport,
            _load_request(content),
            Options(
                idle_timeout=idle_timeout,
                total_timeout=total_timeout,
                progress=progress,
                raise_errors=raise_errors,
            ),
        )


def _events_request() -> Request[Parcel]:
    from moorage_api.since.v1_26.models.parcel import Parcel

    return Request(
        operation="ParcelEvents",
        method="GET",
        path="/parcels/events",
        decode=lambda v: Parcel.from_dict(as_object(v)),
    )


class ParcelsEventsOperation(Namespace):
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
        from moorage.streams.events import Events

        return Events(
            self._transport,
            _events_request(),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


class AsyncParcelsEventsOperation(AsyncNamespace):
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
        from moorage.streams.events import AsyncEvents

        return AsyncEvents(
            self._transport,
            _events_request(),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )
