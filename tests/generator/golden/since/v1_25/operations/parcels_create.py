"""POST /parcels/create, as of API 1.25."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from moorage.contract import (
    AsyncNamespace,
    Namespace,
    Options,
    Request,
    as_object,
    body_json,
)

if TYPE_CHECKING:
    from moorage_api.since.v1_25.models.parcel import Parcel
    from moorage_api.since.v1_25.models.part import Part

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(api_version: str | None, body: Parcel | None = None, **fields: Any) -> Request[Parcel]:
    """Build the request."""
    from moorage_api.since.v1_25.models.parcel import Parcel

    return Request(
        operation="ParcelCreate",
        method="POST",
        path="/parcels/create",
        decode=lambda v: Parcel.from_dict(as_object(v)),
        json=body_json(Parcel, body, fields, "parcels.create", api_version),
    )


class ParcelsOperation(Namespace):
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
            sent = request(self._transport.version, body, **fields)
        finally:
            fields.clear()  # a traceback may show its secrets
        return self._transport.json(sent, Options(timeout=timeout))


class AsyncParcelsOperation(AsyncNamespace):
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
            sent = request(self._transport.version, body, **fields)
        finally:
            fields.clear()  # a traceback may show its secrets
        return await self._transport.json(sent, Options(timeout=timeout))
