"""Operations of `engine.parcels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moorage.contract import namespaces

__all__ = ["AsyncParcels", "Parcels"]

if TYPE_CHECKING:
    from moorage_api.since.v1_25.operations import (
        parcels_attach,
        parcels_attach_websocket,
        parcels_create,
        parcels_delete,
        parcels_events,
        parcels_export,
        parcels_list,
        parcels_load,
        parcels_logs,
        parcels_note,
        parcels_path,
        parcels_stat,
    )

    class Parcels(
        parcels_list.ParcelsOperation,
        parcels_create.ParcelsOperation,
        parcels_load.ParcelsOperation,
        parcels_events.ParcelsOperation,
        parcels_delete.ParcelsOperation,
        parcels_note.ParcelsOperation,
        parcels_stat.ParcelsOperation,
        parcels_path.ParcelsOperation,
        parcels_logs.ParcelsOperation,
        parcels_export.ParcelsOperation,
        parcels_attach.ParcelsOperation,
        parcels_attach_websocket.ParcelsOperation,
    ):
        """Operations of `engine.parcels`."""

    class AsyncParcels(
        parcels_list.AsyncParcelsOperation,
        parcels_create.AsyncParcelsOperation,
        parcels_load.AsyncParcelsOperation,
        parcels_events.AsyncParcelsOperation,
        parcels_delete.AsyncParcelsOperation,
        parcels_note.AsyncParcelsOperation,
        parcels_stat.AsyncParcelsOperation,
        parcels_path.AsyncParcelsOperation,
        parcels_logs.AsyncParcelsOperation,
        parcels_export.AsyncParcelsOperation,
        parcels_attach.AsyncParcelsOperation,
        parcels_attach_websocket.AsyncParcelsOperation,
    ):
        """Operations of `engine.parcels`."""

else:
    Parcels, AsyncParcels = namespaces(
        "Parcels",
        __name__,
        __doc__,
        v1_25=("list create load events delete note stat path logs export attach attach_websocket"),
    )
