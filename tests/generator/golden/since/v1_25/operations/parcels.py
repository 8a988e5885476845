"""Operations of `engine.parcels`, as of API 1.25.

- `list`: GET /parcels/json
- `create`: POST /parcels/create
- `load`: POST /parcels/load
- `events`: GET /parcels/events
- `delete`: DELETE /parcels/{id}
- `note`: GET /parcels/{id}/note
- `stat`: HEAD /parcels/{id}/stat
- `path`: HEAD /parcels/{id}/path
- `logs`: GET /parcels/{id}/logs
- `export`: GET /parcels/{id}/export
- `attach`: POST /parcels/{id}/attach
- `attach_websocket`: GET /parcels/{id}/attach/ws
"""

from __future__ import annotations

import builtins
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from moorage.contract import (
    AsyncContent,
    AsyncNamespace,
    Content,
    Filters,
    Namespace,
    Options,
    Process,
    Progress,
    Request,
    as_is,
    as_object,
    body_json,
    clear_locals,
    filters_json,
    list_of,
    query_bool,
    segment,
)

if TYPE_CHECKING:
    from moorage.archives.path_stat import PathStat
    from moorage.streams.download import AsyncDownload, Download
    from moorage.streams.events import AsyncEvents, Events
    from moorage.streams.frames import AsyncFrames, Frames
    from moorage.streams.json_stream import AsyncJsonStream, JsonStream
    from moorage.streams.session import AsyncSession, Session
    from moorage.streams.websocket import AsyncWebSocket, WebSocket
    from moorage_api.since.v1_25.models.attach_config import AttachConfig
    from moorage_api.since.v1_25.models.parcel import Parcel
    from moorage_api.since.v1_25.models.part import Part


def _list_request(
    *, filters: Filters | None = None, all: bool | None = None
) -> Request[list[Parcel]]:
    from moorage_api.since.v1_25.models.parcel import Parcel

    return Request(
        operation="ParcelList",
        method="GET",
        path="/parcels/json",
        decode=list_of(Parcel.from_dict),
        query={"filters": filters_json("filters", filters), "all": query_bool("all", all)},
    )


class ParcelsListOperation(Namespace):
    """The operation ParcelList, sync."""

    def list(
        self,
        *,
        filters: Filters | None = None,
        all: bool | None = None,
        timeout: float | None = None,
    ) -> builtins.list[Parcel]:
        """Do what ParcelList does.

        Args:
            filters: Filters to process on the list. Available filters:

                - `label=<key>`
                - `size=<bytes>`.

                Give a mapping, such as `{"label": ["a=b", "c"]}`.
            all: Show all.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        GET /parcels/json.
        """

        return self._transport.json(
            _list_request(filters=filters, all=all), Options(timeout=timeout)
        )


class AsyncParcelsListOperation(AsyncNamespace):
    """The operation ParcelList, async."""

    async def list(
        self,
        *,
        filters: Filters | None = None,
        all: bool | None = None,
        timeout: float | None = None,
    ) -> builtins.list[Parcel]:
        """Do what ParcelList does.

        Args:
            filters: Filters to process on the list. Available filters:

                - `label=<key>`
                - `size=<bytes>`.

                Give a mapping, such as `{"label": ["a=b", "c"]}`.
            all: Show all.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        GET /parcels/json.
        """

        return await self._transport.json(
            _list_request(filters=filters, all=all), Options(timeout=timeout)
        )


def _create_request(
    api_version: str | None, body: Parcel | None = None, **fields: Any
) -> Request[Parcel]:
    from moorage_api.since.v1_25.models.parcel import Parcel

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
    from moorage_api.since.v1_25.models.parcel import Parcel

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
    from moorage_api.since.v1_25.models.parcel import Parcel

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


def _delete_request(id: str) -> Request[Any]:
    return Request(
        operation="ParcelDelete",
        method="DELETE",
        path="/parcels/" + segment("id", id),
        decode=as_is,
    )


class ParcelsDeleteOperation(Namespace):
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

        return self._transport.nothing(_delete_request(id), Options(timeout=timeout))


class AsyncParcelsDeleteOperation(AsyncNamespace):
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

        return await self._transport.nothing(_delete_request(id), Options(timeout=timeout))


def _note_request(id: str) -> Request[Any]:
    return Request(
        operation="ParcelNote",
        method="GET",
        path="/parcels/" + segment("id", id) + "/note",
        decode=as_is,
    )


class ParcelsNoteOperation(Namespace):
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

        return self._transport.text(_note_request(id), Options(timeout=timeout))


class AsyncParcelsNoteOperation(AsyncNamespace):
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

        return await self._transport.text(_note_request(id), Options(timeout=timeout))


def _stat_request(id: str) -> Request[dict[str, str]]:
    return Request(
        operation="ParcelStat",
        method="HEAD",
        path="/parcels/" + segment("id", id) + "/stat",
        decode=as_is,
    )


class ParcelsStatOperation(Namespace):
    """The operation ParcelStat, sync."""

    def stat(self, id: str, *, timeout: float | None = None) -> dict[str, str]:
        """Do what ParcelStat does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        HEAD /parcels/{id}/stat.
        """

        return self._transport.headers(_stat_request(id), Options(timeout=timeout))


class AsyncParcelsStatOperation(AsyncNamespace):
    """The operation ParcelStat, async."""

    async def stat(self, id: str, *, timeout: float | None = None) -> dict[str, str]:
        """Do what ParcelStat does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        HEAD /parcels/{id}/stat.
        """

        return await self._transport.headers(_stat_request(id), Options(timeout=timeout))


def _path_request(id: str) -> Request[PathStat]:
    from moorage.archives.path_stat import PathStat

    return Request(
        operation="ParcelPath",
        method="HEAD",
        path="/parcels/" + segment("id", id) + "/path",
        decode=PathStat.from_headers,
    )


class ParcelsPathOperation(Namespace):
    """The operation ParcelPath, sync."""

    def path(self, id: str, *, timeout: float | None = None) -> PathStat:
        """Do what ParcelPath does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        HEAD /parcels/{id}/path.
        """

        return self._transport.headers(_path_request(id), Options(timeout=timeout))


class AsyncParcelsPathOperation(AsyncNamespace):
    """The operation ParcelPath, async."""

    async def path(self, id: str, *, timeout: float | None = None) -> PathStat:
        """Do what ParcelPath does.

        Args:
            id: ID.
            timeout: Seconds to wait for the engine; defaults to `connect(timeout=)`.

        Raises:
            NotFound: No such parcel.

        HEAD /parcels/{id}/path.
        """

        return await self._transport.headers(_path_request(id), Options(timeout=timeout))


def _logs_request(id: str) -> Request[Any]:
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


class ParcelsLogsOperation(Namespace):
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
        from moorage.streams.frames import Frames

        return Frames(
            self._transport,
            _logs_request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


class AsyncParcelsLogsOperation(AsyncNamespace):
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
        from moorage.streams.frames import AsyncFrames

        return AsyncFrames(
            self._transport,
            _logs_request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


def _export_request(id: str) -> Request[Any]:
    return Request(
        operation="ParcelExport",
        method="GET",
        path="/parcels/" + segment("id", id) + "/export",
        decode=as_is,
    )


class ParcelsExportOperation(Namespace):
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
        from moorage.streams.download import Download

        return Download(
            self._transport,
            _export_request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


class AsyncParcelsExportOperation(AsyncNamespace):
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
        from moorage.streams.download import AsyncDownload

        return AsyncDownload(
            self._transport,
            _export_request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


def _attach_request(
    api_version: str | None, id: str, body: AttachConfig | None = None, **fields: Any
) -> Request[Any]:
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


class ParcelsAttachOperation(Namespace):
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
        from moorage.streams.session import Session

        detached = fields.get("detach")
        try:
            sent = _attach_request(self._transport.version, id, body, **fields)
        except Exception as error:
            clear_locals(error)  # a traceback may show their secrets
            raise
        finally:
            body = None
            fields.clear()

        if detached:
            self._transport.nothing(
                sent.changed(upgrade=None, process=None),
                Options(timeout=total_timeout, idle_timeout=idle_timeout),
            )
            return None

        return Session(
            self._transport, sent, Options(idle_timeout=idle_timeout, total_timeout=total_timeout)
        )


class AsyncParcelsAttachOperation(AsyncNamespace):
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
        from moorage.streams.session import AsyncSession

        detached = fields.get("detach")
        try:
            sent = _attach_request(self._transport.version, id, body, **fields)
        except Exception as error:
            clear_locals(error)  # a traceback may show their secrets
            raise
        finally:
            body = None
            fields.clear()

        if detached:
            return self._transport.nothing(
                sent.changed(upgrade=None, process=None),
                Options(timeout=total_timeout, idle_timeout=idle_timeout),
            )

        return AsyncSession(
            self._transport, sent, Options(idle_timeout=idle_timeout, total_timeout=total_timeout)
        )


def _attach_websocket_request(id: str) -> Request[Any]:
    return Request(
        operation="ParcelAttachWebsocket",
        method="GET",
        path="/parcels/" + segment("id", id) + "/attach/ws",
        decode=as_is,
    )


class ParcelsAttachWebsocketOperation(Namespace):
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
        from moorage.streams.websocket import WebSocket

        return WebSocket(
            self._transport,
            _attach_websocket_request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )


class AsyncParcelsAttachWebsocketOperation(AsyncNamespace):
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
        from moorage.streams.websocket import AsyncWebSocket

        return AsyncWebSocket(
            self._transport,
            _attach_websocket_request(id),
            Options(idle_timeout=idle_timeout, total_timeout=total_timeout),
        )
