"""Does the ``[dpm]`` section fit the CPC it names?

Needs two requests and one for each storage adapter named, so it can run at each start of a process.
"""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

import zhmcclient

from moorage import errors
from moorage.drivers.dpm import faults
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.sessions import Hmc

_MAPPINGS = "physical_storage_adapter_mappings"
_STORAGE_GROUPS = "dpm-storage-management"


def split_mappings(settings: DpmSettings) -> list[tuple[str, str]]:
    """Adapter id and port of each mapping. Raises ``errors.ConfigError`` for a wrong form or a double."""
    pairs: list[tuple[str, str]] = []
    for mapping in settings.physical_storage_adapter_mappings:
        adapter_id, colon, port = (part.strip().lower() for part in mapping.partition(":"))
        if not (adapter_id and colon and port) or ":" in port or "/" in mapping:
            _wrong(_MAPPINGS, mapping, "must be <storage-adapter-id>:<port-element-id>")
        if (adapter_id, port) in pairs:
            _wrong(_MAPPINGS, mapping, "is given twice")
        pairs.append((adapter_id, port))
    return pairs


def port_uri(adapter_id: str, port: str) -> str:
    """How the HMC addresses a storage port."""
    return f"/api/adapters/{adapter_id}/storage-ports/{port}"


class Section(NamedTuple):
    """What the HMC says of the section: URIs of the mapped ports in the order given, and the CPC's storage model."""

    port_uris: list[str]
    has_groups: bool


def check_section(hmc: Hmc, settings: DpmSettings) -> Section:
    """Compare the section with the CPC.

    Raises ``errors.ConfigError`` naming option, value and reason for the first thing that does not fit.
    """
    pairs = split_mappings(settings)
    cpc = read_cpc(hmc, settings)
    _check_cpc(cpc, settings)
    listed = hmc.get(f"/api/cpcs/{settings.cpc_object_id}/adapters")["adapters"]
    types = {str(adapter["object-uri"]).rpartition("/")[2].lower(): adapter.get("type") for adapter in listed}
    ports: dict[str, list[str]] = {}
    for adapter_id, port in pairs:
        _check_adapter(f"{adapter_id}:{port}", adapter_id, types, settings.cpc_object_id)
        if adapter_id not in ports:
            ports[adapter_id] = hmc.get(f"/api/adapters/{adapter_id}").get("storage-port-uris", [])
        if port_uri(adapter_id, port) not in ports[adapter_id]:
            _wrong(_MAPPINGS, f"{adapter_id}:{port}", f"adapter {adapter_id} has no port {port}")
    return Section([port_uri(adapter_id, port) for adapter_id, port in pairs], has_groups(cpc))


def has_groups(cpc: dict[str, Any]) -> bool:
    """Whether the CPC has storage groups instead of HBAs: z14 and later, once the firmware feature is there."""
    features = cpc.get("available-features-list") or []
    return any(feature.get("name") == _STORAGE_GROUPS and feature.get("state") for feature in features)


def has_reach(hmc: Hmc, settings: DpmSettings) -> bool:
    """Whether at least one of the mapped adapters works, so that a partition made now could reach its volumes."""
    mapped = {adapter_id for adapter_id, _ in split_mappings(settings)}
    listed = hmc.get(f"/api/cpcs/{settings.cpc_object_id}/adapters")["adapters"]
    working = {str(each["object-uri"]).rpartition("/")[2].lower() for each in listed if each.get("status") == "active"}
    return bool(mapped & working)


def read_cpc(hmc: Hmc, settings: DpmSettings) -> dict[str, Any]:
    """Properties of the CPC. Raises ``errors.ConfigError`` when the HMC shows none of that id."""
    try:
        return hmc.get(f"/api/cpcs/{settings.cpc_object_id}")
    except zhmcclient.HTTPError as error:
        if faults.is_missing(error):
            _wrong("cpc_object_id", settings.cpc_object_id, "the HMC has no such CPC, or its user may not see it")
        raise


def _check_cpc(cpc: dict[str, Any], settings: DpmSettings) -> None:
    name = cpc.get("name")
    if not cpc.get("dpm-enabled"):
        _wrong("cpc_object_id", settings.cpc_object_id, f"CPC {name} is not in DPM mode")
    limits = (
        ("max_processors", settings.max_processors, "processor-count-ifl", "IFL processors"),
        ("max_memory", settings.max_memory, "storage-customer", "MiB of memory"),
    )
    for option, value, figure, unit in limits:
        if value > cpc.get(figure, value):
            _wrong(option, value, f"CPC {name} has {cpc[figure]} {unit}")


def _check_adapter(mapping: str, adapter_id: str, types: dict[str, Any], cpc_object_id: str) -> None:
    if adapter_id not in types:
        _wrong(_MAPPINGS, mapping, f"CPC {cpc_object_id} has no adapter {adapter_id}")
    if types[adapter_id] != "fcp":
        _wrong(_MAPPINGS, mapping, f"adapter {adapter_id} is of type {types[adapter_id]}, not fcp")


def _wrong(option: str, value: object, reason: str) -> NoReturn:
    raise errors.ConfigError(f"[dpm] {option}: {value}: {reason}")
