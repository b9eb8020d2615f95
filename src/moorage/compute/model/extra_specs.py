"""Which extra specs of a flavor are known, and what may their values be?

The names and values that Nova checks from microversion 2.86 on. A name without a namespace, or in one that is not
listed here, is free. Traits are checked by their form.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from moorage import errors

_TRUE_OR_FALSE = frozenset({"1", "t", "true", "on", "y", "yes", "0", "f", "false", "off", "n", "no"})
_GROUP = r"([a-zA-Z0-9_-]{1,64})?"
_CPUS = r"\^?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*"
_LEVELS = ("custom", "high", "normal", "low")
_CLASSES = (
    "VCPU|MEMORY_MB|DISK_GB|PCI_DEVICE|SRIOV_NET_VF|NUMA_SOCKET|NUMA_CORE|NUMA_THREAD|NUMA_MEMORY_MB|IPV4_ADDRESS|VGPU|"
    "VGPU_DISPLAY_HEAD|NET_BW_EGR_KILOBIT_PER_SEC|NET_BW_IGR_KILOBIT_PER_SEC|PCPU|MEM_ENCRYPTION_CONTEXT|FPGA|PGPU|"
    "NET_PACKET_RATE_KILOPACKET_PER_SEC|NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC|"
    "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC|CUSTOM_[A-Z0-9_]+"
)
_FACTS = (
    "cpu_info|instances|limits|metrics|nodename|numa_topology|pci_device_pools|pci_stats|stats|supported_hv_specs|"
    "supported_instances"
)


class Value(msgspec.Struct, frozen=True):
    """What a value may be. Without anything set, any text."""

    kind: str = "text"
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""

    def check(self, text: str) -> None:
        """400 in Nova's words unless ``text`` is allowed."""
        if self.kind == "bool" and text.strip().lower() not in _TRUE_OR_FALSE:
            raise errors.BadRequest(f"Validation failed; '{text}' is not a valid boolean-like value.")
        if self.kind == "int":
            self._check_number(text)
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise errors.BadRequest(f"Validation failed; '{text}' is not of the format '{self.pattern}'.")
        if self.choices and text not in self.choices:
            raise errors.BadRequest(f"Validation failed; '{text}' is not one of: {', '.join(self.choices)}.")

    def _check_number(self, text: str) -> None:
        if not re.fullmatch(r"\s*[+-]?[0-9]+\s*", text):
            raise errors.BadRequest(f"Validation failed; '{text}' is not a valid integer value.")
        if self.high is not None and int(text) > self.high:
            raise errors.BadRequest(f"Validation failed; '{text}' is greater than the max value of '{self.high}'.")
        if self.low is not None and int(text) < self.low:
            raise errors.BadRequest(f"Validation failed; '{text}' is less than the min value of '{self.low}'.")


_TEXT, _BOOL, _INT = Value(), Value(kind="bool"), Value(kind="int")
_COUNT, _POSITIVE = Value(kind="int", low=0), Value(kind="int", low=1)


def _one_of(*choices: str) -> Value:
    return Value(choices=choices)


def _like(pattern: str) -> Value:
    return Value(pattern=pattern)


def _named(prefix: str, names: str, value: Value) -> dict[str, Value]:
    return {prefix + name: value for name in names.split()}


_KNOWN: dict[str, Value] = {
    "group_policy": _one_of("isolate", "none"),
    "hide_hypervisor_id": _BOOL,
    "accel:device_profile": _TEXT,
    **_named("hw:", "boot_menu cpu_realtime ephemeral_encryption hide_hypervisor_id locked_memory mem_encryption pmu "
             "vif_multiqueue_enabled virtio_packed_ring", _BOOL),
    **_named("hw:", "cpu_cores cpu_max_cores cpu_max_sockets cpu_max_threads cpu_sockets cpu_threads numa_nodes",
             _POSITIVE),
    **_named("hw:", "cpu_dedicated_mask cpu_realtime_mask", _like(_CPUS)),
    "hw:cpu_policy": _one_of("dedicated", "shared", "mixed"),
    "hw:cpu_thread_policy": _one_of("prefer", "isolate", "require"),
    "hw:emulator_threads_policy": _one_of("isolate", "share"),
    "hw:ephemeral_encryption_format": _one_of("plain", "luks", "luksv2"),
    "hw:mem_encryption_model": _one_of("amd-sev", "amd-sev-es", "amd-sev-snp", "intel-tdx"),
    "hw:mem_page_size": _like(r"(large|small|any|\d+([kKMGT]i?)?(b|bit|B)?)"),
    "hw:pci_numa_affinity_policy": _one_of("required", "preferred", "legacy", "socket"),
    "hw:pmem": _like(r"([a-zA-Z0-9_]+(,)?)+"),
    "hw:redirected_usb_ports": Value(kind="int", low=0, high=15),
    "hw:serial_port_count": _COUNT,
    "hw:sound_model": _one_of("sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "virtio"),
    "hw:tpm_model": _one_of("tpm-tis", "tpm-crb"),
    "hw:tpm_secret_security": _one_of("user", "host", "deployment"),
    "hw:tpm_version": _one_of("1.2", "2.0"),
    "hw:usb_model": _one_of("none", "nec-xhci", "qemu-xhci"),
    "hw:viommu_model": _one_of("intel", "smmuv3", "virtio", "auto"),
    "hw:watchdog_action": _one_of("none", "pause", "poweroff", "reset", "disabled"),
    "hw_rng:allowed": _BOOL,
    **_named("hw_rng:", "rate_bytes rate_period", _COUNT),
    "hw_video:ram_max_mb": _COUNT,
    "os:secure_boot": _one_of("disabled", "required"),
    "pci_passthrough:alias": _like(r"[^:]+:\d+(?:\s*,\s*[^:]+:\d+)*"),
    **_named("quota:", "cpu_quota cpu_reservation disk_io_reservation memory_reservation vif_reservation", _INT),
    **_named("quota:", "cpu_limit cpu_period cpu_shares cpu_shares_share disk_io_limit disk_io_shares_share "
             "disk_read_bytes_sec disk_read_iops_sec disk_total_bytes_sec disk_total_iops_sec disk_write_bytes_sec "
             "disk_write_iops_sec memory_limit memory_shares_share vif_inbound_average vif_inbound_burst "
             "vif_inbound_peak vif_limit vif_outbound_average vif_outbound_burst vif_outbound_peak vif_shares_share",
             _COUNT),
    **_named("quota:", "cpu_shares_level disk_io_shares_level memory_shares_level vif_shares_level",
             _one_of(*_LEVELS)),
    **_named("vmware:", "hw_version storage_policy", _TEXT),
    **_named("capabilities:", "aggregates cell_uuid cpu_allocation_ratio current_workload disk_allocation_ratio "
             "disk_available_least disk_mb_used failed_builds free_disk_gb free_disk_mb free_ram_mb host host_ip "
             "hypervisor_hostname hypervisor_type hypervisor_version id local_gb local_gb_used mapped memory_mb "
             "memory_mb_used num_instances num_io_ops ram_allocation_ratio running_vms service_id "
             "total_usable_disk_gb total_usable_ram_mb updated uuid vcpus vcpus_total vcpus_used", _TEXT),
}  # fmt: skip
_FORMS: list[tuple[str, Value]] = [
    (r"aggregate_instance_extra_specs:.+", _TEXT),
    (rf"capabilities:({_FACTS})(:\w+)*", _TEXT),
    (r"hw:numa_cpus\.\d+", _like(_CPUS)),
    (r"hw:numa_mem\.\d+", _POSITIVE),
    (rf"resources{_GROUP}:({_CLASSES})", _INT),
    (rf"trait{_GROUP}:(HW|COMPUTE|STORAGE|MISC|OWNER|CUSTOM)_[A-Z0-9_]+", _one_of("required", "forbidden")),
]
_NAMESPACE = re.compile(
    rf"accel|aggregate_instance_extra_specs|capabilities|hw|hw_rng|hw_video|os|pci_passthrough|quota|vmware|"
    rf"resources{_GROUP}|trait{_GROUP}"
)


def check(name: str, value: Any) -> None:
    """400 if the name is in a known namespace but unknown there, or the value is none for it."""
    known = _KNOWN.get(name) or next((rule for form, rule in _FORMS if re.fullmatch(form, name)), None)
    if known:
        known.check(str(value))
    elif ":" in name and _NAMESPACE.fullmatch(name.split(":", 1)[0]):
        raise errors.BadRequest(f"Validation failed; extra spec '{name}' does not appear to be a valid extra spec.")
