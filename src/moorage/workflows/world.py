"""What the steps of all workflows may reach."""

from __future__ import annotations

from pathlib import Path

import msgspec

from moorage.audit.plan import Options
from moorage.compute.ports import Hypervisor
from moorage.networks.model import Networks
from moorage.store import Store
from moorage.volumes.ports import VolumeBackend
from moorage.workflows.site import Site


class World(msgspec.Struct, kw_only=True):
    """Rows, and the outside systems behind their ports."""

    store: Store
    hypervisor: Hypervisor
    backends: dict[str, VolumeBackend]
    image_dir: Path
    availability_zone: str = "nova"
    networks: Networks = msgspec.field(default_factory=Networks)
    site: Site | None = None
    """What servers may be; None where none are made."""
    public_url: str = ""
    """Where guests reach the API."""
    audit: Options = Options()
    """What repairs at a reboot and of the periodic audit may do."""
