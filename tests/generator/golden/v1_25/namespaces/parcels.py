"""Operations of `engine.parcels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moorage.contract import AsyncNamespace, Namespace, operation

__all__ = ["AsyncParcels", "Parcels"]

if TYPE_CHECKING:
    from moorage_api.v1_25.operations.parcels_attach import (
        AsyncParcelAttachOperation,
        ParcelAttachOperation,
    )
    from moorage_api.v1_25.operations.parcels_attach_websocket import (
        AsyncParcelAttachWebsocketOperation,
        ParcelAttachWebsocketOperation,
    )
    from moorage_api.v1_25.operations.parcels_create import (
        AsyncParcelCreateOperation,
        ParcelCreateOperation,
    )
    from moorage_api.v1_25.operations.parcels_delete import (
        AsyncParcelDeleteOperation,
        ParcelDeleteOperation,
    )
    from moorage_api.v1_25.operations.parcels_events import (
        AsyncParcelEventsOperation,
        ParcelEventsOperation,
    )
    from moorage_api.v1_25.operations.parcels_export import (
        AsyncParcelExportOperation,
        ParcelExportOperation,
    )
    from moorage_api.v1_25.operations.parcels_list import (
        AsyncParcelListOperation,
        ParcelListOperation,
    )
    from moorage_api.v1_25.operations.parcels_load import (
        AsyncParcelLoadOperation,
        ParcelLoadOperation,
    )
    from moorage_api.v1_25.operations.parcels_logs import (
        AsyncParcelLogsOperation,
        ParcelLogsOperation,
    )
    from moorage_api.v1_25.operations.parcels_note import (
        AsyncParcelNoteOperation,
        ParcelNoteOperation,
    )
    from moorage_api.v1_25.operations.parcels_path import (
        AsyncParcelPathOperation,
        ParcelPathOperation,
    )
    from moorage_api.v1_25.operations.parcels_stat import (
        AsyncParcelStatOperation,
        ParcelStatOperation,
    )

    class Parcels(
        ParcelListOperation,
        ParcelCreateOperation,
        ParcelLoadOperation,
        ParcelEventsOperation,
        ParcelDeleteOperation,
        ParcelNoteOperation,
        ParcelStatOperation,
        ParcelPathOperation,
        ParcelLogsOperation,
        ParcelExportOperation,
        ParcelAttachOperation,
        ParcelAttachWebsocketOperation,
    ):
        """Operations of `engine.parcels`."""

    class AsyncParcels(
        AsyncParcelListOperation,
        AsyncParcelCreateOperation,
        AsyncParcelLoadOperation,
        AsyncParcelEventsOperation,
        AsyncParcelDeleteOperation,
        AsyncParcelNoteOperation,
        AsyncParcelStatOperation,
        AsyncParcelPathOperation,
        AsyncParcelLogsOperation,
        AsyncParcelExportOperation,
        AsyncParcelAttachOperation,
        AsyncParcelAttachWebsocketOperation,
    ):
        """Operations of `engine.parcels`."""

else:

    class Parcels(Namespace):
        """Operations of `engine.parcels`."""

        name = "parcels"
        list = operation("moorage_api.v1_25.operations.parcels_list", "ParcelListOperation")
        create = operation("moorage_api.v1_25.operations.parcels_create", "ParcelCreateOperation")
        load = operation("moorage_api.v1_25.operations.parcels_load", "ParcelLoadOperation")
        events = operation("moorage_api.v1_25.operations.parcels_events", "ParcelEventsOperation")
        delete = operation("moorage_api.v1_25.operations.parcels_delete", "ParcelDeleteOperation")
        note = operation("moorage_api.v1_25.operations.parcels_note", "ParcelNoteOperation")
        stat = operation("moorage_api.v1_25.operations.parcels_stat", "ParcelStatOperation")
        path = operation("moorage_api.v1_25.operations.parcels_path", "ParcelPathOperation")
        logs = operation("moorage_api.v1_25.operations.parcels_logs", "ParcelLogsOperation")
        export = operation("moorage_api.v1_25.operations.parcels_export", "ParcelExportOperation")
        attach = operation("moorage_api.v1_25.operations.parcels_attach", "ParcelAttachOperation")
        attach_websocket = operation(
            "moorage_api.v1_25.operations.parcels_attach_websocket",
            "ParcelAttachWebsocketOperation",
        )

    class AsyncParcels(AsyncNamespace):
        """Operations of `engine.parcels`."""

        name = "parcels"
        list = operation("moorage_api.v1_25.operations.parcels_list", "AsyncParcelListOperation")
        create = operation(
            "moorage_api.v1_25.operations.parcels_create", "AsyncParcelCreateOperation"
        )
        load = operation("moorage_api.v1_25.operations.parcels_load", "AsyncParcelLoadOperation")
        events = operation(
            "moorage_api.v1_25.operations.parcels_events", "AsyncParcelEventsOperation"
        )
        delete = operation(
            "moorage_api.v1_25.operations.parcels_delete", "AsyncParcelDeleteOperation"
        )
        note = operation("moorage_api.v1_25.operations.parcels_note", "AsyncParcelNoteOperation")
        stat = operation("moorage_api.v1_25.operations.parcels_stat", "AsyncParcelStatOperation")
        path = operation("moorage_api.v1_25.operations.parcels_path", "AsyncParcelPathOperation")
        logs = operation("moorage_api.v1_25.operations.parcels_logs", "AsyncParcelLogsOperation")
        export = operation(
            "moorage_api.v1_25.operations.parcels_export", "AsyncParcelExportOperation"
        )
        attach = operation(
            "moorage_api.v1_25.operations.parcels_attach", "AsyncParcelAttachOperation"
        )
        attach_websocket = operation(
            "moorage_api.v1_25.operations.parcels_attach_websocket",
            "AsyncParcelAttachWebsocketOperation",
        )
