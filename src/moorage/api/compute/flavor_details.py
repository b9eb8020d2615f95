"""``/flavors/{id}/os-extra_specs`` and ``os-flavor-access``: what a flavor says to schedulers, and who may use it."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TEXT, closed, each, mapping, one, several
from moorage.api.wire.body import validate
from moorage.api.wire.route import Rule
from moorage.compute.model import extra_specs
from moorage.compute.model.flavor import Flavor
from moorage.compute.service import flavors

_SPECS = "os_compute_api:os-flavor-extra-specs:"
_ACCESS = "os_compute_api:os-flavor-access"
_KEY = re.compile(r"[a-zA-Z0-9\-_:. ]{1,255}")


class ExtraSpecs(msgspec.Struct, forbid_unknown_fields=True):
    extra_specs: dict[str, Any]


class Tenant(msgspec.Struct, forbid_unknown_fields=True):
    tenant: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


def list_specs(call: Call) -> Reply:
    return Reply(body={"extra_specs": _flavor(call).extra_specs})


def show_spec(call: Call) -> Reply:
    key = call.params["key"]
    return Reply(body={key: flavors.spec(_flavor(call), key)})


def add_specs(call: Call) -> Reply:
    given = call.body(ExtraSpecs).extra_specs
    return _add(call, given, {"extra_specs": given})


def change_spec(call: Call) -> Reply:
    given = call.json()
    if len(given) != 1:
        raise errors.BadRequest(f"{given} has too many properties" if given else "{} should be non-empty")
    key = call.params["key"]
    _text(call, *next(iter(given.items())))
    if key not in given:
        raise errors.BadRequest("Request body and URI mismatch")
    return _add(call, given, given)


def _add(call: Call, given: dict[str, Any], answer: dict[str, Any]) -> Reply:
    specs = {key: _text(call, key, value) for key, value in given.items()}
    with call.services.store.write() as tx:
        flavors.add_specs(tx, call.context, call.params["flavor_id"], specs)
    return Reply(body=answer)


def _text(call: Call, key: str, value: Any) -> str:
    """The value as it is kept; 400 if key or value cannot be one."""
    if not _KEY.fullmatch(key):
        raise errors.BadRequest(
            f"Invalid input for field/attribute extra_specs. Value: {{'{key}': {value!r}}}. "
            f"'{key}' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{{1,255}}$'"
        )
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        why = f"{value!r} is not of type 'string', 'number'"
        raise errors.BadRequest(f"Invalid input for field/attribute {key}. Value: {value}. {why}")
    if len(str(value)) > 255:
        raise errors.BadRequest(f"Invalid input for field/attribute {key}. Value: {value}. '{value}' is too long")
    if call.at_least(2, 86):
        extra_specs.check(key, value)
    return str(value)


def remove_spec(call: Call) -> Reply:
    with call.services.store.write() as tx:
        flavors.remove_spec(tx, call.context, call.params["flavor_id"], call.params["key"])
    return Reply()


def list_access(call: Call) -> Reply:
    flavor = _flavor(call)
    if flavor.is_public:
        raise errors.NotFound("Access list not available for public flavors.")
    return _access(flavor)


def action(call: Call) -> Reply:
    body = call.json()
    if len(body) != 1:
        raise errors.BadRequest("Malformed request body")
    name, value = next(iter(body.items()))
    if name == "addTenantAccess":
        return _add_access(call, value)
    if name == "removeTenantAccess":
        return _remove_access(call, value)
    raise errors.BadRequest(f"There is no such action: {name}")


def _add_access(call: Call, value: Any) -> Reply:
    call.enforce(_ACCESS + ":add_tenant_access")
    tenant = _tenant(call, value)
    with call.services.store.write() as tx:
        flavor = flavors.get(tx, call.context, call.params["flavor_id"])
        if call.at_least(2, 7) and flavor.is_public:
            raise errors.Conflict("Can not add access to a public flavor.")
        return _access(flavors.add_access(tx, call.context, flavor.id, tenant))


def _remove_access(call: Call, value: Any) -> Reply:
    call.enforce(_ACCESS + ":remove_tenant_access")
    tenant = _tenant(call, value)
    with call.services.store.write() as tx:
        return _access(flavors.remove_access(tx, call.context, call.params["flavor_id"], tenant))


def _tenant(call: Call, value: Any) -> str:
    if not isinstance(value, dict):
        raise errors.BadRequest(f"Invalid input for field/attribute tenant. Value: {value}. An object is expected")
    return validate(value, Tenant, call.version).tenant


def _flavor(call: Call) -> Flavor:
    with call.services.store.read() as tx:
        return flavors.get(tx, call.context, call.params["flavor_id"])


def _access(flavor: Flavor) -> Reply:
    entries = [{"flavor_id": flavor.id, "tenant_id": project} for project in flavor.project_access]
    return Reply(body={"flavor_access": entries})


_GIVEN = mapping({"type": ["string", "number"]})
"""Numbers are kept as texts, and given back once as they came."""
_TENANT = closed(each(TEXT, "flavor_id", "tenant_id"))
_PATH = "/flavors/{flavor_id}/os-extra_specs"
ROUTES = [
    Route(method="GET", path=_PATH, handler=list_specs, policy=_SPECS + "index", default="reader",
          summary="List the extra specs of a flavor", answer=one("extra_specs", _GIVEN)),
    Route(method="POST", path=_PATH, handler=add_specs, policy=_SPECS + "create", default="admin", body=ExtraSpecs,
          summary="Add extra specs to a flavor", answer=one("extra_specs", _GIVEN)),
    Route(method="GET", path=_PATH + "/{key}", handler=show_spec, policy=_SPECS + "show", default="reader",
          summary="Show one extra spec", answer=_GIVEN),
    Route(method="PUT", path=_PATH + "/{key}", handler=change_spec, policy=_SPECS + "update", default="admin",
          summary="Change one extra spec", answer=_GIVEN),
    Route(method="DELETE", path=_PATH + "/{key}", handler=remove_spec, policy=_SPECS + "delete", default="admin",
          summary="Remove one extra spec"),
    Route(method="GET", path="/flavors/{flavor_id}/os-flavor-access", handler=list_access, policy=_ACCESS,
          default="admin", summary="List the projects that may use a private flavor",
          answer=several("flavor_access", _TENANT)),
    Route(method="POST", path="/flavors/{flavor_id}/action", handler=action, policy="os_compute_api:flavors",
          default="any", summary="Give a project access to a flavor or take it away",
          actions={"addTenantAccess": Tenant, "removeTenantAccess": Tenant}, answer=several("flavor_access", _TENANT)),
]  # fmt: skip
RULES = [
    Rule(name=_ACCESS + ":add_tenant_access", default="admin", summary="Let a project use a private flavor"),
    Rule(name=_ACCESS + ":remove_tenant_access", default="admin", summary="Take a private flavor from a project"),
]
