"""May this caller end an attachment? Not while a server uses the volume: that is compute's business (CVE-2023-2088).

Whoever unmaps a volume behind a running server leaves the server with a device that storage may give to somebody else.
"""

from __future__ import annotations

from moorage import errors
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.context import Context
from moorage.store import Tx
from moorage.volumes.model import Volume


def check(context: Context, attachment: Attachment) -> None:
    """409 for a connected attachment that compute knows, unless a service asks."""
    if context.is_service or attachment.server_id is None or not attachment.connection_info:
        return
    if attachment.is_volume:
        raise _conflict(attachment.server_id)


def check_release(context: Context, tx: Tx, volume: Volume, attachment_id: str | None) -> Attachment | None:
    """The attachment that a detach of the volume ends; None if it has none. 400 if it is another volume's."""
    if attachment_id is not None:
        return _named(context, tx, volume, attachment_id)
    found = attachments.of_volume(tx, volume.id)
    if len(found) > 1:
        if not context.is_service:
            raise _conflict("")
        raise errors.BadRequest(
            "Error detaching volume - InvalidVolume: Invalid volume: Detach volume failed: More than one attachment, "
            "but no attachment_id provided."
        )
    for attachment in found:
        check(context, attachment)
        return attachment
    return None


def _named(context: Context, tx: Tx, volume: Volume, attachment_id: str) -> Attachment:
    try:
        found = attachments.get(tx, attachment_id)
    except errors.NotFound as missing:
        if not context.is_service:
            raise _conflict("") from None
        raise errors.BadRequest(f"Error detaching volume - VolumeAttachmentNotFound: {missing.message}") from None
    if found.volume_id != volume.id:
        raise errors.BadRequest("Invalid input received: Mismatched volume and attachment")
    check(context, found)
    return found


def _conflict(server_id: str) -> errors.Conflict:
    return errors.Conflict(
        f"ConflictNovaUsingAttachment: Detach volume from instance {server_id} using the Compute API"
    )
