"""Stacks from beginning to end: what they make, what updates change, what deletion leaves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moorage import errors
from moorage.compute.service import quotas
from moorage.context import Context
from moorage.stacks.model import Stack
from moorage.stacks.ports import Document
from moorage.volumes.service import volumes
from moorage.workflows import create_volume
from tests.stacks.house import OWNER, House, nodes, template
from tests.support.process import eventually

HEAD = "heat_template_version: 2016-10-14\n"
STUCK = """\
  handle: {type: OS::Heat::WaitConditionHandle}
  stuck: {type: OS::Heat::WaitCondition, properties: {handle: {get_resource: handle}, timeout: 3600}}
"""


def document(resources: str, *, timeout_s: int = 60, outputs: str = "", **parameters: Any) -> Document:
    text = f"{HEAD}resources:\n{resources}" + (f"outputs:\n{outputs}" if outputs else "")
    return Document(template=template(text), parameters=parameters, timeout_s=timeout_s)


def servers(house: House, stack: Stack) -> dict[str, str]:
    """Index of each node → id of its server."""
    rows = house.resources(stack.id).items()
    return {path.split("/")[1]: str(row.physical_id) for path, row in rows if path.endswith("/inst")}


def marks(house: House) -> list[str]:
    """The metadata ``mark`` of each living server."""
    rows = house.rows("SELECT metadata FROM servers WHERE deleted_at IS NULL")
    return [json.loads(row["metadata"])["mark"] for row in rows]


def test_a_stack_of_servers_on_volumes_of_their_own(house: House) -> None:
    with house.running():
        stack = house.make(nodes(2, data_volumes=1))
        assert stack.status == "CREATE_COMPLETE", stack.reason
        assert house.counts() == (2, 4)
        assert house.problems() == []
        found = house.resources(stack.id)
        assert {row.status for row in found.values()} == {"CREATE_COMPLETE"}
        instances = [found[f"workers/{index}/inst"].physical_id for index in "01"]
        assert [each["physical_id"] for each in stack.outputs["instances"]] == instances
        assert [each["name"] for each in stack.outputs["instances"]] == ["w-0", "w-1"]
        house.remove(stack.id)
        assert house.counts() == (0, 0)
        assert house.problems() == []


def test_the_same_key_makes_one_stack_and_one_update(house: House) -> None:
    with house.running():
        first = house.make(nodes(1))
        assert house.make(nodes(1)).id == first.id
        changed = house.change(first, nodes(2), key="twice")
        assert house.change(first, nodes(3), key="twice").generation == changed.generation
        assert house.counts() == (2, 2)


def test_growing_adds_and_touches_nothing_else(house: House) -> None:
    with house.running():
        stack = house.make(nodes(1))
        before = servers(house, stack)
        stack = house.change(stack, nodes(3))
        assert stack.status == "UPDATE_COMPLETE", stack.reason
        after = servers(house, stack)
        assert after["0"] == before["0"]
        assert sorted(after) == ["0", "1", "2"]
        assert house.problems() == []


def test_an_index_that_was_given_up_is_never_used_again(house: House) -> None:
    with house.running():
        stack = house.make(nodes(3))
        before = servers(house, stack)
        stack = house.change(stack, nodes(2, removed="1"), key="named")
        assert servers(house, stack) == {"0": before["0"], "2": before["2"]}
        stack = house.change(stack, nodes(1, removed="1"), key="highest")
        assert servers(house, stack) == {"0": before["0"]}
        stack = house.change(stack, nodes(3, removed="1"), key="again")
        assert sorted(servers(house, stack)) == ["0", "3", "4"]
        assert house.counts() == (3, 3)
        assert house.problems() == []


def test_a_member_is_also_removed_by_its_id(house: House) -> None:
    with house.running():
        stack = house.make(nodes(2))
        member = house.resources(stack.id)["workers/0"].physical_id
        stack = house.change(stack, nodes(1, removed=str(member)))
        assert sorted(servers(house, stack)) == ["1"]


def test_what_can_be_changed_in_place_keeps_its_server(house: House) -> None:
    with house.running():
        stack = house.make(nodes(1))
        before = servers(house, stack)
        stack = house.change(stack, nodes(1, mark="x"))
        assert stack.status == "UPDATE_COMPLETE", stack.reason
        assert servers(house, stack) == before
        assert marks(house) == ["x"]


def test_what_cannot_be_changed_in_place_is_refused_and_changes_nothing(house: House) -> None:
    with house.running():
        stack = house.make(nodes(1))
        before = servers(house, stack)
        stack = house.change(stack, nodes(1, size=2), has_rollback=True)
        assert stack.status == "ROLLBACK_COMPLETE"
        assert "properties.size: it cannot be changed in place" in str(stack.reason)
        assert servers(house, stack) == before
        assert house.problems() == []


def test_a_failed_creation_stays_to_be_looked_at_and_goes_when_asked(house: House) -> None:
    with house.store.write() as tx:
        quotas.set_limits(tx, OWNER.project_id, {"instances": 1})
    with house.running():
        stack = house.make(nodes(3))
        assert stack.status == "CREATE_FAILED"
        assert "Quota exceeded for instances" in str(stack.reason)
        assert "resources.workers." in str(stack.reason)
        assert house.counts() == (1, 3)
        house.remove(stack.id)
        assert house.counts() == (0, 0)
        assert house.problems() == []


def test_the_way_back_of_a_creation_removes_what_it_made_and_nothing_else(house: House) -> None:
    who = Context(user_id=OWNER.user_id, project_id=OWNER.project_id)
    with house.store.write() as tx:
        quotas.set_limits(tx, OWNER.project_id, {"instances": 1})
        foreign = create_volume.request(tx, who, "f" * 32, size_gib=1, name="w-0-boot", availability_zone="nova").id
    with house.running():
        stack = house.make(nodes(3), has_rollback=True)
        assert stack.status == "ROLLBACK_COMPLETE", stack.reason
        assert house.counts() == (0, 1)
        assert house.rows("SELECT id FROM volumes") == [{"id": foreign}]
        assert house.resources(stack.id) == {}
        assert house.problems() == []


def test_the_way_back_of_an_update_restores_every_member(house: House) -> None:
    with house.running():
        stack = house.make(nodes(2))
        before = servers(house, stack)
        with house.store.write() as tx:
            quotas.set_limits(tx, OWNER.project_id, {"instances": 3})
        stack = house.change(stack, nodes(4, removed="0", mark="new"), has_rollback=True)
        assert stack.status == "ROLLBACK_COMPLETE", stack.reason
        assert servers(house, stack) == before
        assert stack.parameters["count"] == 2
        assert house.counts() == (2, 2)
        assert marks(house) == ["", ""]
        stack = house.change(stack, nodes(3), key="later")
        assert min(set(servers(house, stack)) - set(before), key=int) >= "2"
        assert house.problems() == []


def test_an_update_without_way_back_stays_and_the_next_one_mends_it(house: House) -> None:
    with house.running():
        stack = house.make(nodes(1))
        with house.store.write() as tx:
            quotas.set_limits(tx, OWNER.project_id, {"instances": 1})
        stack = house.change(stack, nodes(2))
        assert stack.status == "UPDATE_FAILED"
        with house.store.write() as tx:
            quotas.set_limits(tx, OWNER.project_id, {"instances": -1})
        stack = house.change(stack, nodes(2), key="mend")
        assert stack.status == "UPDATE_COMPLETE", stack.reason
        assert house.counts() == (2, 2)
        assert house.problems() == []


def test_a_replaced_resource_is_made_before_the_old_one_goes(house: House) -> None:
    port = "  p: {type: OS::Neutron::Port, properties: {network: lan, mac_address: 'fa:16:3e:00:00:0%d'}}\n"
    output = "  ip: {value: {get_attr: [p, fixed_ips, 0, ip_address]}}\n"
    with house.running():
        stack = house.make(document(port % 1, outputs=output))
        assert stack.outputs == {"ip": "192.0.2.10"}
        stack = house.change(stack, document(port % 2, outputs=output))
        assert stack.outputs == {"ip": "192.0.2.11"}
        assert [row["mac_address"] for row in house.rows("SELECT mac_address FROM ports")] == ["fa:16:3e:00:00:02"]


def test_the_way_back_keeps_the_resource_that_was_to_be_replaced(house: House) -> None:
    port = "  p: {type: OS::Neutron::Port, properties: {network: lan, mac_address: 'fa:16:3e:00:00:0%d'}}\n"
    bad = "  v: {type: OS::Cinder::Volume, depends_on: p, properties: {size: 1, image: missing}}\n"
    with house.running():
        stack = house.make(document(port % 1))
        before = house.resources(stack.id)["p"].physical_id
        stack = house.change(stack, document(port % 2 + bad), has_rollback=True)
        assert stack.status == "ROLLBACK_COMPLETE", stack.reason
        assert house.resources(stack.id)["p"].physical_id == before
        assert [row["id"] for row in house.rows("SELECT id FROM ports")] == [before]


def test_deletion_ends_a_creation_that_waits(house: House) -> None:
    with house.running():
        node = "  v: {type: OS::Cinder::Volume, properties: {size: 1}}\n"
        stack_id = house.stacks.create(OWNER, "s", document(node + STUCK, timeout_s=3600), key="k")
        eventually(lambda: house.resources(stack_id).get("stuck"), what="it waits")
        house.remove(stack_id)
        assert house.counts() == (0, 0)
        assert house.problems() == []


def test_a_stack_that_takes_too_long_fails(house: House) -> None:
    with house.running():
        stack = house.make(document(STUCK, timeout_s=1))
        assert stack.status == "CREATE_FAILED"
        assert stack.reason == "Create timed out after 1 s."


def test_what_is_retained_stays_when_its_stack_goes(house: House) -> None:
    kept = "  v: {type: OS::Cinder::Volume, deletion_policy: retain, properties: {size: 1, name: kept}}\n"
    with house.running():
        stack = house.make(document(kept))
        house.remove(stack.id)
        assert [row["name"] for row in house.rows("SELECT name FROM volumes")] == ["kept"]


def test_what_cannot_be_removed_keeps_the_stack_until_it_can(house: House) -> None:
    with house.running():
        stack = house.make(document("  v: {type: OS::Cinder::Volume, properties: {size: 1}}\n"))
        volume_id = house.resources(stack.id)["v"].physical_id
        _set_status(house, str(volume_id), "in-use")
        house.stacks.delete(stack.id)
        stack = house.ended(stack.id)
        assert stack.status == "DELETE_FAILED"
        assert str(stack.reason).startswith("Resource DELETE failed: resources.v: Invalid volume:")
        _set_status(house, str(volume_id), "available")
        house.remove(stack.id)
        assert house.counts() == (0, 0)


def test_an_update_removes_what_an_earlier_one_could_not(house: House) -> None:
    volume = "  v: {type: OS::Cinder::Volume, properties: {size: 1}}\n"
    with house.running():
        stack = house.make(document(volume))
        volume_id = str(house.resources(stack.id)["v"].physical_id)
        _set_status(house, volume_id, "in-use")
        stack = house.change(stack, document("  h: {type: OS::Heat::WaitConditionHandle}\n"), key="too early")
        assert stack.status == "UPDATE_FAILED"
        _set_status(house, volume_id, "available")
        stack = house.change(stack, document("  h: {type: OS::Heat::WaitConditionHandle}\n"), key="now")
        assert stack.status == "UPDATE_COMPLETE", stack.reason
        assert house.counts() == (0, 0)


def test_a_server_takes_a_port_that_outlives_it(house: House) -> None:
    resources = """\
  p: {type: OS::Neutron::Port, properties: {network: lan}}
  v: {type: OS::Cinder::Volume, properties: {size: 1, image: img}}
  s:
    type: OS::Nova::Server
    properties:
      flavor: m1.tiny
      networks: [{port: {get_resource: p}}]
      block_device_mapping_v2: [{volume_id: {get_resource: v}}]
"""
    outputs = "  ip: {value: {get_attr: [s, first_address]}}\n  all: {value: {get_attr: [s, networks, lan]}}\n"
    with house.running():
        stack = house.make(document(resources, outputs=outputs))
        assert stack.outputs == {"ip": "192.0.2.10", "all": ["192.0.2.10"]}, stack.reason
        house.remove(stack.id)
        assert house.rows("SELECT id FROM ports") == []
        assert house.problems() == []


def _set_status(house: House, volume_id: str, status: str) -> None:
    with house.store.write() as tx:
        volumes.update(tx, volume_id, status=status)


def test_what_the_user_has_removed_already_is_no_trouble(house: House) -> None:
    with house.running():
        stack = house.make(document("  p: {type: OS::Neutron::Port, properties: {network: lan}}\n"))
        with house.store.write() as tx:
            tx.exec_driver_sql("DELETE FROM ports")
        house.remove(stack.id)


def test_servers_join_the_group_of_the_stack(house: House) -> None:
    grouped = """\
  together: {type: OS::Nova::ServerGroup, properties: {name: g, policies: [anti-affinity]}}
  v: {type: OS::Cinder::Volume, properties: {size: 1, image: img}}
  s:
    type: OS::Nova::Server
    properties:
      flavor: "1"
      scheduler_hints: {group: {get_resource: together}}
      block_device_mapping_v2: [{volume_id: {get_resource: v}}]
"""
    with house.running():
        stack = house.make(document(grouped))
        assert stack.status == "CREATE_COMPLETE", stack.reason
        server = house.resources(stack.id)["s"].physical_id
        assert house.rows("SELECT members, policy FROM server_groups") == [
            {"members": f'["{server}"]', "policy": "anti-affinity"}
        ]
        house.remove(stack.id)
        assert house.rows("SELECT id FROM server_groups") == []


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        ("  f: {type: OS::Neutron::FloatingIP}\n", "has no floating IPs"),
        ("  g: {type: OS::Neutron::SecurityGroup}\n", "has no security groups"),
        ("  g: {type: OS::Trove::Instance}\n", "The Resource Type (OS::Trove::Instance) could not be found."),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is(house: House, resources: str, reason: str) -> None:
    volume = "  v: {type: OS::Cinder::Volume, properties: {size: 1}}\n"
    with pytest.raises(errors.BadRequest, match="resources") as refusal:
        house.stacks.create(OWNER, "s", document(volume + resources), key="k")
    assert reason in refusal.value.message
    assert house.rows("SELECT id FROM stacks") == []
