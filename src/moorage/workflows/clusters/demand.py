"""Is there enough quota for the nodes asked for? Servers, processors, memory, ports, and every volume.

Asked before anything is made, with what is already used; each node's own request is checked again when it comes.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from moorage import errors
from moorage.clusters.model import NodeFields
from moorage.clusters.refusals import QuotaExceeded
from moorage.compute.model.flavor import Flavor
from moorage.compute.service import quotas as compute
from moorage.networks.service import quotas as networks
from moorage.store import Tx
from moorage.volumes.service import quotas as volumes
from moorage.volumes.service import types


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """So many nodes of one kind."""

    count: int
    node: NodeFields
    flavor: Flavor
    root_gib: int | None
    """Size of the boot volume; None without one."""


def check(tx: Tx, project_id: str, wanted: list[Wanted]) -> None:
    """``QuotaExceeded`` with the words of the service whose quota is too small."""
    nodes = sum(each.count for each in wanted)
    cores = sum(each.count * each.flavor.vcpus for each in wanted)
    ram_mib = sum(each.count * each.flavor.ram_mib for each in wanted)
    try:
        if nodes:
            compute.check(tx, project_id, instances=nodes, cores=cores, ram_mib=ram_mib)
            networks.check(tx, project_id, nodes)
        volumes.check_volumes(tx, project_id, _volumes(tx, wanted))
    except errors.OverQuota as error:
        raise QuotaExceeded(error.message) from None


def _volumes(tx: Tx, wanted: list[Wanted]) -> dict[str, list[int]]:
    """Type name → sizes of the volumes in GiB."""
    found: dict[str, list[int]] = defaultdict(list)
    for each in wanted:
        node = each.node
        if each.root_gib is not None:
            found[types.named(tx, node.boot_volume_type).name] += [each.root_gib] * each.count
        if node.volumes_per_node:
            sizes = [node.volumes_size] * (each.count * node.volumes_per_node)
            found[types.named(tx, node.volume_type).name] += sizes
    return found
