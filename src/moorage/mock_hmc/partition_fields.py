"""Which properties does a partition have, what may they hold, and what do they start with?

Limits: names 1-64 characters, boot time-out 60-600 s, 256 characters of operating-system parameters, descriptions of
1024 (Web Services API, Create Partition and Partition data model). Memory is in MiB.
"""

from __future__ import annotations

from typing import Any

from moorage.mock_hmc.validation import (
    Field,
    boolean,
    choice,
    integer,
    list_of,
    number,
    or_empty,
    or_null,
    pattern,
    text,
)

MINIMUM_MEMORY_MIB = 512
BOOT_DEVICES = ("none", "storage-adapter", "storage-volume", "network-adapter", "ftp", "removable-media", "iso-image")

_ANY_MEMORY = integer(MINIMUM_MEMORY_MIB, 2**40)
_ANY_PROCESSORS = integer(0, 9999)
_WEIGHT = integer(1, 999)
_URI = pattern(r"/api/.+", "a URI")
_WWPN = pattern(r"[0-9a-fA-F]{16}", "16 hexadecimal digits")


def _flag(default: bool) -> Field:
    return Field(boolean, default)


def _after_creation(check: Any, default: Any) -> Field:
    """A property that cannot be given at creation."""
    return Field(check, default, is_creatable=False)


_IDENTITY = {
    "name": Field(text(64, 1)),
    "description": Field(text(1024), ""),
    "short-name": Field(pattern(r"[A-Z0-9]{1,8}", "1-8 capital letters and digits")),
    "partition-id": Field(or_null(pattern(r"[0-7][0-9A-F]", "two hexadecimal digits up to 7F"))),
    "autogenerate-partition-id": _flag(True),
    "type": Field(choice("linux", "ssc"), "linux", is_updatable=False),
    "acceptable-status": Field(list_of(text(64, 1)), ["active"]),
    "reserve-resources": _flag(False),
    "auto-start": _after_creation(boolean, False),
}

_CAPACITY: dict[str, Field] = {
    "ifl-processors": Field(_ANY_PROCESSORS, 0),
    "cp-processors": Field(_ANY_PROCESSORS, 0),
    "processor-mode": Field(choice("shared", "dedicated"), "shared"),
    "initial-memory": Field(_ANY_MEMORY),
    "maximum-memory": Field(_ANY_MEMORY),
    "processor-management-enabled": _flag(False),
}
for _kind in ("ifl", "cp"):
    _CAPACITY |= {
        f"initial-{_kind}-processing-weight": Field(_WEIGHT, 100),
        f"minimum-{_kind}-processing-weight": Field(_WEIGHT, 1),
        f"maximum-{_kind}-processing-weight": Field(_WEIGHT, 999),
        f"{_kind}-processing-weight-capped": _flag(False),
        f"{_kind}-absolute-processor-capping": _flag(False),
        f"{_kind}-absolute-processor-capping-value": Field(number(0.01, 255.0), 1.0),
    }

_ACCESS = {
    name: _flag(False)
    for name in (
        "access-global-performance-data",
        "permit-cross-partition-commands",
        "access-basic-counter-set",
        "access-problem-state-counter-set",
        "access-crypto-activity-counter-set",
        "access-extended-counter-set",
        "access-coprocessor-group-set",
        "access-basic-sampling",
        "access-diagnostic-sampling",
    )
} | {f"permit-{cipher}-key-import-functions": _flag(True) for cipher in ("des", "aes")}

_BOOT = {
    "boot-device": Field(choice(*BOOT_DEVICES), "none"),
    "boot-timeout": Field(integer(60, 600), 60),
    "boot-os-specific-parameters": Field(text(256), ""),
    "boot-configuration-selector": _after_creation(integer(0, 30), 0),
    "boot-record-lba": _after_creation(pattern(r"[0-9a-fA-F]{1,16}", "1-16 hexadecimal digits"), "0"),
    "boot-load-parameters": _after_creation(text(8), ""),
    "boot-removable-media": Field(or_null(text(256)), None),
    "boot-removable-media-type": Field(or_null(choice("cdrom", "usb")), None),
    "boot-network-device": _after_creation(or_null(_URI), None),
    "boot-storage-device": _after_creation(or_null(_URI), None),
    "boot-storage-volume": _after_creation(or_null(_URI), None),
    "boot-world-wide-port-name": _after_creation(or_empty(_WWPN), ""),
    "boot-logical-unit-number": _after_creation(or_empty(_WWPN), ""),
    "boot-ftp-host": Field(or_null(text(256)), None),
    "boot-ftp-username": Field(or_null(text(256)), None),
    "boot-ftp-insfile": Field(or_null(text(256)), None),
}

FIELDS: dict[str, Field] = {**_IDENTITY, **_CAPACITY, **_ACCESS, **_BOOT}
REQUIRED = ("name", "initial-memory", "maximum-memory")


def initial(body: dict[str, Any], oid: str, cpc_uri: str) -> dict[str, Any]:
    """All properties of a new, stopped partition."""
    given = {name: field.default for name, field in FIELDS.items()} | body
    return {
        **given,
        "object-uri": f"/api/partitions/{oid}",
        "object-id": oid,
        "parent": cpc_uri,
        "class": "partition",
        "status": "stopped",
        "has-unacceptable-status": "stopped" not in given["acceptable-status"],
        "is-locked": False,
        "short-name": given["short-name"] or f"P{oid.replace('-', '')[:7].upper()}",
        "reserved-memory": given["maximum-memory"] - given["initial-memory"],
        "os-name": "",
        "os-type": "",
        "os-version": "",
        "degraded-adapters": [],
        "boot-iso-image-name": None,
        "boot-iso-ins-file": None,
        "current-ifl-processing-weight": given["initial-ifl-processing-weight"],
        "current-cp-processing-weight": given["initial-cp-processing-weight"],
        "threads-per-processor": 0,
        "hba-uris": [],
        "nic-uris": [],
        "virtual-function-uris": [],
        "storage-group-uris": [],
    }
