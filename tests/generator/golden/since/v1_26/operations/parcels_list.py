"""GET /parcels/json, as of API 1.26."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from moorage.contract import (
    AsyncNamespace,
    Filters,
    Namespace,
    Options,
    Request,
    as_object,
    each_of,
    filters_json,
    query_bool,
    query_int,
)

if TYPE_CHECKING:
    from moorage_api.since.v1_26.models.parcel import Parcel

__all__ = ["AsyncParcelsOperation", "ParcelsOperation"]


def request(
    *, filters: Filters | None = None, all: bool | None = None, limit: int | None = None
) -> Request[list[Parcel]]:
    """Build the request."""
    from moorage_api.since.v1_26.models.parcel import Parcel

    return Request(
        operation="ParcelList",
        method="GET",
        path="/parcels/json",
        decode=lambda v: [Parcel.from_dict(as_object(v1)) for v1 in each_of(v)],
        query={
            "filters": filters_json("filters", filters),
            "all": query_bool("all", all),
            "limit": query_int("limit", limit),
        },
    )


class ParcelsOperation(Namespace):
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
            request(filters=filters, all=all, limit=limit), Options(timeout=timeout)
        )


class AsyncParcelsOperation(AsyncNamespace):
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
            request(filters=filters, all=all, limit=limit), Options(timeout=timeout)
        )
