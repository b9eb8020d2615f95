"""How is what ``views`` shows described? A schema is named as the function that makes the object."""

from __future__ import annotations

from moorage.api.wire.answers import (
    BOOLEAN,
    EMPTY,
    INTEGER,
    LINKS,
    NULL,
    NULLABLE_TEXT,
    OBJECT,
    TEXT,
    TEXTS,
    array,
    closed,
    each,
)

_STAMPS = {"created_at": TEXT, "updated_at": NULLABLE_TEXT}
_NAMED = {"id": TEXT, "name": NULLABLE_TEXT, "links": LINKS}
VOLUME_SUMMARY = closed(_NAMED)
_ATTACHED = closed(
    each(TEXT, "id", "attachment_id", "volume_id") | each(NULLABLE_TEXT, "server_id", "host_name", "device")
    | {"attached_at": NULLABLE_TEXT}
)  # fmt: skip
_VOLUME = (
    _NAMED | _STAMPS | each(TEXT, "status", "availability_zone", "user_id") | {"size": INTEGER, "metadata": TEXTS}
    | each(NULLABLE_TEXT, "description", "volume_type", "snapshot_id", "source_volid")
    | each(NULL, "replication_status", "consistencygroup_id") | each(BOOLEAN, "encrypted", "multiattach")
    | {"bootable": {"enum": ["true", "false"]}, "attachments": array(_ATTACHED)}
)  # fmt: skip
_VOLUME_LATER = (
    each(NULL, "group_id", "provider_id", "cluster_name") | each(NULLABLE_TEXT, "migration_status", "volume_type_id")
    | each(BOOLEAN, "shared_targets", "consumes_quota") | {"service_uuid": TEXT}
)  # fmt: skip
VOLUME = closed(_VOLUME, _VOLUME_LATER)
VOLUME_DETAIL = closed(
    _VOLUME | {"os-vol-tenant-attr:tenant_id": TEXT},
    _VOLUME_LATER | {"os-vol-host-attr:host": TEXT, "volume_image_metadata": TEXTS}
    | {"os-vol-mig-status-attr:migstat": NULLABLE_TEXT, "os-vol-mig-status-attr:name_id": NULL},
)  # fmt: skip

_SNAPSHOT = (
    each(TEXT, "id", "volume_id", "status") | each(NULLABLE_TEXT, "name", "description")
    | {"size": INTEGER, "metadata": TEXTS} | _STAMPS
)  # fmt: skip
_SNAPSHOT_LATER = {"group_snapshot_id": NULL, "user_id": NULLABLE_TEXT, "consumes_quota": BOOLEAN}
SNAPSHOT = closed(_SNAPSHOT)
SNAPSHOT_CHANGED = closed(_SNAPSHOT, _SNAPSHOT_LATER)
"""What create and update answer."""
SNAPSHOT_DETAIL = closed(
    _SNAPSHOT | each(TEXT, "os-extended-snapshot-attributes:progress", "os-extended-snapshot-attributes:project_id"),
    _SNAPSHOT_LATER,
)

_ATTACHMENT = each(TEXT, "id", "status", "volume_id") | {"instance": NULLABLE_TEXT}
ATTACHMENT = closed(_ATTACHMENT)
ATTACHMENT_DETAIL = closed(
    _ATTACHMENT | each(TEXT, "attached_at", "detached_at")
    | {"attach_mode": NULLABLE_TEXT, "connection_info": OBJECT}
)  # fmt: skip
"""What a connection needs is the protocol's matter."""

EXTENSION = closed(each(TEXT, "alias", "name", "description", "updated") | {"links": EMPTY})
