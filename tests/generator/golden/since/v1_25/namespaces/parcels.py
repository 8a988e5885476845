"""Operations of `engine.parcels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moorage.contract import namespaces

if TYPE_CHECKING:
    from moorage_api.since.v1_25.operations import parcels as v1_25

    class Parcels(
        v1_25.ParcelsListOperation,
        v1_25.ParcelsCreateOperation,
        v1_25.ParcelsLoadOperation,
        v1_25.ParcelsEventsOperation,
        v1_25.ParcelsDeleteOperation,
        v1_25.ParcelsNoteOperation,
        v1_25.ParcelsStatOperation,
        v1_25.ParcelsPathOperation,
        v1_25.ParcelsLogsOperation,
        v1_25.ParcelsExportOperation,
        v1_25.ParcelsAttachOperation,
        v1_25.ParcelsAttachWebsocketOperation,
    ):
        """Operations of `engine.parcels`."""

    class AsyncParcels(
        v1_25.AsyncParcelsListOperation,
        v1_25.AsyncParcelsCreateOperation,
        v1_25.AsyncParcelsLoadOperation,
        v1_25.AsyncParcelsEventsOperation,
        v1_25.AsyncParcelsDeleteOperation,
        v1_25.AsyncParcelsNoteOperation,
        v1_25.AsyncParcelsStatOperation,
        v1_25.AsyncParcelsPathOperation,
        v1_25.AsyncParcelsLogsOperation,
        v1_25.AsyncParcelsExportOperation,
        v1_25.AsyncParcelsAttachOperation,
        v1_25.AsyncParcelsAttachWebsocketOperation,
    ):
        """Operations of `engine.parcels`."""

else:
    Parcels, AsyncParcels = namespaces(
        "Parcels",
        __name__,
        __doc__,
        v1_25=("list create load events delete note stat path logs export attach attach_websocket"),
    )
