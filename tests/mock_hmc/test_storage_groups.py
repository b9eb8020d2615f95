"""Storage groups of a z16 next to a z13: WWPNs before any partition, attachment, fulfilment, path check, boot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zhmcclient

from moorage import ids
from moorage.drivers.fcarray.backend import FcArray
from moorage.drivers.fcarray.fabric import open_fabric
from moorage.drivers.fcarray.targets import TargetPorts
from moorage.errors import ConfigError
from moorage.mock_hmc import HmcConfig, Inferences, MockHmc
from tests.mock_hmc.conftest import (
    LUN,
    TARGET,
    Fabric,
    finish,
    make_session,
    port_uri,
    refused,
    sizes,
    start,
    status,
    stop,
    wait_for,
)


class Machine:
    """The z16 of a mock HMC, as one zhmcclient session sees it."""

    def __init__(self, hmc: MockHmc) -> None:
        self.hmc = hmc
        self.session = make_session(hmc.port, hmc.ca_file)
        client = zhmcclient.Client(self.session)
        self.cpc = client.cpcs.find(name="CPC2")
        self.z13 = client.cpcs.find(name="CPC1")
        self.groups = client.consoles.console.storage_groups

    def group(self, name: str = "sg1", **more: Any) -> Any:
        """A non-shared group with two paths and one boot volume."""
        body = {"name": name, "cpc-uri": self.cpc.uri, "type": "fcp", "shared": False, "connectivity": 2, **more}
        body.setdefault("storage-volumes", [{"operation": "create", "name": "root", "size": 1, "usage": "boot"}])
        return self.groups.create(body)

    def partition(self, name: str = "server1") -> Any:
        return self.cpc.partitions.create(sizes(name))

    def ready(self, port: int = 0) -> tuple[Any, Any]:
        """A partition that is to boot from a group's volume at TARGET and LUN, and the group."""
        group, partition = self.group(), self.partition()
        partition.attach_storage_group(group)
        self.fulfill(group, port)
        volume = volume_of(group)
        partition.update_properties({"boot-device": "storage-volume", "boot-storage-volume": volume.uri})
        return group, partition

    def fulfill(self, group: Any, port: int = 0) -> None:
        volume_of(group).indicate_fulfillment_fcp(TARGET, LUN, self.port(port))

    def port(self, number: int = 0) -> Any:
        return self.cpc.adapters.list(filter_args={"type": "fcp"})[number].ports.list()[0]


def fresh(resource: Any) -> dict[str, Any]:
    resource.pull_full_properties()
    return dict(resource.properties)


def unassigned(group: Any) -> list[str]:
    return [each["world-wide-port-name"] for each in fresh(group)["unassigned-world-wide-port-names"]]


def volume_of(group: Any) -> Any:
    return group.storage_volumes.list()[0]


def resources(group: Any) -> list[dict[str, Any]]:
    return [dict(each.properties) for each in group.virtual_storage_resources.list(full_properties=True)]


def wwpn_on(group: Any, port: str) -> str:
    (found,) = [each for each in resources(group) if each["adapter-port-uri"] == port]
    return str(found["world-wide-port-name-info"]["world-wide-port-name"])


@contextmanager
def inferring(config: HmcConfig, **switches: bool) -> Iterator[Machine]:
    with MockHmc(replace(config, inferences=Inferences(**switches))) as hmc:
        yield Machine(hmc)


@pytest.fixture
def z16(hmc: MockHmc) -> Iterator[Machine]:
    machine = Machine(hmc)
    yield machine
    machine.session.logoff()


def test_wwpns_exist_before_any_partition(z16: Machine) -> None:
    group = z16.group(connectivity=3)
    names = unassigned(group)
    assert len(set(names)) == 3
    assert {each["status"] for each in fresh(group)["unassigned-world-wide-port-names"]} == {"not-validated"}
    assert group.list_attached_partitions() == []


def test_a_shared_group_has_wwpns_for_each_partition(z16: Machine) -> None:
    group = z16.group("sg1", **{"shared": True, "max-partitions": 3})
    assert len(unassigned(group)) == 6


def test_a_server_lives_on_a_storage_group(z16: Machine, fabric: Fabric) -> None:
    group, partition = z16.ready()
    fabric.paths.add((wwpn_on(group, z16.port().uri), TARGET, LUN))
    assert fresh(group)["fulfillment-state"] == "complete"
    start(partition)
    assert status(partition) == "active"
    stop(partition)
    names = {each["world-wide-port-name-info"]["world-wide-port-name"] for each in resources(group)}
    partition.detach_storage_group(group)
    assert set(unassigned(group)) == names
    assert resources(group) == []
    partition.delete()
    group.delete()
    assert z16.groups.list() == []


def test_an_unreachable_boot_volume_fails_the_load(z16: Machine) -> None:
    _, partition = z16.ready()
    assert refused(lambda: start(partition)) == (409, 131)
    assert status(partition) == "stopped"


def test_only_the_resource_on_the_port_told_is_booted_through(z16: Machine, fabric: Fabric) -> None:
    group, partition = z16.ready()
    served = wwpn_on(group, z16.port().uri)
    (idle,) = [each for each in resources(group) if each["adapter-port-uri"] is None]
    other = idle["world-wide-port-name-info"]["world-wide-port-name"]
    fabric.paths.add((other, TARGET, LUN))
    assert refused(lambda: start(partition)) == (409, 131)
    fabric.paths.add((served, TARGET, LUN))
    start(partition)
    assert status(partition) == "active"


def test_attaching_gives_each_path_a_resource_without_port(z16: Machine) -> None:
    group, partition = z16.group(), z16.partition()
    names = unassigned(group)
    partition.attach_storage_group(group)
    made = resources(group)
    assert [each["world-wide-port-name-info"]["world-wide-port-name"] for each in made] == names
    assert [each["adapter-port-uri"] for each in made] == [None, None]
    assert [each["device-number"] for each in made] == ["8000", "8001"]
    assert unassigned(group) == []
    assert [each.uri for each in group.list_attached_partitions()] == [partition.uri]
    assert fresh(partition)["storage-group-uris"] == [group.uri]
    assert refused(lambda: z16.partition("other").attach_storage_group(group)) == (409, 8)


def test_a_resource_can_be_moved_to_a_port(z16: Machine) -> None:
    group, partition = z16.group(), z16.partition()
    partition.attach_storage_group(group)
    first, second = group.virtual_storage_resources.list()
    first.update_properties({"adapter-port-uri": z16.port(1).uri, "device-number": "9000"})
    assert wwpn_on(group, z16.port(1).uri)
    assert refused(lambda: second.update_properties({"device-number": "9000"})) == (400, 8)
    foreign = port_uri(z16.z13)
    assert refused(lambda: second.update_properties({"adapter-port-uri": foreign})) == (404, 2)


def test_a_group_cannot_be_deleted_while_attached(z16: Machine) -> None:
    group, partition = z16.group(), z16.partition()
    partition.attach_storage_group(group)
    assert refused(group.delete) == (409, 8)
    partition.detach_storage_group(group)
    group.delete()
    assert refused(lambda: z16.session.get(group.uri)) == (404, 1)


def test_a_running_partition_keeps_the_group_it_booted_from(z16: Machine) -> None:
    group, partition = z16.ready()
    z16.hmc.controls.set_partition_status("server1", "active")
    assert refused(lambda: partition.detach_storage_group(group)) == (409, 1)


def test_volumes_are_declared_changed_and_removed_by_modifying_the_group(z16: Machine) -> None:
    group = z16.group()
    z16.fulfill(group)
    data = group.storage_volumes.create({"name": "data", "size": 2.5, "usage": "data"})
    assert fresh(group)["fulfillment-state"] == "pending"
    data.update_properties({"size": 4.0})
    assert fresh(data)["size"] == 4.0
    data.delete()
    assert fresh(group)["fulfillment-state"] == "complete"
    assert len(fresh(group)["storage-volume-uris"]) == 1


def test_more_paths_bring_more_wwpns_and_put_the_group_back_to_pending(z16: Machine) -> None:
    group = z16.group()
    z16.fulfill(group)
    before = unassigned(group)
    group.update_properties({"connectivity": 3})
    assert unassigned(group)[:2] == before
    assert len(unassigned(group)) == 3
    assert fresh(group)["fulfillment-state"] == "pending"


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"name": "x" * 65}, (400, 7)),
        ({"name": ""}, (400, 7)),
        ({"description": "x" * 201}, (400, 7)),
        ({"type": "nonsense"}, (400, 7)),
        ({"connectivity": 0}, (400, 7)),
        ({"colour": "red"}, (400, 6)),
        ({"shared": False, "max-partitions": 2}, (400, 7)),
        ({"shared": True, "max-partitions": 1}, (400, 7)),
        ({"storage-volumes": [{"operation": "create", "size": -1}]}, (400, 7)),
        ({"storage-volumes": [{"operation": "create"}]}, (400, 5)),
        ({"storage-volumes": [{"operation": "paint"}]}, (400, 7)),
        ({"storage-volumes": [{"operation": "delete", "element-uri": "/api/none"}]}, (404, 1)),
        ({"cpc-uri": "/api/cpcs/none"}, (404, 1)),
    ],
)
def test_a_wrong_group_is_refused_and_nothing_is_made(
    z16: Machine, change: dict[str, Any], answer: tuple[int, int]
) -> None:
    assert refused(lambda: z16.group(**change)) == answer
    assert z16.groups.list() == []


def test_names_are_unique_on_a_machine(z16: Machine) -> None:
    z16.group("a")
    other = z16.group("b")
    assert refused(lambda: z16.group("a")) == (400, 8)
    assert refused(lambda: other.update_properties({"name": "a"})) == (400, 8)
    other.update_properties({"name": "c"})
    assert [each.name for each in z16.groups.list(filter_args={"name": "c", "cpc-uri": z16.cpc.uri})] == ["c"]


def test_each_machine_has_one_storage_model(z16: Machine) -> None:
    assert z16.cpc.firmware_feature_enabled("dpm-storage-management")
    assert not z16.z13.firmware_feature_enabled("dpm-storage-management")
    assert refused(lambda: z16.group(**{"cpc-uri": z16.z13.uri})) == (409, 8)
    hba = {"name": "a", "adapter-port-uri": port_uri(z16.cpc)}
    assert refused(lambda: z16.partition().hbas.create(hba)) == (409, 8)
    old = z16.z13.partitions.create(sizes("old"))
    assert refused(lambda: old.attach_storage_group(z16.group())) == (400, 7)
    assert refused(lambda: old.update_properties({"boot-device": "storage-volume"})) == (400, 7)
    assert refused(lambda: z16.z13.validate_lun_path("1", z16.port(), TARGET, LUN)) == (409, 8)


def test_a_boot_volume_must_be_in_an_attached_group(z16: Machine) -> None:
    group, partition = z16.group(), z16.partition()
    boot = {"boot-device": "storage-volume", "boot-storage-volume": volume_of(group).uri}
    assert refused(lambda: partition.update_properties(boot)) == (404, 2)
    partition.attach_storage_group(group)
    partition.update_properties(boot)
    partition.detach_storage_group(group)
    assert fresh(partition)["boot-storage-volume"] is None


def test_fulfillment_takes_sixteen_lower_case_digits_and_a_port_of_the_machine(z16: Machine) -> None:
    uri = f"{volume_of(z16.group()).uri}/operations/fulfill-fcp-storage-volume"
    good = {"world-wide-port-name": TARGET, "logical-unit-number": LUN, "adapter-port-uri": z16.port().uri}
    for wrong in ({"logical-unit-number": "1"}, {"world-wide-port-name": TARGET.upper()}):
        assert refused(lambda wrong=wrong: z16.session.post(uri, body=good | wrong)) == (400, 7)  # type: ignore[misc]
    foreign = {"adapter-port-uri": port_uri(z16.z13)}
    assert refused(lambda: z16.session.post(uri, body=good | foreign)) == (404, 2)
    no_port = {"adapter-port-uri": f"{z16.port().uri}9"}
    assert refused(lambda: z16.session.post(uri, body=good | no_port)) == (404, 6)
    z16.session.post(uri, body=good)


def test_candidate_ports_are_added_by_hand_until_a_wwpn_is_validated(z16: Machine, fabric: Fabric) -> None:
    group, partition = z16.group(), z16.partition()
    group.add_candidate_adapter_ports([z16.port(0)])
    assert [each.uri for each in group.list_candidate_adapter_ports()] == [z16.port(0).uri]
    assert refused(lambda: group.remove_candidate_adapter_ports([z16.port(1)])) == (409, 479)
    partition.attach_storage_group(group)
    z16.fulfill(group)
    fabric.paths.add((wwpn_on(group, z16.port().uri), TARGET, LUN))
    finish(group.discover_fcp(wait_for_completion=False))
    assert refused(lambda: group.add_candidate_adapter_ports([z16.port(1)])) == (409, 483)


def test_discovery_places_and_validates_what_answers(z16: Machine, fabric: Fabric) -> None:
    group, partition = z16.group(), z16.partition()
    group.add_candidate_adapter_ports([z16.port(0), z16.port(1)])
    partition.attach_storage_group(group)
    z16.fulfill(group)
    finish(group.discover_fcp(wait_for_completion=False))
    assert {each["world-wide-port-name-info"]["status"] for each in resources(group)} == {"not-validated"}
    assert None not in [each["adapter-port-uri"] for each in resources(group)]
    for each in resources(group):
        fabric.paths.add((each["world-wide-port-name-info"]["world-wide-port-name"], TARGET, LUN))
    finish(group.discover_fcp(wait_for_completion=False))
    assert {each["world-wide-port-name-info"]["status"] for each in resources(group)} == {"validated"}


def test_the_connection_report_tells_each_wwpn_s_view(z16: Machine, fabric: Fabric) -> None:
    group, _ = z16.ready()
    assert _views(group) == ["incorrect-volumes", "no-volumes"]
    fabric.paths.add((wwpn_on(group, z16.port().uri), TARGET, LUN))
    assert _views(group) == ["correct-volumes", "no-volumes"]


def _views(group: Any) -> list[str]:
    (subsystem,) = group.get_connection_report()["fcp-storage-subsystems"]
    return [each["volumes-configuration-status"] for each in subsystem["storage-configurations"]]


def test_path_check_and_boot_agree_on_the_simulated_array(config: HmcConfig, tmp_path: Path) -> None:
    file = tmp_path / "array.sqlite"
    array, fabric = FcArray("array", file), open_fabric(file)
    with MockHmc(replace(config, reachable=fabric.reason_unreachable)) as hmc:
        z16 = Machine(hmc)
        group, partition = z16.group(), z16.partition()
        volume_id, connector = ids.new(), {"wwpns": unassigned(group), "host": "h"}
        array.create(volume_id, 1)
        data = array.connect(volume_id, connector)["data"]
        wwpn, targets = next(iter(data["initiator_target_map"].items()))
        lun = f"{int(data['target_lun']):04x}".ljust(16, "0")

        def check(lun: str = lun) -> None:
            z16.cpc.validate_lun_path(wwpn, z16.port(), targets[0], lun)

        check()
        assert refused(lambda: check("00ff000000000000")) == (409, 485)
        partition.attach_storage_group(group)
        volume_of(group).indicate_fulfillment_fcp(targets[0], lun, z16.port())
        boot = {"boot-device": "storage-volume", "boot-storage-volume": volume_of(group).uri}
        partition.update_properties(boot)
        TargetPorts(file).set_online(targets[0], is_online=False)
        assert refused(check) == (409, 484)
        assert refused(lambda: start(partition)) == (409, 131)
        TargetPorts(file).set_online(targets[0], is_online=True)
        hmc.controls.set_port_online(z16.port().uri, is_online=False)
        assert refused(check) == (409, 484)
        assert refused(lambda: start(partition)) == (409, 131)
        hmc.controls.set_port_online(z16.port().uri, is_online=True)
        check()
        start(partition)
        assert status(partition) == "active"


def test_groups_outlive_the_mock(config: HmcConfig) -> None:
    with MockHmc(config) as hmc:
        machine = Machine(hmc)
        _, partition = machine.ready()
        group = machine.groups.find(name="sg1")
        before = (fresh(group), fresh(partition), resources(group), fresh(volume_of(group)))
    with MockHmc(config) as hmc:
        again = Machine(hmc)
        kept = again.groups.find(name="sg1")
        partition = again.cpc.partitions.find(name="server1")
        assert (fresh(kept), fresh(partition), resources(kept), fresh(volume_of(kept))) == before


def test_a_lost_port_degrades_the_partition_that_uses_it(z16: Machine) -> None:
    _, partition = z16.ready()
    z16.hmc.controls.set_partition_status("server1", "active")
    z16.hmc.controls.set_port_online(z16.port().uri, is_online=False)
    assert status(partition) == "degraded"


def test_without_wwpns_at_creation_attaching_has_to_wait_for_them(config: HmcConfig) -> None:
    with inferring(replace(config, start_delay_s=0.2), has_wwpns_at_creation=False) as z16:
        group, partition = z16.group(), z16.partition()
        assert unassigned(group) == []
        assert refused(lambda: partition.attach_storage_group(group)) == (409, 8)
        wait_for(lambda: len(unassigned(group)) == 2)
        partition.attach_storage_group(group)


@pytest.mark.parametrize("has_port", [True, False])
def test_validated_wwpns_are_given_ports_at_attach_if_so_assumed(config: HmcConfig, has_port: bool) -> None:
    with inferring(config, has_validated_wwpns=True, has_port_at_attach=has_port) as z16:
        group, partition = z16.group(), z16.partition()
        partition.attach_storage_group(group)
        expected = [z16.port(0).uri, z16.port(1).uri] if has_port else [None, None]
        assert [each["adapter-port-uri"] for each in resources(group)] == expected


def test_fulfillment_may_leave_the_port_null(config: HmcConfig) -> None:
    with inferring(config, has_port_at_fulfillment=False) as z16:
        group, partition = z16.ready()
        assert [each["adapter-port-uri"] for each in resources(group)] == [None, None]
        with pytest.raises(zhmcclient.HTTPError, match="no virtual storage resource"):
            start(partition)


def test_fulfillment_may_check_the_path(config: HmcConfig, fabric: Fabric) -> None:
    with inferring(config, has_path_check_at_fulfillment=True) as z16:
        group = z16.group()
        assert refused(lambda: z16.fulfill(group)) == (409, 485)
        fabric.paths.add((unassigned(group)[1], TARGET, LUN))
        z16.fulfill(group)


@pytest.mark.parametrize("may", [True, False])
def test_a_complete_volume_may_or_may_not_be_told_another_path(config: HmcConfig, may: bool) -> None:
    with inferring(config, has_repeated_fulfillment=may) as z16:
        group = z16.group()
        z16.fulfill(group)
        if may:
            z16.fulfill(group, 1)
        else:
            assert refused(lambda: z16.fulfill(group, 1)) == (409, 8)


def detach(group: Any, partition: Any) -> None:
    partition.detach_storage_group(group)


def delete(group: Any, partition: Any) -> None:
    partition.delete()


@pytest.mark.parametrize(
    ("switch", "act"), [("has_wwpns_back_on_detach", detach), ("has_wwpns_back_on_deletion", delete)]
)
@pytest.mark.parametrize("are_back", [True, False])
def test_wwpns_come_back_or_are_replaced(
    config: HmcConfig, switch: str, act: Callable[[Any, Any], None], are_back: bool
) -> None:
    with inferring(config, **{switch: are_back}) as z16:
        group, partition = z16.group(), z16.partition()
        before = set(unassigned(group))
        partition.attach_storage_group(group)
        act(group, partition)
        after = set(unassigned(group))
        assert len(after) == 2
        assert after == before if are_back else not after & before
        assert fresh(group)["virtual-storage-resource-uris"] == []


def test_a_partition_may_have_to_let_go_of_its_groups_first(config: HmcConfig) -> None:
    with inferring(config, has_deletion_while_attached=False) as z16:
        group, partition = z16.group(), z16.partition()
        partition.attach_storage_group(group)
        assert refused(partition.delete) == (409, 8)
        partition.detach_storage_group(group)
        partition.delete()


@pytest.mark.parametrize("is_reservation", [True, False])
def test_an_unfulfilled_boot_volume_does_not_boot(config: HmcConfig, is_reservation: bool) -> None:
    with inferring(config, has_reservation_error_when_incomplete=is_reservation) as z16:
        group, partition = z16.group(), z16.partition()
        partition.attach_storage_group(group)
        boot = {"boot-device": "storage-volume", "boot-storage-volume": volume_of(group).uri}
        partition.update_properties(boot)
        if is_reservation:
            start(partition)
            assert status(partition) == "reservation-error"
        else:
            assert refused(lambda: start(partition)) == (409, 131)


def test_an_unknown_inference_is_named() -> None:
    assert not Inferences().with_option("has-repeated-fulfillment=no").has_repeated_fulfillment
    with pytest.raises(ConfigError, match="--infer: 'has-luck=yes'"):
        Inferences().with_option("has-luck=yes")
