"""Which fields do the bodies have? Sahara's, and from v2 on those of boot volumes wherever a node group stands.

v1.1 knows no boot volumes; ``boot_volume_size`` and keeping them came with 2.1.
"""

from __future__ import annotations

from typing import Any

from moorage.api.clusters.schema import (
    Check,
    Field,
    Fields,
    array,
    configs,
    flag,
    flavor,
    integer,
    nested,
    one_of,
    text,
)
from moorage.api.wire.versions import Version

V2: Version = (2, 0)
V2_1: Version = (2, 1)
_MAX_CLUSTERS = 100


def _f(check: Check, *, required: bool = False, since: Version | None = None) -> Field:
    return Field(check=check, is_required=required, since=since)


_NO_SHARES = array(nested(lambda _: {}), high=0, nullable=True)
"""There is no share service: an empty list is all that can be."""


def _node(*, is_update: bool) -> Fields:
    """What describes the nodes of a group. Dashboards send null for what a form left empty."""
    null = is_update
    return {
        "description": _f(text(nullable=True)),
        "image_id": _f(text(form="uuid", nullable=True)),
        "node_configs": _f(configs(nullable=True)),
        "volumes_per_node": _f(integer(low=0)),
        "volumes_size": _f(integer(low=1, nullable=True)),
        "volume_type": _f(text(nullable=True)),
        "volumes_availability_zone": _f(text(nullable=True)),
        "volume_mount_prefix": _f(text(form="posix_path", nullable=True)),
        "volume_local_to_instance": _f(flag(nullable=True)),
        "floating_ip_pool": _f(text(nullable=True)),
        "security_groups": _f(array(text(), nullable=True)),
        "auto_security_group": _f(flag(nullable=True)),
        "availability_zone": _f(text(nullable=True)),
        "is_proxy_gateway": _f(flag(nullable=True)),
        "use_autoconfig": _f(flag(nullable=True)),
        "shares": _f(_NO_SHARES),
        "boot_from_volume": _f(flag(nullable=null), since=V2),
        "boot_volume_type": _f(text(nullable=null), since=V2),
        "boot_volume_availability_zone": _f(text(nullable=null), since=V2),
        "boot_volume_local_to_instance": _f(flag(nullable=null), since=V2),
        "boot_volume_size": _f(integer(low=1, nullable=True), since=V2_1),
    }


def _group_name(*, required: bool) -> Field:
    return _f(text(low=1, high=50, form="valid_name_hostname"), required=required)


def _version_field(version: Version) -> str:
    return "plugin_version" if version >= V2 else "hadoop_version"


def node_group_template(version: Version, *, is_update: bool = False) -> Fields:
    needed = not is_update
    return {
        "name": _group_name(required=needed),
        "plugin_name": _f(text(), required=needed),
        _version_field(version): _f(text(), required=needed),
        "flavor_id": _f(flavor, required=needed),
        "node_processes": _f(array(text(low=1), low=1), required=needed),
        "is_public": _f(flag(nullable=True)),
        "is_protected": _f(flag(nullable=True)),
        **_node(is_update=is_update),
    }


def _node_group(given: dict[str, Any]) -> Fields:
    """Of a template with overrides, or spelled out."""
    is_spelled_out = "node_group_template_id" not in given
    fields = {
        "name": _group_name(required=True),
        "count": _f(integer(low=0), required=True),
        "flavor_id": _f(flavor, required=is_spelled_out),
        "node_processes": _f(array(text(low=1), low=1), required=is_spelled_out),
        **_node(is_update=False),
    }
    del fields["description"]
    if not is_spelled_out:
        fields["node_group_template_id"] = _f(text(form="uuid"), required=True)
    return fields


_NODE_GROUPS = array(nested(_node_group), low=1, nullable=True)


def _cluster_like(version: Version) -> Fields:
    """What clusters and their templates share."""
    return {
        _version_field(version): _f(text(), required=True),
        "plugin_name": _f(text(), required=True),
        "description": _f(text(nullable=True)),
        "default_image_id": _f(text(form="uuid", nullable=True)),
        "cluster_configs": _f(configs(nullable=True)),
        "node_groups": _f(_NODE_GROUPS),
        "anti_affinity": _f(array(text(), unique=True, nullable=True)),
        "neutron_management_network": _f(text(form="uuid", nullable=True)),
        "shares": _f(_NO_SHARES),
        "use_autoconfig": _f(flag(nullable=True)),
        "is_public": _f(flag(nullable=True)),
        "is_protected": _f(flag(nullable=True)),
        "domain_name": _f(text(nullable=True)),
    }


def cluster_template(version: Version, *, is_update: bool = False) -> Fields:
    fields = {"name": _f(text(low=1, high=50, form="valid_name_hostname"), required=True), **_cluster_like(version)}
    return optional(fields) if is_update else fields


def cluster(version: Version, *, is_multiple: bool = False) -> Fields:
    fields = {
        "name": _f(text(low=1, high=80, form="valid_name_hostname"), required=True),
        **_cluster_like(version),
        "cluster_template_id": _f(text(form="uuid", nullable=True)),
        "user_keypair_id": _f(text(form="valid_keypair_name", nullable=True)),
        "is_transient": _f(flag(nullable=True)),
    }
    if version >= V2 or is_multiple:
        fields["count"] = _f(_count, required=is_multiple)
    return fields


def _count(value: Any, version: Version) -> Any:
    yield from integer(low=1)(value, version)
    if isinstance(value, int) and value > _MAX_CLUSTERS:
        yield (), f"{value!r} is greater than the maximum of {_MAX_CLUSTERS}"


def _resize(version: Version) -> Fields:
    fields = {"name": _f(text(), required=True), "count": _f(integer(low=0), required=True)}
    return fields | {"instances": _f(array(text()), since=V2)} if version >= V2 else fields


def scaling(version: Version) -> Fields:
    return {
        "resize_node_groups": _f(array(nested(lambda _: _resize(version)), low=1)),
        "add_node_groups": _f(array(nested(_node_group), low=1)),
    }


VERIFY: Fields = {"verification": _f(nested(lambda _: {"status": _f(one_of("START"), required=True)}))}
CLUSTER_UPDATE: Fields = {
    "name": _f(text(low=1, high=80, form="valid_name_hostname")),
    "description": _f(text(nullable=True)),
    "is_public": _f(flag(nullable=True)),
    "is_protected": _f(flag(nullable=True)),
    "shares": _f(_NO_SHARES),
    "update_keypair": _f(flag(nullable=True), since=V2),
}
CLUSTER_DELETE: Fields = {"force": _f(flag(), since=V2), "keep_boot_volumes": _f(flag(), since=V2_1)}
IMAGE: Fields = {"username": _f(text(), required=True), "description": _f(text(nullable=True))}
TAGS: Fields = {"tags": _f(array(text(form="valid_tag")), required=True)}

_LABEL: Fields = {"status": _f(flag(), required=True)}


def _labels(given: dict[str, Any]) -> Fields:
    return dict.fromkeys(given, _f(nested(lambda _: _LABEL)))


def _versions(given: dict[str, Any]) -> Fields:
    return dict.fromkeys(given, _f(nested(_labels)))


PLUGIN: Fields = {"plugin_labels": _f(nested(_labels)), "version_labels": _f(nested(_versions))}


def optional(fields: Fields) -> Fields:
    """The same with nothing required: what an update may hold."""
    return {name: Field(check=field.check, since=field.since) for name, field in fields.items()}
