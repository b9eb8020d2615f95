"""What the API may rely on without asking a hypervisor or an array."""

from __future__ import annotations

import msgspec

from moorage.compute.ports import Capabilities
from moorage.networks.model import Networks
from moorage.store import Tx
from moorage.volumes.service import types


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The drivers in use, as far as checks of a request need them."""

    hypervisor_name: str
    hypervisor: Capabilities
    protocols: dict[str, str]
    """Backend → protocol."""
    availability_zone: str = "nova"
    networks: Networks = msgspec.field(default_factory=Networks)
    shelved_offload_time_s: int = 0
    """How long a shelved server keeps its place on the host: 0 not at all, -1 for ever."""
    reclaim_interval_s: int = 0
    """How long a deleted server can be restored; 0 deletes at once."""
    node_domain: str = "novalocal"
    """What follows the host names of cluster nodes."""
    default_boot_volume_gib: int = 10
    """Size of a node's boot volume where neither request nor flavor has one."""
    is_direct_swap_allowed: bool = False
    """Whether compute takes a swap that no migration of the volume asked for."""

    def protocol_of_backend(self, backend: str) -> str:
        return self.protocols.get(backend, "unknown")

    def protocol_of_type(self, tx: Tx, volume_type: str | None) -> str:
        """The protocol of volumes of a type (name or id; None is the default type); 400 if there is no such type."""
        return self.protocol_of_backend(types.backend_of(tx, volume_type))
