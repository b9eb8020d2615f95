"""All scenes, one module per noun. A new kind of operation adds its scenes to one of them, or a module of its own."""

from __future__ import annotations

from moorage.workflows.kinds import KINDS
from tests.crash_matrix.scenes import cleanup, clusters, servers, volumes

SCENES = {scene.name: scene for scene in (*servers.SCENES, *volumes.SCENES, *cleanup.SCENES, *clusters.SCENES)}
LEFT_OUT = {
    "connect_attachment": "maps for hosts that are no servers: tests/workflows/test_volume_crashes.py",
    "disconnect_attachment": "the same",
    "map_volume": "the same",
    "unmap_volume": "the same",
    "refresh_attachment": "asked for by a command: tests/audit/test_command.py",
    "reimage_volume": "tests/workflows/test_volume_crashes.py",
    "restore": "one step, of rows alone",
    "start_shelved": "the steps of start",
}
"""Kinds that no scene plays, and why."""


def not_played() -> dict[str, str]:
    """Kinds that no scene plays, with the reason."""
    played = {scene.kind for scene in SCENES.values()}
    return {kind.name: LEFT_OUT.get(kind.name, "no scene yet") for kind in KINDS if kind.name not in played}
