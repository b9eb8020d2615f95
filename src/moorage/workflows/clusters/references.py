"""Do the things of other services exist that a node group or cluster names?

Each is asked for when a request names it, whether or not anything will use it: a template with a mistake in it helps
nobody.
"""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.clusters.refusals import InvalidReference, ReferenceNotFound
from moorage.compute.model.flavor import Flavor
from moorage.compute.service import flavors, keypairs
from moorage.context import Context
from moorage.store import Tx
from moorage.volumes.service import types
from moorage.workflows.site import Site

_LOCAL = "file"
"""Protocol of volumes that are files of the host the servers run on."""


def flavor(tx: Tx, context: Context, flavor_id: str) -> Flavor:
    try:
        return flavors.get(tx, context, flavor_id)
    except errors.NotFound:
        raise ReferenceNotFound(f"Requested flavor '{flavor_id}' not found") from None


def volume_type(tx: Tx, context: Context, name: str) -> None:
    try:
        types.usable(tx, context, name)
    except errors.NotFound:
        raise ReferenceNotFound(f"Volume type '{name}' not found") from None


def zone(site: Site, name: str, service: str) -> None:
    if name != site.availability_zone:
        raise ReferenceNotFound(f"{service} availability zone '{name}' not found")


def network(site: Site, network_id: str) -> None:
    if site.networks.find(network_id) is None:
        raise ReferenceNotFound(f"Network {network_id} not found")


def keypair(tx: Tx, context: Context, name: str) -> str:
    """The public key."""
    try:
        return keypairs.get(tx, context.user_id, name).public_key
    except errors.NotFound:
        raise ReferenceNotFound(f"Requested keypair '{name}' not found") from None


def node_group(tx: Tx, context: Context, site: Site, given: dict[str, Any]) -> None:
    """Everything the fields of a node group name; the first that is missing is told."""
    if given.get("flavor_id") is not None:
        flavor(tx, context, str(given["flavor_id"]))
    for field in ("boot_volume_type", "volume_type"):
        if given.get(field):
            volume_type(tx, context, given[field])
    for field, service in (
        ("availability_zone", "Nova"), ("volumes_availability_zone", "Cinder"),
        ("boot_volume_availability_zone", "Cinder"),
    ):  # fmt: skip
        if given.get(field):
            zone(site, given[field], service)
    _addresses(given)


def _addresses(given: dict[str, Any]) -> None:
    """Provider networks have neither floating addresses nor filters."""
    if given.get("floating_ip_pool"):
        raise ReferenceNotFound(f"Floating IP pool {given['floating_ip_pool']} not found")
    if given.get("security_groups"):
        raise ReferenceNotFound(f"Security group '{given['security_groups'][0]}' not found")
    if given.get("auto_security_group"):
        raise InvalidReference("auto_security_group is not available: there are no security groups in this cloud")


def locality(tx: Tx, site: Site, name: str, kind: str | None, what: str) -> None:
    """The server goes where its volume is, so the volume must be on a host: arrays are on none."""
    protocol = site.protocol_of_type(tx, kind)
    if protocol != _LOCAL:
        raise InvalidReference(
            f"Node group '{name}': {what} cannot be local to the instance: volumes of type '{kind or types.DEFAULT}' "
            f"are reached by {protocol} and live on no host"
        )
