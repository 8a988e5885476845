"""Operations of `engine.parcels`.

Changes of API 1.26, compared with API 1.25.

Changed: `list`.

As before, with types that changed: `create`, `events`, `load`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moorage.contract import namespaces

if TYPE_CHECKING:
    from moorage_api.since.v1_25.operations import parcels as v1_25
    from moorage_api.since.v1_26.operations import parcels as v1_26

    class Parcels(
        v1_26.ParcelsListOperation,
        v1_26.ParcelsCreateOperation,
        v1_26.ParcelsLoadOperation,
        v1_26.ParcelsEventsOperation,
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
        v1_26.AsyncParcelsListOperation,
        v1_26.AsyncParcelsCreateOperation,
        v1_26.AsyncParcelsLoadOperation,
        v1_26.AsyncParcelsEventsOperation,
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
        v1_25="delete note stat path logs export attach attach_websocket",
        v1_26="list create load events",
    )
