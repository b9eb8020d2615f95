"""How are volumes, snapshots and attachments shown? The field sets are Cinder's, by microversion."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from moorage import ids
from moorage.api.wire import Call
from moorage.attachments.model import Attachment
from moorage.volumes.model import Snapshot, Volume

HOST = "moorage"


def time(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def links(call: Call, path: str) -> list[dict[str, str]]:
    return [
        {"rel": "self", "href": f"{call.service_url}{path}"},
        {"rel": "bookmark", "href": f"{call.host_url}/volume{path}"},
    ]


def pool_name(backend: str) -> str:
    """Host, backend and pool, as schedulers and operators name them."""
    return f"{HOST}@{backend}#{backend}"


def volume_summary(call: Call, volume: Volume) -> dict[str, Any]:
    return {"id": volume.id, "name": volume.name, "links": links(call, f"/volumes/{volume.id}")}


def volume(call: Call, row: Volume, types: dict[str, str], attached: Iterable[Attachment]) -> dict[str, Any]:
    """What create and update answer; ``types`` maps ids to names."""
    shown = {
        "id": row.id,
        "status": row.status,
        "size": row.size_gib,
        "availability_zone": row.availability_zone,
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "name": row.name,
        "description": row.description,
        "volume_type": types.get(row.volume_type_id or ""),
        "snapshot_id": row.snapshot_id,
        "source_volid": row.source_volid,
        "metadata": _metadata(row),
        "links": links(call, f"/volumes/{row.id}"),
        "user_id": row.user_id,
        "bootable": str(row.bootable).lower(),
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": row.multiattach,
        "attachments": [_attached(call, a) for a in attached if a.attach_status == "attached"],
    }
    return shown | _later_fields(call, row)


def _metadata(row: Volume) -> dict[str, str]:
    return row.metadata if row.readonly is None else {**row.metadata, "readonly": str(row.readonly)}


def _attached(call: Call, attachment: Attachment) -> dict[str, Any]:
    sees_host = call.context.is_admin or call.context.is_service
    return {
        "id": attachment.volume_id,
        "attachment_id": attachment.attachment_id,
        "volume_id": attachment.volume_id,
        "server_id": attachment.server_id,
        "host_name": (attachment.connector or {}).get("host") if sees_host else None,
        "device": attachment.mountpoint,
        "attached_at": time(attachment.attached_at),
    }


def _later_fields(call: Call, row: Volume) -> dict[str, Any]:
    is_admin = call.context.is_admin
    fields: dict[str, Any] = {"migration_status": row.migration_status} if is_admin else {}
    if call.at_least(3, 13):
        fields["group_id"] = None
    if call.at_least(3, 21) and is_admin:
        fields["provider_id"] = None
    if call.at_least(3, 48):
        fields |= {"shared_targets": False, "service_uuid": ids.derived("volume-service", row.backend)}
    if call.at_least(3, 61) and is_admin:
        fields["cluster_name"] = None
    if call.at_least(3, 63):
        fields["volume_type_id"] = row.volume_type_id
    if call.at_least(3, 65):
        fields["consumes_quota"] = True
    return fields


def volume_detail(call: Call, row: Volume, types: dict[str, str], attached: Iterable[Attachment]) -> dict[str, Any]:
    """What show and the detailed list answer."""
    shown = volume(call, row, types, attached) | {"os-vol-tenant-attr:tenant_id": row.project_id}
    if call.context.is_admin:
        shown |= {
            "os-vol-host-attr:host": pool_name(row.backend),
            "os-vol-mig-status-attr:migstat": row.migration_status,
            "os-vol-mig-status-attr:name_id": None,
        }
    return shown | ({"volume_image_metadata": row.image_metadata} if row.image_metadata else {})


def snapshot(call: Call, row: Snapshot, *, extended: bool = False) -> dict[str, Any]:
    """``extended`` adds what only show and the detailed list have."""
    shown: dict[str, Any] = {
        "id": row.id,
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "name": row.name,
        "description": row.description,
        "volume_id": row.volume_id,
        "status": row.status,
        "size": row.size_gib,
        "metadata": row.metadata,
    }
    return shown | (_snapshot_details(call, row) if extended else {})


def _snapshot_details(call: Call, row: Snapshot) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "os-extended-snapshot-attributes:progress": row.progress,
        "os-extended-snapshot-attributes:project_id": row.project_id,
    }
    return fields | snapshot_versions(call, row)


def snapshot_versions(call: Call, row: Snapshot) -> dict[str, Any]:
    """The fields that came with microversions."""
    fields: dict[str, Any] = {}
    if call.at_least(3, 14):
        fields["group_snapshot_id"] = None
    if call.at_least(3, 41):
        fields["user_id"] = row.user_id
    if call.at_least(3, 65):
        fields["consumes_quota"] = True
    return fields


def attachment(row: Attachment) -> dict[str, Any]:
    return {
        "id": row.attachment_id, "status": row.attach_status, "instance": row.server_id, "volume_id": row.volume_id,
    }  # fmt: skip


def attachment_detail(row: Attachment) -> dict[str, Any]:
    return attachment(row) | {
        "attached_at": time(row.attached_at) or "",
        "detached_at": time(row.detached_at) or "",
        "attach_mode": row.attach_mode,
        "connection_info": _connection_info(row),
    }


def _connection_info(row: Attachment) -> dict[str, Any]:
    if not row.connection_info:
        return {}
    return {
        **row.connection_info.get("data", {}),
        "access_mode": row.attach_mode or "rw",
        "attachment_id": row.attachment_id,
        "driver_volume_type": row.connection_info.get("driver_volume_type"),
        "encrypted": False,
        "qos_specs": None,
    }
