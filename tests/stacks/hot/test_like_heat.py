"""What Heat says of a template is what we say of it: accepted or refused, and for the same place and reason.

Heat's answers come from Heat's own library (``tests/support/heat.py``).
"""

from __future__ import annotations

from typing import Any

import pytest

from moorage import errors
from moorage.stacks.hot.check import check
from tests.stacks.house import FILES, MAIN, NODE, template
from tests.support import heat

HEAD = "heat_template_version: 2018-08-31\n"
VOLUME = "resources: {v: {type: OS::Cinder::Volume, properties: {size: 1%s}}}\n"
SERVER = "resources: {s: {type: OS::Nova::Server, properties: {flavor: f%s}}}\n"
NESTED = """\
resources:
  g:
    type: OS::Heat::ResourceGroup
    properties: {count: %s, resource_def: {type: file://n.yaml, properties: {p: "%%index%%"}}}
"""
INNER = HEAD + "parameters: {p: {type: string}}\n" + VOLUME

GOOD = {
    "the stack of the tests": (MAIN, FILES),
    "a node of it": (NODE.replace("{type: string}", "{type: string, default: x}"), FILES),
    "an empty template": (HEAD, {}),
    "a volume": (HEAD + VOLUME % "", {}),
    "numbers as texts": (HEAD + VOLUME.replace("size: 1", "size: '1'") % "", {}),
    "a condition": (
        HEAD + "conditions: {never: false}\nresources: {v: {type: OS::Cinder::Volume, condition: never}}\n", {},
    ),
    "no members": (HEAD + NESTED % "0", {"file://n.yaml": INNER % ""}),
    "boot_index left out": (HEAD + SERVER % ", block_device_mapping_v2: [{volume_id: x}]", {}),
    "swap beside an image": (HEAD + SERVER % ", image: i, block_device_mapping_v2: [{swap_size: 5}]", {}),
    "a data disk beside an image": (
        HEAD + SERVER % ", image: i, block_device_mapping_v2: [{volume_id: x, boot_index: 1}]", {},
    ),
    "all that waits": (
        HEAD + "resources:\n  h: {type: OS::Heat::WaitConditionHandle}\n"
        "  w: {type: OS::Heat::WaitCondition, properties: {handle: {get_resource: h}, timeout: 60, count: 2}}\n"
        "outputs: {d: {value: {get_attr: [w, data]}}, c: {value: {get_attr: [h, curl_cli]}}}\n", {},
    ),
    "a group of servers": (
        HEAD + "resources: {g: {type: OS::Nova::ServerGroup, properties: {policies: [anti-affinity]}}}\n", {},
    ),
    "the attributes of a group": (
        HEAD + NESTED % "2" + "outputs: {r: {value: {get_attr: [g, refs]}}, m: {value: {get_attr: [g, refs_map]}}}\n",
        {"file://n.yaml": INNER % ""},
    ),
    "depends_on what a condition leaves out": (
        HEAD + "conditions: {never: false}\nresources:\n  a: {type: OS::Heat::WaitConditionHandle, condition: never}\n"
        "  b: {type: OS::Heat::WaitConditionHandle, depends_on: a}\n", {},
    ),
}  # fmt: skip

BAD = {
    "no version": ("resources: {}\n", {}, "version"),
    "a version that never was": ("heat_template_version: 2001-01-01\n", {}, "2001-01-01"),
    "an unknown section": (HEAD + "resource: {}\n", {}, "resource"),
    "a resource without type": (HEAD + "resources: {v: {properties: {}}}\n", {}, "type"),
    "an unknown keyword": (HEAD + "resources: {v: {type: OS::Cinder::Volume, prop: 1}}\n", {}, "prop"),
    "an output without value": (HEAD + "outputs: {o: {description: x}}\n", {}, "value"),
    "an unknown type": (HEAD + "resources: {v: {type: OS::Cinder::Vol}}\n", {}, "OS::Cinder::Vol"),
    "an unknown property": (HEAD + VOLUME % ", sice: 1", {}, "resources.v.properties: Unknown Property sice"),
    "size 0": (
        HEAD + VOLUME.replace("size: 1", "size: 0") % "", {},
        "resources.v.properties.size: 0 is out of range (min: 1, max: None)",
    ),
    "a size that is no number": (
        HEAD + VOLUME.replace("size: 1", "size: x") % "", {},
        "resources.v.properties.size: Value 'x' is not an integer",
    ),
    "a list for a text": (HEAD + VOLUME % ", name: [a]", {}, "resources.v.properties.name: Value must be a string"),
    "a text for a map": (HEAD + VOLUME % ", metadata: a", {}, 'resources.v.properties.metadata: "a" is not a map'),
    "a property left out": (
        HEAD + "resources: {s: {type: OS::Nova::Server, properties: {image: i}}}\n", {}, "Property flavor not assigned",
    ),
    "an unknown parameter": (HEAD + VOLUME % ", name: {get_param: p}", {}, "The Parameter (p) was not provided."),
    "an unknown resource": (HEAD + VOLUME % ", name: {get_resource: p}", {}, 'The specified reference "p"'),
    "an unknown attribute": (
        HEAD + VOLUME % "" + "outputs: {o: {value: {get_attr: [v, colour]}}}\n", {},
        "The Referenced Attribute (v colour) is incorrect.",
    ),
    "an unknown dependency": (
        HEAD + "resources: {v: {type: OS::Cinder::Volume, depends_on: p, properties: {size: 1}}}\n", {}, '"p"',
    ),
    "a circle": (
        HEAD + "resources:\n  a: {type: OS::Heat::WaitConditionHandle, depends_on: b}\n"
        "  b: {type: OS::Heat::WaitConditionHandle, depends_on: a}\n", {}, "Circular Dependency Found",
    ),
    "the same name twice": (
        HEAD + "parameters: {v: {type: string, default: x}}\n" + VOLUME % "", {}, "Duplicate names",
    ),
    "a file that did not come along": (HEAD + NESTED % "1", {}, 'Could not fetch remote template "file://n.yaml"'),
    "a nested parameter left out": (
        HEAD + NESTED.replace('{p: "%%index%%"}', "{}") % "1", {"file://n.yaml": INNER % ""}, "Property p not assigned",
    ),
    "a nested size of 0": (
        HEAD + NESTED % "1", {"file://n.yaml": INNER.replace("size: 1", "size: 0") % ""},
        "resources.v.properties.size: 0 is out of range (min: 1, max: None)",
    ),
    "a negative count": (HEAD + NESTED % "-1", {"file://n.yaml": INNER % ""}, "count: -1 is out of range"),
    "a condition that is none": (
        HEAD + "resources: {h: {type: OS::Heat::WaitConditionHandle, condition: c}}\n", {}, 'Invalid condition "c"',
    ),
    "conditions in a circle": (
        HEAD + "conditions: {a: {not: b}, b: {not: a}}\n"
        "resources: {h: {type: OS::Heat::WaitConditionHandle, condition: a}}\n", {}, "Circular definition",
    ),
    "nothing to boot from": (HEAD + SERVER % "", {}, "Neither image nor bootable volume is specified for instance s"),
    "no bootable disk": (
        HEAD + SERVER % ", block_device_mapping_v2: [{volume_id: x, boot_index: 1}]", {}, "Neither image nor bootable",
    ),
    "two bootable disks": (
        HEAD + SERVER % ", block_device_mapping_v2: [{volume_id: x}, {image: y, volume_size: 1}]", {},
        "Multiple bootable sources for instance s.",
    ),
    "an image and a bootable disk": (
        HEAD + SERVER % ", image: i, block_device_mapping_v2: [{volume_id: x, boot_index: 0}]", {},
        "Multiple bootable sources for instance s.",
    ),
    "two sources of one disk": (
        HEAD + SERVER % ", block_device_mapping_v2: [{volume_id: x, image: y}]", {},
        "Cannot define the following properties at the same time",
    ),
    "a disk without source": (
        HEAD + SERVER % ", image: i, block_device_mapping_v2: [{boot_index: 1}]", {},
        "Either volume_id, snapshot_id, image_id, swap_size, ephemeral_size or ephemeral_format must be specified.",
    ),
    "a wait too long": (
        HEAD + "resources:\n  h: {type: OS::Heat::WaitConditionHandle}\n"
        "  w: {type: OS::Heat::WaitCondition, properties: {handle: {get_resource: h}, timeout: 50000}}\n", {},
        "timeout: 50000 is out of range (min: 1, max: 43200)",
    ),
    "a policy that is none": (
        HEAD + "resources: {g: {type: OS::Nova::ServerGroup, properties: {policies: [apart]}}}\n", {},
        "is not an allowed value",
    ),
    "a parameter of no type": (HEAD + "parameters: {p: {default: x}}\n", {}, "p"),
    "a parameter without value": (
        HEAD + "parameters: {p: {type: string}}\n", {}, "The Parameter (p) was not provided.",
    ),
    "a default beyond its limits": (
        HEAD + "parameters: {p: {type: number, default: 9, constraints: [{range: {max: 5}}]}}\n", {},
        "9 is out of range",
    ),
    "join of no list": (HEAD + VOLUME % ", name: {list_join: ['-', x]}", {}, '"list_join" must operate on a list'),
    "a file that is not there": (
        HEAD + VOLUME % ", name: {get_file: f}", {}, 'No content found in the "files" section for get_file path: f',
    ),
    "a template that includes itself": (
        HEAD + "resources: {n: {type: file://n.yaml}}\n",
        {"file://n.yaml": HEAD + "resources: {n: {type: file://n.yaml}}\n"}, "ecursion",
    ),
}  # fmt: skip


def ours(text: str, files: dict[str, str]) -> str | None:
    try:
        check(_read(text), files, {})
    except errors.BadRequest as problem:
        return problem.message
    return None


def _read(text: str) -> dict[str, Any]:
    return template(text) if "heat_template_version" in text else {"resources": {}}


@pytest.mark.parametrize("name", GOOD)
def test_both_accept(name: str) -> None:
    text, files = GOOD[name]
    assert ours(text, files) is None
    assert heat.validate(_read(text), files) is None


@pytest.mark.parametrize("name", BAD)
def test_both_refuse_for_the_same_reason(name: str) -> None:
    text, files, reason = BAD[name]
    told, theirs = ours(text, files), heat.validate(_read(text), files)
    assert told is not None
    assert theirs is not None
    assert reason in told
    assert reason.lower() in theirs.lower(), f"Heat: {theirs}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (VOLUME % ", backup_id: x", "resources.v.properties: Property backup_id is not supported"),
        (SERVER % ", image: i, user_data: x", "user_data_format: only RAW is supported"),
        (VOLUME % ", name: {yaql: {expression: x, data: {}}}", 'The function "yaql" is not supported.'),
        ("resources: {v: {type: OS::Cinder::Volume, deletion_policy: Snapshot, properties: {size: 1}}}\n", "Snapshot"),
        ("resources: {f: {type: OS::Neutron::FloatingIP}}\n", "has no floating IPs"),
    ],
)
def test_what_heat_could_and_we_cannot_is_refused_by_name(text: str, reason: str) -> None:
    assert reason in str(ours(HEAD + text, {}))
