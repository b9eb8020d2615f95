"""Which servers does a list ask for? Query parameters as Nova takes them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from moorage import errors
from moorage.api.wire import Call
from moorage.api.wire.paging import limit_of
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service.servers import Listing

_TRUE = ("1", "t", "true", "on", "y", "yes")
_PUBLIC = frozenset(
    {
        "limit", "marker", "sort_key", "sort_dir", "all_tenants", "name", "status", "image", "flavor", "ip", "ip6",
        "changes-since", "changes-before", "reservation_id", "tags", "tags-any", "not-tags", "not-tags-any", "locked",
        "deleted", "tenant_id", "project_id", "user_id", "host", "hostname", "node", "vm_state", "task_state",
        "power_state", "uuid", "instance_uuid", "access_ip_v4", "access_ip_v6", "key_name", "config_drive",
        "description", "display_name", "display_description", "launch_index", "image_ref", "kernel_id", "ramdisk_id",
        "root_device_name", "availability_zone", "auto_disk_config", "created_at", "launched_at", "terminated_at",
        "locked_by", "progress", "soft_deleted", "metadata", "system_metadata", "fixed_ip",
    }
)  # fmt: skip
_EQUAL = {
    "reservation_id": "reservation_id", "uuid": "id", "instance_uuid": "id", "key_name": "key_name",
    "access_ip_v4": "access_ip_v4", "access_ip_v6": "access_ip_v6", "availability_zone": "availability_zone",
    "description": "description", "root_device_name": "root_device_name",
}  # fmt: skip
_ADMIN_EQUAL = {
    "host": "host",
    "node": "host",
    "user_id": "user_id",
    "task_state": "task_state",
    "vm_state": "vm_state",
}
_SORT = {
    "access_ip_v4": "access_ip_v4", "access_ip_v6": "access_ip_v6", "availability_zone": "availability_zone",
    "config_drive": "config_drive", "created_at": "created_at", "display_description": "description",
    "display_name": "name", "host": "host", "hostname": "hostname", "image_ref": "image_ref", "key_name": "key_name",
    "launch_index": "launch_index", "launched_at": "launched_at", "locked": "locked", "locked_by": "locked_by",
    "node": "host", "power_state": "power_state", "progress": "progress", "project_id": "project_id",
    "root_device_name": "root_device_name", "task_state": "task_state", "terminated_at": "terminated_at",
    "updated_at": "updated_at", "user_id": "user_id", "uuid": "id", "vm_state": "vm_state", "instance_type_id": "id",
    "instance_type_name": "id",
}  # fmt: skip


def listing_of(call: Call) -> Listing:
    """The list a request asks for; unknown parameters are ignored below 2.75 and refused from it."""
    query = call.query
    if call.at_least(2, 75):
        for name in query:
            if name not in _PUBLIC:
                raise errors.BadRequest(f"Invalid input for query parameters {name}. It is not one this version takes.")
    may_all = call.allowed("os_compute_api:servers:allow_all_filters")
    wanted = Listing(
        project_id=_project(call), name=query.get("name") or query.get("display_name"), marker=query.get("marker"),
        limit=limit_of(call), changes_since=time_of(call, "changes-since"), changes_before=time_of(call, "changes-before"),
        sort=tuple(_sort(call)), equal=_equal(call, may_all), tests=[], vm_states=_vm_states(call),
        deleted=may_all and is_true(query.get("deleted")),
    )  # fmt: skip
    wanted.tests += _tests(call, wanted)
    return wanted


def is_true(text: str | None) -> bool:
    return text is not None and text.strip().lower() in _TRUE


def _project(call: Call) -> str | None:
    wanted = call.query.get("tenant_id") or call.query.get("project_id")
    text = call.query.get("all_tenants")
    if text is None or (text != "" and not is_true(text)):
        if text is not None and text.lower() not in ("0", "f", "false", "off", "n", "no"):
            raise errors.BadRequest(f"Invalid input for query parameters all_tenants. Value: {text}.")
        return call.context.project_id
    call.enforce("os_compute_api:servers:index:get_all_tenants")
    return wanted


def _vm_states(call: Call) -> list[str] | None:
    wanted = call.query.getlist("status")
    if not wanted:
        return None
    found = [state for status in wanted for state in states.vm_states_of(status)]
    if "DELETED" in (status.upper() for status in wanted) and not call.context.is_admin:
        raise errors.Forbidden("Only administrators may list deleted instances")
    if not found and call.at_least(2, 38):
        raise errors.BadRequest("Invalid status value")
    return found


def _equal(call: Call, may_all: bool) -> dict[str, Any]:
    names = _EQUAL | (_ADMIN_EQUAL if may_all else {})
    found: dict[str, Any] = {column: call.query[name] for name, column in names.items() if name in call.query}
    if call.at_least(2, 73) and "locked" in call.query:
        found["locked"] = is_true(call.query["locked"])
    return found


def _tests(call: Call, wanted: Listing) -> list[Callable[[Server], bool]]:
    query, tests = call.query, list[Callable[[Server], bool]]()
    if image := query.get("image"):
        tests.append(lambda server: server.image_ref == image)
    if flavor := query.get("flavor"):
        tests.append(lambda server: server.flavor["id"] == flavor)
    if query.get("ip") or query.get("ip6"):
        tests.append(lambda _server: False)  # no server has an address
    if metadata := query.get("metadata"):
        tests.append(_metadata_test(metadata))
    if wanted.vm_states is not None:
        asked = {status.upper() for status in query.getlist("status")}
        tests.append(lambda server: states.status(server.vm_state, server.task_state) in asked)
    if call.at_least(2, 26):
        tests += _tag_tests(call)
    return tests


def _metadata_test(text: str) -> Callable[[Server], bool]:
    try:
        wanted = json.loads(text)
        items = wanted.items()
    except (ValueError, AttributeError):
        raise errors.BadRequest(f"Invalid filter metadata: {text}") from None
    return lambda server: all(server.metadata.get(key) == value for key, value in items)


def _tag_tests(call: Call) -> list[Callable[[Server], bool]]:
    tests = list[Callable[[Server], bool]]()

    def tags(name: str) -> set[str]:
        return set(call.query[name].split(","))

    if "tags" in call.query:
        tests.append(lambda server: tags("tags") <= set(server.tags))
    if "tags-any" in call.query:
        tests.append(lambda server: bool(tags("tags-any") & set(server.tags)))
    if "not-tags" in call.query:
        tests.append(lambda server: not tags("not-tags") <= set(server.tags))
    if "not-tags-any" in call.query:
        tests.append(lambda server: not tags("not-tags-any") & set(server.tags))
    return tests


def time_of(call: Call, name: str) -> dt.datetime | None:
    text = call.query.get(name)
    if text is None or (name == "changes-before" and not call.at_least(2, 66)):
        return None
    try:
        parsed = dt.datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise errors.BadRequest(
            f"Invalid input for query parameters {name}. Value: {text}. '{text}' is not a 'date-time'"
        ) from None
    return parsed.astimezone(dt.UTC).replace(tzinfo=None) if parsed.tzinfo else parsed


def _sort(call: Call) -> list[tuple[str, bool]]:
    keys, directions = call.query.getlist("sort_key"), call.query.getlist("sort_dir")
    for direction in directions:
        if direction not in ("asc", "desc"):
            raise errors.BadRequest(
                f"Invalid input for query parameters sort_dir. Value: {direction}. It is not asc or desc."
            )
    pairs: list[tuple[str, bool]] = []
    for position, key in enumerate(keys):
        if key not in _SORT:
            raise errors.BadRequest(f"Invalid input for query parameters sort_key. Value: {key}.")
        direction = directions[position] if position < len(directions) else "desc"
        if _SORT[key] not in [column for column, _ in pairs]:
            pairs.append((_SORT[key], direction == "asc"))
    default = (directions[0] if directions else "desc") == "asc"
    for column in ("created_at", "id"):
        if column not in [name for name, _ in pairs]:
            pairs.append((column, default))
    return pairs
