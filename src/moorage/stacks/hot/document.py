"""What does a template say? Its sections, read and checked for form; nothing is evaluated."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable
from typing import Any

import msgspec
import yaml

from moorage import errors

_VERSIONS = {
    "2015-10-15": 0, "2016-04-08": 1, "2016-10-14": 2, "newton": 2, "2017-02-24": 3, "ocata": 3, "2017-09-01": 4,
    "pike": 4, "2018-03-02": 5, "queens": 5, "2018-08-31": 6, "rocky": 6, "2021-04-16": 7, "wallaby": 7,
}  # fmt: skip
NEWTON, PIKE = _VERSIONS["newton"], _VERSIONS["pike"]
_SECTIONS = {"heat_template_version", "description", "parameter_groups", "parameters", "resources", "outputs"}
_RESOURCE_KEYS = {
    "type", "properties", "metadata", "depends_on", "deletion_policy", "update_policy", "description", "condition",
    "external_id",
}  # fmt: skip
_OUTPUT_KEYS = {"description", "value", "condition"}
_MAX_FILE = 1 << 20


class ResourceDef(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of ``resources``."""

    name: str
    type: str
    properties: dict[str, Any] = {}
    depends_on: list[str] = []
    condition: Any = None
    is_retained: bool = False


class Template(msgspec.Struct, frozen=True, kw_only=True, eq=False, weakref=True):
    """A template's sections."""

    version: int
    """Order of the language versions."""
    parameters: dict[str, dict[str, Any]]
    conditions: dict[str, Any]
    resources: dict[str, ResourceDef]
    outputs: dict[str, dict[str, Any]]

    @property
    def has_conditions(self) -> bool:
        """Whether the version knows ``if`` and conditions."""
        return self.version >= NEWTON


def parse(document: Any) -> Template:
    """``errors.BadRequest`` if it is no HOT document that can be understood."""
    if not isinstance(document, dict):
        raise errors.BadRequest("The template is not a JSON object or YAML mapping.")
    version = _version(document)
    sections = _SECTIONS | ({"conditions"} if version >= NEWTON else set())
    for name in document:
        if name not in sections:
            raise errors.BadRequest(f"The template section is invalid: {name}")
    resources = _mapping(document, "resources")
    return Template(
        version=version,
        parameters=_mapping(document, "parameters"),
        conditions=_conditions(document),
        resources={name: _resource(name, snippet, version) for name, snippet in resources.items()},
        outputs={name: _output(name, snippet) for name, snippet in _mapping(document, "outputs").items()},
    )


def parse_file(name: str, files: dict[str, str]) -> Template:
    """The nested template ``file://x.yaml`` of the ``files`` that came along."""
    if name not in files:
        raise errors.BadRequest(f'Could not fetch remote template "{name}": it is not among the files of the request.')
    if len(files[name]) > _MAX_FILE:
        raise errors.BadRequest(f'The template "{name}" is larger than {_MAX_FILE} characters.')
    try:
        return _parse_text(files[name])
    except (yaml.YAMLError, RecursionError) as problem:
        raise errors.BadRequest(f'Error parsing template "{name}": {" ".join(str(problem).split())}') from None
    except errors.BadRequest as problem:
        raise errors.BadRequest(f"{name}: {problem.message}") from None


@functools.lru_cache(maxsize=64)
def _parse_text(text: str) -> Template:
    """Each node of a group is read anew, so the text is parsed once; nobody changes what comes out."""
    return parse(yaml.safe_load(text))


def _version(document: dict[str, Any]) -> int:
    given = document.get("heat_template_version")
    if given is None:
        raise errors.BadRequest("The template version is invalid: Template version was not provided")
    text = given.isoformat() if isinstance(given, dt.date) else str(given)
    if text not in _VERSIONS:
        raise errors.BadRequest(
            f'The template version is invalid: "heat_template_version: {text}". '
            f'"heat_template_version" should be one of: {", ".join(sorted(_VERSIONS))}'
        )
    return _VERSIONS[text]


def _mapping(document: dict[str, Any], section: str) -> dict[str, Any]:
    found = document.get(section) or {}
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise errors.BadRequest(f'"{section}" must contain a map of {section[:-1]} maps. Found a {found!r:.80} instead')
    for name, snippet in found.items():
        if section != "conditions" and not isinstance(snippet, dict):
            raise errors.BadRequest(f"{section}.{name}: must be a map. Found a {type(snippet).__name__} instead")
    return found


def _conditions(document: dict[str, Any]) -> dict[str, Any]:
    found = _mapping(document, "conditions")
    for name, definition in found.items():
        if not isinstance(definition, bool | dict):
            raise errors.BadRequest(f'The definition of condition "{name}" is invalid: {definition}')
    return found


def _resource(name: str, snippet: dict[str, Any], version: int) -> ResourceDef:
    where = f"resources.{name}"
    keys = _RESOURCE_KEYS if version >= NEWTON else _RESOURCE_KEYS - {"condition", "external_id"}
    _known(where, snippet, keys, "resource")
    if not name or "/" in name or len(name) > 255:
        raise errors.BadRequest(f'Resource name must have 1 to 255 characters and may not contain "/": {name:.300}')
    if not isinstance(snippet.get("type"), str):
        raise errors.BadRequest(f"{where}: Each resource must contain a type key.")
    if snippet.get("external_id") is not None:
        raise errors.BadRequest(f"{where}: external_id is not supported.")
    properties = snippet.get("properties") or {}
    if not isinstance(properties, dict):
        raise errors.BadRequest(f"{where}: properties must be a map.")
    return ResourceDef(
        name=name, type=snippet["type"], properties=properties, depends_on=_depends_on(where, snippet),
        condition=snippet.get("condition"), is_retained=_is_retained(where, snippet),
    )  # fmt: skip


def _known(where: str, snippet: dict[str, Any], keys: Iterable[str], noun: str) -> None:
    for key in snippet:
        if key not in keys:
            raise errors.BadRequest(f'{where}: "{key}" is not a valid keyword inside a {noun} definition')


def _depends_on(where: str, snippet: dict[str, Any]) -> list[str]:
    given = snippet.get("depends_on") or []
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise errors.BadRequest(f"{where}: depends_on must be a name or a list of names.")
    return names


def _is_retained(where: str, snippet: dict[str, Any]) -> bool:
    policy = snippet.get("deletion_policy") or "Delete"
    if str(policy).lower() not in ("delete", "retain"):
        raise errors.BadRequest(f"{where}: deletion_policy {policy!r} is not supported: it is Delete or Retain.")
    return str(policy).lower() == "retain"


def _output(name: str, snippet: dict[str, Any]) -> dict[str, Any]:
    where = f"outputs.{name}"
    _known(where, snippet, _OUTPUT_KEYS, "output")
    if "value" not in snippet:
        raise errors.BadRequest(f"{where}: Each output must contain a value key.")
    return snippet
