"""Which servers does a list ask for? Query parameters as Nova takes them.

Members filter by what Nova lets them; what they may not is ignored. Unknown parameters are ignored below 2.75.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from moorage import errors
from moorage.api.compute.input import moment
from moorage.api.compute.server_sorting import sort_of
from moorage.api.wire import Call
from moorage.api.wire.paging import limit_of
from moorage.compute import patterns, states
from moorage.compute.model.server import Server
from moorage.compute.service.servers import Listing
from moorage.networks.service import ports
from moorage.store import Tx

_TRUE = ("1", "t", "true", "on", "y", "yes")
_FALSE = ("0", "f", "false", "off", "n", "no")
_JOINED = frozenset(
    {"block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups", "pci_devices"}
)
_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
_PLAIN = frozenset(
    {
        "user_id", "project_id", "tenant_id", "launch_index", "image_ref", "image", "vm_state", "task_state", "host",
        "uuid", "sort_key", "sort_dir", "all_tenants", "soft_deleted", "deleted", "status", "changes-since", "limit",
        "marker", "changes-before", "locked",
    }
)  # fmt: skip
_PATTERNS = frozenset(
    {
        "kernel_id", "ramdisk_id", "hostname", "key_name", "power_state", "node", "flavor", "reservation_id",
        "launched_at", "terminated_at", "availability_zone", "name", "display_name", "description",
        "display_description", "locked_by", "root_device_name", "config_drive", "access_ip_v4", "access_ip_v6",
        "auto_disk_config", "progress", "ip", "ip6", "created_at",
    }
)  # fmt: skip
"""Parameters whose values must be regular expressions."""
_FOR_MEMBERS = {
    (2, 1): {"reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants"},
    (2, 5): {"ip6"},
    (2, 26): set(_TAGS),
    (2, 66): {"changes-before"},
    (2, 73): {"locked"},
    (2, 83): {
        "availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at", "power_state",
        "task_state", "vm_state", "progress", "user_id",
    },
    (2, 90): {"hostname"},
}  # fmt: skip
_EQUAL = {
    "user_id": "user_id", "vm_state": "vm_state", "task_state": "task_state", "host": "host", "uuid": "id",
    "flavor": "", "image": "", "image_ref": "",
}  # fmt: skip
_SHOWN: dict[str, Callable[[Server], Any]] = {
    "name": lambda server: server.name, "display_name": lambda server: server.name,
    "display_description": lambda server: server.description, "hostname": lambda server: server.hostname,
    "key_name": lambda server: server.key_name, "power_state": lambda server: server.power_state,
    "node": lambda server: server.host, "reservation_id": lambda server: server.reservation_id,
    "launched_at": lambda server: server.launched_at, "terminated_at": lambda server: server.terminated_at,
    "created_at": lambda server: server.created_at, "availability_zone": lambda server: server.availability_zone,
    "locked_by": lambda server: server.locked_by, "root_device_name": lambda server: server.root_device_name,
    "config_drive": lambda server: "True" if server.config_drive else "", "progress": lambda server: server.progress,
    "access_ip_v4": lambda server: server.access_ip_v4, "access_ip_v6": lambda server: server.access_ip_v6,
    "auto_disk_config": lambda server: int(server.disk_config == "AUTO"), "kernel_id": lambda _server: "",
    "ramdisk_id": lambda _server: "", "launch_index": lambda server: server.launch_index,
}  # fmt: skip
"""What a regular expression is matched with."""


def listing_of(call: Call, tx: Tx, rule: str) -> Listing:
    """The list a request asks for; ``rule`` is the policy for lists over all projects."""
    _check_form(call)
    asked = _asked(call)
    if refused := [name for name in asked if name in _JOINED or name.startswith("_")]:
        raise errors.BadRequest(f"Invalid filter field: {refused[0]}.")
    vm_states, project_id = _vm_states(call), _project(call, asked, rule)
    since, before = times_of(call)
    only_deleted = vm_states == [states.DELETED]
    if only_deleted and not call.context.is_admin:
        raise errors.Forbidden("Only administrators may list deleted instances")
    return Listing(
        project_id=project_id, marker=call.query.get("marker"), limit=limit_of(call),
        changes_since=since, changes_before=before, sort=sort_of(call), equal=_equal(call, asked),
        tests=[*_tests(call, asked), *_with_addresses(tx, asked, project_id)], vm_states=vm_states,
        deleted=only_deleted or is_true(asked.get("deleted")),
    )  # fmt: skip


def _check_form(call: Call) -> None:
    is_new = call.at_least(2, 26)
    known = _PLAIN | _PATTERNS | _JOINED | (set(_TAGS) if is_new else set())
    for name, value in call.query.multi_items():
        if call.at_least(2, 75) and name not in known and not name.startswith("_"):
            raise errors.BadRequest(f"'{name}' does not match any of the regexes: '^_'")
        if name in _PATTERNS or (is_new and name in _TAGS):
            patterns.matcher(name, value)
    if call.query.get("limit") == "":
        raise errors.BadRequest("Invalid input for query parameters limit. Value: . '' should be non-empty")


def _asked(call: Call) -> dict[str, str]:
    """The filters that count for this caller."""
    if call.allowed("os_compute_api:servers:allow_all_filters"):
        return dict(call.query)
    allowed = {name for since, names in _FOR_MEMBERS.items() if call.version >= since for name in names}
    return {name: value for name, value in call.query.items() if name in allowed}


def is_true(text: str | None) -> bool:
    return text is not None and text.strip().lower() in _TRUE


def _strictly(text: str) -> bool:
    if text.strip().lower() not in _TRUE + _FALSE:
        words = ", ".join(repr(word) for word in sorted(_TRUE + _FALSE))
        raise errors.BadRequest(f"Unrecognized value '{text[:200]}', acceptable values are: {words}")
    return is_true(text)


def _project(call: Call, asked: dict[str, str], rule: str) -> str | None:
    text = call.query.get("all_tenants")
    if text is None or (text != "" and not _strictly(text)):
        return call.context.project_id
    call.enforce(rule)
    return asked.get("tenant_id") or asked.get("project_id")


def _vm_states(call: Call) -> list[str] | None:
    """The states that can show as one of the statuses asked for; None if all may."""
    wanted = call.query.getlist("status")
    if not wanted:
        return None
    found = sorted({state for status in wanted for state in states.vm_states_of(status)})
    if not found and call.at_least(2, 38):
        raise errors.BadRequest("Invalid status value")
    return found


def _equal(call: Call, asked: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {column: asked[name] for name, column in _EQUAL.items() if column and name in asked}
    if "locked" in asked and call.at_least(2, 73):
        found["locked"] = _strictly(asked["locked"])
    return found


def _tests(call: Call, asked: dict[str, str]) -> list[Callable[[Server], bool]]:
    """What SQL cannot say: patterns, and what is inside JSON columns."""
    tests = [_matches(name, asked[name]) for name in _SHOWN if name in asked]
    image = asked.get("image", asked.get("image_ref"))
    if image is not None:
        tests.append(lambda server: (server.image_ref or "") == image)
    if (flavor := asked.get("flavor")) is not None:
        tests.append(lambda server: server.flavor["id"] == flavor)
    if statuses := {status.upper() for status in call.query.getlist("status")}:
        tests.append(lambda server: states.status(server.vm_state, server.task_state) in statuses)
    if call.at_least(2, 26):
        tests += [_has_tags(name, set(asked[name].split(","))) for name in _TAGS if name in asked]
    return tests


def _matches(name: str, pattern: str) -> Callable[[Server], bool]:
    read, fits = _SHOWN[name], patterns.matcher(name, pattern)

    def test(server: Server) -> bool:
        value = read(server)
        return value is not None and fits(str(value))

    return test


def _with_addresses(tx: Tx, asked: dict[str, str], project_id: str | None) -> list[Callable[[Server], bool]]:
    """Servers with an address that matches ``ip`` or ``ip6``; either will do, as in Nova."""
    versions = {"ip": 4, "ip6": 6}
    wanted = [(version, patterns.matcher(name, asked[name])) for name, version in versions.items() if name in asked]
    if not wanted:
        return []
    found = {
        server_id
        for server_id, address in ports.addresses_of_servers(tx, project_id)
        for version, fits in wanted
        if (":" in address) == (version == 6) and fits(address)
    }
    return [lambda server: server.id in found]


def _has_tags(name: str, wanted: set[str]) -> Callable[[Server], bool]:
    return {
        "tags": lambda server: wanted <= set(server.tags),
        "tags-any": lambda server: bool(wanted & set(server.tags)),
        "not-tags": lambda server: not wanted <= set(server.tags),
        "not-tags-any": lambda server: not wanted & set(server.tags),
    }[name]


def times_of(call: Call) -> tuple[dt.datetime | None, dt.datetime | None]:
    """``changes-since`` and, from 2.66, ``changes-before``."""
    since = moment(call, "changes-since")
    before = moment(call, "changes-before") if call.at_least(2, 66) else None
    if since is not None and before is not None and before < since:
        raise errors.BadRequest("The value of changes-since must be less than or equal to changes-before.")
    return since, before
