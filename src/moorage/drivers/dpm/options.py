"""Which settings does the ``[dpm]`` section have, and what do they look like in the driver?

Names are those of nova-dpm where it had the option, so that an existing section can be kept.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from oslo_config import cfg

from moorage import errors

GROUP = "dpm"
MIN_MEMORY_MIB = 512

OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt("hmc", default=[], help="Host names or addresses of the HMCs; the first that answers is used."),
    cfg.PortOpt("hmc_port", default=6794, help="Port of the HMC Web Services API."),
    cfg.PortOpt("hmc_notification_port", default=61612, help="Port of the HMC's notifications (STOMP over TLS)."),
    cfg.StrOpt("hmc_username", default="", help="HMC user the driver logs on as."),
    cfg.StrOpt("hmc_password", default="", secret=True, help="Password of that user."),
    cfg.BoolOpt("verify_cert", default=True, help="Whether the HMC's certificate is checked."),
    cfg.StrOpt(
        "ca_file", help="File or directory with the CA certificates the HMC's is signed by; default: certifi's."
    ),
    cfg.StrOpt("cpc_object_id", default="", help="Object id of the CPC whose partitions become servers."),
    cfg.IntOpt("max_processors", default=1, min=1, help="Shared IFL processors servers may use in sum."),
    cfg.IntOpt("max_memory", default=MIN_MEMORY_MIB, min=MIN_MEMORY_MIB, help="Memory servers may use in sum, in MiB."),
    cfg.MultiStrOpt(
        "physical_storage_adapter_mappings",
        default=[],
        help="<storage-adapter-id>:<port-element-id>, repeatable. Every server gets one WWPN for each: "
        "an HBA (z13), or a path of its storage group (z14 and later).",
    ),
    cfg.ListOpt("target_wwpn_ignore_list", default=[], help="Target WWPNs never booted from, such as a file module's."),
    cfg.IntOpt("connect_timeout_s", default=5, min=1, help="Seconds to wait for a connection to the HMC."),
    cfg.IntOpt("read_timeout_s", default=60, min=1, help="Seconds to wait for the HMC's answer to one request."),
    cfg.IntOpt("boot_timeout", default=60, min=60, max=600, help="Seconds the firmware tries to load the system."),
    cfg.IntOpt("start_timeout_s", default=300, min=60, help="Seconds until a started partition must run."),
    cfg.IntOpt("stop_timeout_s", default=120, min=1, help="Seconds until a stopped partition must be stopped."),
    cfg.IntOpt(
        "paused_grace_s", default=15, min=0, help="Seconds a partition may still read 'paused' after its start."
    ),
    cfg.FloatOpt(
        "boot_grace_s",
        default=5.0,
        min=0,
        help="Seconds after which a started partition must still run for its start to count as done.",
    ),
    cfg.IntOpt("boot_rounds", default=1, min=1, max=10, help="How often all paths of a boot volume are tried."),
    cfg.StrOpt(
        "loader_error_pattern",
        default="^MLO[A-Z]{3}[0-9]{3}E",
        help="Regular expression of operating system messages by which a start has failed although the partition is "
        "active. Empty: they are not looked at.",
    ),
    cfg.IntOpt(
        "fulfillment_timeout_s", default=60, min=1, help="Seconds until the HMC must report a boot volume as complete."
    ),
    cfg.BoolOpt(
        "keep_groups_of_shelved",
        default=False,
        help="Whether a shelved server keeps its storage group, and with it its WWPNs (z14 and later). Its volumes are "
        "unmapped all the same.",
    ),
    cfg.BoolOpt(
        "mount_config_drive",
        default=True,
        help="Mount an ISO image with user data, keys and networks on partitions of servers that have any.",
    ),
    cfg.FloatOpt("poll_max_s", default=5.0, min=0.1, help="Longest pause between two looks at a job or a status."),
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class DpmSettings:
    """The ``[dpm]`` section as the driver uses it; defaults are in ``OPTIONS`` and nowhere else."""

    hmc: tuple[str, ...]
    hmc_port: int
    hmc_notification_port: int
    hmc_username: str
    hmc_password: str = dataclasses.field(repr=False)
    verify_cert: bool
    ca_file: str | None
    cpc_object_id: str
    max_processors: int
    max_memory: int
    physical_storage_adapter_mappings: tuple[str, ...]
    target_wwpn_ignore_list: tuple[str, ...]
    connect_timeout_s: int
    read_timeout_s: int
    boot_timeout: int
    start_timeout_s: float
    stop_timeout_s: float
    paused_grace_s: float
    boot_grace_s: float
    boot_rounds: int
    loader_error_pattern: str
    fulfillment_timeout_s: float
    keep_groups_of_shelved: bool
    mount_config_drive: bool
    poll_max_s: float

    @property
    def certificate_check(self) -> bool | str:
        """What zhmcclient takes as ``verify_cert``: a CA file or directory, True for certifi's CAs, or False."""
        return (self.ca_file or True) if self.verify_cert else False

    @classmethod
    def from_section(cls, section: Any) -> DpmSettings:
        """Read an oslo.config group. Raises ``ConfigError`` for what can be seen wrong without asking the HMC."""
        values: dict[str, Any] = {field.name: getattr(section, field.name) for field in dataclasses.fields(cls)}
        values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        settings = cls(**values)
        for name in ("hmc", "hmc_username", "hmc_password", "cpc_object_id", "physical_storage_adapter_mappings"):
            if not getattr(settings, name):
                raise errors.ConfigError(f"[dpm] {name}: empty: the dpm driver needs a value")
        _check_pattern(settings.loader_error_pattern)
        if settings.start_timeout_s <= settings.boot_timeout:
            raise errors.ConfigError(
                f"[dpm] start_timeout_s: {settings.start_timeout_s}: must exceed boot_timeout ({settings.boot_timeout})"
            )
        return settings


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise errors.ConfigError(f"[dpm] loader_error_pattern: {pattern}: not a regular expression: {error}") from error
