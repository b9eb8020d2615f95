"""Every option, one entry each: section, name, type, default, and what it is for."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg

from moorage.drivers.dpm.options import OPTIONS as DPM
from moorage.drivers.libvirt.options import OPTIONS as LIBVIRT

DEFAULT: list[cfg.Opt] = [
    cfg.StrOpt("data_dir", default="", help="Where the database, images, volumes and secrets live. --data-dir wins."),
    cfg.StrOpt(
        "database_url",
        default="",
        secret=True,
        help="postgresql://user:password@host/name for many processes; empty: SQLite files in data_dir, one process.",
    ),
    cfg.StrOpt("listen", default="127.0.0.1:8780", help="Address and port of the API. --listen wins."),
    cfg.StrOpt("public_url", default="", help="What clients see of the port, if it is not what they connect to."),
    cfg.StrOpt("region_name", default="RegionOne", help="Region in the catalogue."),
    cfg.StrOpt("availability_zone", default="nova", help="The one availability zone of servers and volumes."),
    cfg.StrOpt("compute_driver", default="sim", choices=["sim", "dpm", "libvirt"], help="The hypervisor driver."),
    cfg.StrOpt("host", default="moorage", help="Name of this installation; part of the names of partitions it makes."),
    cfg.IntOpt(
        "shelved_offload_time",
        default=0,
        min=-1,
        help="Seconds a shelved server keeps its place on the host: 0 not at all, -1 for ever. Volume-backed servers "
        "never keep it.",
    ),
    cfg.IntOpt(
        "reclaim_instance_interval",
        default=0,
        min=0,
        help="Seconds a deleted server can be restored before it is removed; 0 removes it at once.",
    ),
    cfg.FloatOpt(
        "periodic_interval", default=60.0, min=0.05, help="Seconds between two looks for servers whose time has come."
    ),
    cfg.BoolOpt("debug", default=False, help="Log at level DEBUG."),
    cfg.BoolOpt("log_json", default=False, help="Log one JSON object a line."),
    cfg.StrOpt("tls_cert_file", default="", help="Certificate chain (PEM); with tls_key_file the API speaks HTTPS."),
    cfg.StrOpt("tls_key_file", default="", help="Private key (PEM) of tls_cert_file."),
]
WORKERS: list[cfg.Opt] = [
    cfg.IntOpt(
        "concurrency",
        default=32,
        min=1,
        max=1000,
        help="Operations that one process runs at once; one a server at a time.",
    ),
    cfg.BoolOpt(
        "one_cpu",
        default=True,
        help="Keep all threads of moorage serve on one CPU, which is faster. Not with the libvirt driver, whose guests "
        "may be children of the process.",
    ),
]
API: list[cfg.Opt] = [
    cfg.IntOpt("max_body_bytes", default=1 << 20, min=1024, help="Largest request body, image uploads apart."),
    cfg.IntOpt("max_image_gib", default=1024, min=1, help="Largest image that may be uploaded, in GiB."),
    cfg.IntOpt("max_head_bytes", default=64 << 10, min=1024, help="Longest address and headers of a request."),
    cfg.FloatOpt("head_patience", default=20.0, min=0.1, help="Seconds in which the head of a request must come."),
    cfg.FloatOpt("body_patience", default=30.0, min=0.1, help="Seconds for a body to come, image uploads apart."),
    cfg.IntOpt("max_connections", default=2000, min=1, help="Connections at once; further ones are answered 503."),
    cfg.IntOpt("max_in_flight", default=40, min=1, max=1000, help="Requests worked on at once; others wait."),
    cfg.IntOpt("max_waiting", default=1000, min=0, help="Requests that may wait; further ones are answered 503."),
    cfg.IntOpt(
        "max_waiting_of_project", default=500, min=1,
        help="Requests of one project that may wait; further ones are answered 429. Projects take turns.",
    ),
    cfg.FloatOpt("wait_patience", default=30.0, min=0.1, help="Seconds a request may wait before it is answered 503."),
    cfg.IntOpt("max_streams", default=64, min=1, help="Images sent at once in either direction."),
    cfg.IntOpt("max_buffered_mib", default=256, min=1, help="Bodies of all requests in memory, in MiB."),
    cfg.StrOpt("policy_file", default="", help="policy.yaml with changed rules; empty: the defaults."),
]  # fmt: skip
METRICS: list[cfg.Opt] = [
    cfg.StrOpt(
        "listen", default="",
        help="Address and port of their own for /metrics, /healthz and /readyz, where no token is needed unless one is "
        "set; empty: the port of the API, where /metrics answers only this machine unless a token is set.",
    ),
    cfg.StrOpt("token", default="", secret=True, help="What /metrics asks for: Authorization: Bearer <token>."),
]  # fmt: skip
TRACING: list[cfg.Opt] = [
    cfg.StrOpt(
        "otlp_endpoint", default="",
        help="Where OpenTelemetry traces are sent by OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; empty: "
        "there are none. Needs moorage[otel].",
    ),
]  # fmt: skip
CLUSTERS: list[cfg.Opt] = [
    cfg.StrOpt("node_domain", default="novalocal", help="What follows the host names of cluster nodes."),
    cfg.IntOpt(
        "default_boot_volume_size", default=10, min=1,
        help="GiB of a node's boot volume where neither request nor flavor has a size, unless the image needs more.",
    ),
    cfg.IntOpt("verification_periodic_interval", default=600, min=1, help="Seconds between looks at clusters' health."),
]  # fmt: skip
COMPUTE: list[cfg.Opt] = [
    cfg.BoolOpt(
        "allow_direct_swap", default=False,
        help="Let admins and services swap volumes of running servers by themselves, not only volume migrations.",
    ),
    cfg.BoolOpt(
        "follow_guest_states", default=True,
        help="Show servers as their guests are seen: one that stops itself becomes SHUTOFF. Where the driver can tell.",
    ),
    cfg.FloatOpt(
        "reconcile_interval", default=120.0, min=0.1,
        help="Seconds between two looks at all hypervisors and guests, for what nobody told.",
    ),
]  # fmt: skip
TOKEN: list[cfg.Opt] = [
    cfg.IntOpt("expiration", default=3600, min=1, help="Life of a token in seconds."),
]
VOLUMES: list[cfg.Opt] = [
    cfg.ListOpt(
        "enabled_backends",
        default=["files"],
        help="Storage backends (files: raw; qcow2; fcarray); the first is default.",
    ),
    cfg.StrOpt(
        "fcarray_file", default="", help="State of the simulated FC array; empty: fcarray/array.db in data_dir."
    ),
]
SIM: list[cfg.Opt] = [
    cfg.IntOpt("vcpus", default=10_000, min=1, help="Processors of the simulated hypervisor."),
    cfg.IntOpt("memory_mib", default=64 << 20, min=1, help="Memory of the simulated hypervisor in MiB."),
    cfg.FloatOpt("latency", default=0.0, min=0.0, help="Seconds that each call of the simulated hypervisor takes."),
    cfg.BoolOpt(
        "guests_report",
        default=True,
        help="Simulated guests report the end of their first boot: of user data they carry out curl commands with a "
        "URL that ends in a token, and nothing else.",
    ),
]

AUDIT: list[cfg.Opt] = [
    cfg.StrOpt(
        "mode", default="report", choices=["off", "report", "repair"],
        help="What the periodic audit of volume attachments does about its findings; off: there is none.",
    ),
    cfg.FloatOpt("interval", default=3600.0, min=1.0, help="Seconds between two periodic audits."),
    cfg.FloatOpt("grace_period", default=900.0, min=0.0, help="Seconds for which what was changed is left alone."),
    cfg.IntOpt(
        "blast_limit", default=5, min=0,
        help="Objects that one pass may remove; if more look dangling, or more than a tenth, nothing is repaired.",
    ),
]  # fmt: skip

NETWORKS: list[cfg.Opt] = [
    cfg.ListOpt("names", default=[], help="Provider networks; each has a section [network:<name>]."),
]
NETWORK: list[cfg.Opt] = [
    cfg.StrOpt("cidr", default="", help="The network's subnet, such as 10.1.0.0/16."),
    cfg.StrOpt("gateway", default="", help="Address of the router; empty: there is none."),
    cfg.ListOpt("dns", default=[], help="Addresses of name servers."),
    cfg.IntOpt("vlan", min=1, max=4094, help="VLAN id, tagged by adapter or host; unset: untagged."),
    cfg.IntOpt("mtu", default=1500, min=576, max=65535, help="Largest frame that guests may send."),
    cfg.StrOpt(
        "allocation_pool", default="", help="<first>-<last> of the addresses to give out; empty: all of the subnet."
    ),
    cfg.StrOpt("description", default="", help="What clients see as the network's description."),
    cfg.ListOpt(
        "virtual_switches", default=[],
        help="DPM: object ids of the virtual switches on it; the first on the partition's CPC is used.",
    ),
    cfg.ListOpt(
        "adapter_ports", default=[],
        help="DPM: <adapter object-id>:<port> of the adapters on it (RoCE, or any network adapter from z17 on); the "
        "first on the partition's CPC is used.",
    ),
    cfg.ListOpt(
        "bridges", default=[],
        help="KVM: the bridge of the hosts that is on it, or network:<name> of one libvirt knows; the first counts.",
    ),
]  # fmt: skip

CPCS: list[cfg.Opt] = [
    cfg.ListOpt(
        "cpcs", default=[],
        help="Names of several CPCs, of one HMC or of many; each has a section [dpm:<name>] with these options, and "
        "takes from [dpm] what it leaves out. Empty: [dpm] itself is the one CPC.",
    ),
]  # fmt: skip

GROUPS: dict[str, list[cfg.Opt]] = {
    "DEFAULT": DEFAULT,
    "api": API,
    "audit": AUDIT,
    "clusters": CLUSTERS,
    "compute": COMPUTE,
    "dpm": [*CPCS, *DPM],
    "libvirt": LIBVIRT,
    "metrics": METRICS,
    "networks": NETWORKS,
    "sim": SIM,
    "token": TOKEN,
    "tracing": TRACING,
    "volumes": VOLUMES,
    "workers": WORKERS,
}


FAMILIES: dict[str, tuple[str, str, list[cfg.Opt]]] = {
    "dpm": ("dpm", "cpcs", DPM),
    "network": ("networks", "names", NETWORK),
}
"""Kind of section → where its names stand (section, option), and the options that each ``[<kind>:<name>]`` has."""


def list_opts() -> list[tuple[str, list[Any]]]:
    """Entry point of oslo.config's sample generator."""
    families = {f"{kind}:<name>": options for kind, (_, _, options) in FAMILIES.items()}
    return list({**GROUPS, **families}.items())
