"""What does the system in a partition do once it runs? The little of cloud-init that others wait for.

It reads the mounted image, if that is visible to a system booted from storage (an inference), and reports the end of
its first boot where user data asks for it. Nothing else of user data is carried out.
"""

from __future__ import annotations

import base64
import logging
import threading

from moorage import errors
from moorage.compute import config_drive, first_boot
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource

LOG = logging.getLogger(__name__)
_KIND = "guest-disc"
_TRIES, _PAUSE_S = 60, 1.0


def insert(model: Model, partition: Resource, image: bytes) -> None:
    """Keep the mounted image where the system can read it."""
    props = {"image": base64.b64encode(image).decode(), "has_booted": False}
    model.put(Resource(_uri(partition), _KIND, partition.uri, props))


def forget(model: Model, partition: Resource) -> None:
    if model.get(_uri(partition), _KIND) is not None:
        model.remove(_uri(partition))


def disc(model: Model, partition: Resource) -> dict[str, bytes]:
    """Path on the mounted image → content; empty if there is none."""
    found = model.get(_uri(partition), _KIND)
    return {} if found is None else config_drive.read_iso(base64.b64decode(found.props["image"]))


def booted(model: Model, partition: Resource) -> list[first_boot.Report]:
    """What the system has to report now: something at its first boot from this image only."""
    found = model.get(_uri(partition), _KIND)
    if found is None or found.props["has_booted"]:
        return []
    model.change(found, {"has_booted": True})
    return first_boot.reports(disc(model, partition).get("openstack/latest/user_data"))


def speak(reports: list[first_boot.Report]) -> None:
    """Send the reports from a thread of the system's own; who does not answer is asked again for a minute."""
    if reports:
        threading.Thread(target=_speak, args=(reports,), name="mock-guest", daemon=True).start()


def _speak(reports: list[first_boot.Report]) -> None:
    pause = threading.Event()
    for report in reports:
        for _ in range(_TRIES):
            try:
                first_boot.send(report)
                break
            except errors.Unknown:
                pause.wait(_PAUSE_S)
            except errors.Refused as refusal:
                LOG.warning("a simulated system: %s", refusal.message)
                break


def _uri(partition: Resource) -> str:
    return f"/internal/disc{partition.uri}"
