"""The same damage on a CPC: partitions, masks for their WWPNs and storage groups instead of simulated guests.

The HMC does not know which LUNs a partition uses, so whatever is masked for a running one may be in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from moorage import ids
from moorage.compute.model.guest import Guest
from moorage.drivers.dpm import DpmDriver
from moorage.drivers.fcarray import FcArray, open_fabric
from moorage.mock_hmc import CpcSpec, HmcConfig, MockHmc
from moorage.store.tables.attachments import attachments as rows
from moorage.store.tables.compute import servers as server_rows
from moorage.store.tables.volumes import volumes
from tests.audit.site import Site, made
from tests.audit.test_damage import is_clean, lose_attachment, split
from tests.drivers.dpm.conftest import Bench

MODELS = {"dpm": "Z13", "dpm-groups": "Z16"}


class Machine(Site):
    """A cloud on one machine, and what its HMC shows."""

    bench: Bench
    cpc: str

    def at_hmc(self, kind: str, server_id: str) -> list[str]:
        """Names of a server's ``partitions`` or ``storage-groups``."""
        return [str(each["name"]) for each in self.bench.controls.state()[kind] if server_id in each["name"]]

    def connect(self, server_id: str, volume_id: str) -> None:
        """Damage: a mask that is not on record."""
        self.array.connect(volume_id, self.connector(server_id))

    def partition(self, guest: Guest) -> None:
        """Damage: a partition named as Moorage names them, for a server that it does not know."""
        with self.bench.session() as hmc:
            body = {"name": f"moorage-zhost-1-{guest.id}", "type": "linux", "ifl-processors": 1,
                    "initial-memory": 1024, "maximum-memory": 1024}  # fmt: skip
            hmc.post(f"/api/cpcs/{self.bench.cpcs[self.cpc]['object-id']}/partitions", body)


@pytest.fixture(params=list(MODELS))
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(model: str, tmp_path: Path) -> Iterator[Machine]:
    array_file = tmp_path / "array.db"
    config = HmcConfig(
        tmp_path / "hmc", cpcs=(CpcSpec("Z13"), CpcSpec("Z16", has_storage_management=True)), control_listen=None,
        start_delay_s=0.02, stop_delay_s=0.02, reachable=open_fabric(array_file).reason_unreachable,
    )  # fmt: skip
    with MockHmc(config) as hmc:
        bench = Bench(hmc, FcArray("fcarray", array_file))
        driver = DpmDriver(bench.settings(**bench.machine(MODELS[model])), "zhost-1")
        for site in made(tmp_path, hypervisor=driver, kind=Machine):
            assert isinstance(site, Machine)
            site.bench, site.cpc = bench, MODELS[model]
            yield site
        driver.close()


def mark_deleted(site: Machine, server: str) -> None:
    """Damage: the record says that the server is gone, and nothing else is."""
    site.sql(server_rows, server_rows.c.id == server, vm_state="deleted", deleted_at=sa.func.now(), identity=None)


def test_a_whole_cloud_has_no_findings(site: Machine) -> None:
    server, _ = site.server()
    assert is_clean(site)
    site.stop(server)
    assert is_clean(site)
    site.delete(server)
    assert is_clean(site)
    assert site.at_hmc("partitions", server) + site.at_hmc("storage-groups", server) == []


def test_row_0_a_silent_hmc_means_unknown(site: Machine) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.bench.controls.add_fault(match=r"^GET /api/(cpcs/.*/partitions|storage-groups)", kind="503", times=1000)
    assert {row for row, _ in site.found()} == {"0"}
    assert site.clean_up() == []


def test_row_5_what_is_masked_is_completed_and_what_was_attached_is_masked_again(site: Machine) -> None:
    server, (_, data) = site.server()
    site.sql(rows, rows.c.volume_id == data, attach_status="attaching")
    site.sql(volumes, volumes.c.id == data, status="attaching")
    assert site.found() == [("5", "complete")]
    assert site.clean_up() == ["done"]
    site.array.disconnect(data, site.connector(server))
    site.sql(rows, rows.c.volume_id == data, attach_status="reserved", connector=None, connection_info=None)
    site.sql(volumes, volumes.c.id == data, status="reserved")
    assert site.found() == [("5", "reconnect")]
    assert site.clean_up() == ["done"]
    assert (server, data) in site.masks()
    assert is_clean(site)


def test_row_6_a_detach_is_rolled_back_while_masked_and_running_and_finished_once_unmasked(site: Machine) -> None:
    server, (_, data) = site.server()
    for is_masked, planned in ((True, "roll-back-detach"), (False, "finish-detach")):
        if not is_masked:
            site.array.disconnect(data, site.connector(server))
        site.sql(rows, rows.c.volume_id == data, attach_status="detaching")
        site.sql(volumes, volumes.c.id == data, status="detaching")
        assert site.found() == [("6", planned)]
        assert site.clean_up() == ["done"]
        assert site.volume_status(data) == ("in-use" if is_masked else "available")
        assert is_clean(site)


def test_rows_9_10_and_14_attachments_of_the_partition_s_wwpns_are_adopted(site: Machine) -> None:
    server, (_, data) = site.server()
    split(site, server, data)
    assert site.found() == [("9", "adopt")]
    assert site.clean_up() == ["done"]
    wanted = split(site, server, data)
    site.insert(server_id=server, volume_id=data, attach_status="attached", connector={"host": "b", "wwpns": []})
    assert site.found() == [("10", "adopt"), ("14", "delete-attachment")]
    assert site.clean_up() == ["done", "done"]
    assert site.row(server, data).attachment_id == wanted
    assert is_clean(site)


@pytest.mark.parametrize("row", ["11", "12", "13", "13a"])
def test_rows_11_to_13a_are_reported_under_a_running_partition_and_repaired_when_it_is_off(
    site: Machine, row: str
) -> None:
    server, (_, data) = site.server()
    lose(site, row, server, data)
    (finding,) = [f for f in site.audit().findings if f.row == row]
    assert (str(finding.action), "cannot be made to let go" in finding.why) == ("report", row != "13a")
    assert site.clean_up() == []
    assert ((server, data) in site.masks(), site.row(server, data) is None) == (True, False)
    site.stop(server)
    assert (row, "delete-bdm") in site.found()
    assert set(site.clean_up()) == {"done"}
    assert ((server, data) in site.masks(), site.row(server, data) is None) == (False, True)
    assert is_clean(site)


def lose(site: Machine, row: str, server: str, data: str) -> None:
    """Damage for one row of the table."""
    if row == "13":
        with site.store.write() as tx:
            tx.execute(volumes.delete().where(volumes.c.id == data))
        return
    lose_attachment(site, server, data, {"11": "available", "12": "in-use", "13a": "error"}[row])
    if row == "12":
        other, _ = site.server(0)
        site.insert(
            server_id=other, volume_id=data, destination_type="volume", attach_status="attached", bdm_uuid=ids.new(),
            connector=site.connector(other), connection_info=site.array.connect(data, site.connector(other)),
        )  # fmt: skip


def test_row_11_is_repaired_by_a_hard_reboot_mask_included(site: Machine) -> None:
    server, (root, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.reboot(server, hard=True)
    assert site.get(server).vm_state == "active"
    assert site.masks() == {(server, root)}
    assert is_clean(site)


def test_row_11_takes_the_volume_out_of_the_storage_group_of_a_stopped_server(site: Machine, model: str) -> None:
    """The HMC cannot say what a partition uses, but a group says what is declared for it."""
    server, (root, data) = site.server()
    site.stop(server)
    lose_attachment(site, server, data, "available")
    assert set(site.clean_up(limit=10)) == {"done"}
    declared = [volume["name"] for volume in site.bench.controls.state()["storage-volumes"]]
    assert declared == ([root] if model == "dpm-groups" else [])
    assert site.masks() == {(server, root)}
    assert is_clean(site)


def test_row_15_an_attachment_without_a_disk_is_reported_while_it_may_be_in_use(site: Machine) -> None:
    server, (_, data) = site.server()
    no_disk = {"bdm_uuid": None, "source_type": None, "destination_type": None, "boot_index": None}
    site.sql(rows, rows.c.volume_id == data, **no_disk)
    assert site.found() == [("15", "report")]
    site.stop(server)
    assert site.found() == [("15", "delete-attachment")]
    assert site.clean_up() == ["done"]
    assert (server, data) not in site.masks()
    assert is_clean(site)


def test_rows_16_g1_and_g2_nothing_is_left_of_a_deleted_server(site: Machine, model: str) -> None:
    server, (root, data) = site.server()
    mark_deleted(site, server)
    expected = {("16", "delete-attachment"), ("G1", "destroy-guest")}
    assert set(site.found()) == expected | ({("G2", "release-wwpns")} if model == "dpm-groups" else set())
    assert set(site.clean_up(limit=10)) == {"done"}
    assert site.masks() == set()
    assert [site.volume_status(v) for v in (root, data)] == ["available", "available"]
    assert site.at_hmc("partitions", server) + site.at_hmc("storage-groups", server) == []
    assert is_clean(site)


def test_m0_a_lost_mask_comes_back(site: Machine) -> None:
    server, (_, data) = site.server()
    site.damage_array("DELETE FROM masks WHERE volume_id = ?", data)
    assert site.found() == [("M0", "reconnect")]
    assert site.clean_up() == ["done"]
    assert (server, data) in site.masks()
    assert is_clean(site)


def test_m1_a_loose_mask_stays_under_a_running_partition_and_goes_when_it_is_off(site: Machine) -> None:
    server, _ = site.server()
    extra = site.volume()
    site.connect(server, extra)
    assert site.found() == [("M1", "report")]
    assert site.clean_up() == []
    site.stop(server)
    assert site.found() == [("M1", "unmask")]
    assert site.clean_up() == ["done"]
    assert (server, extra) not in site.masks()
    assert is_clean(site)


def test_m2_a_host_without_masks_goes_with_its_zones(site: Machine) -> None:
    server, (_, data) = site.server()
    connector = site.connector(server)
    site.delete(server)
    site.array.connect(data, connector)
    site.damage_array("DELETE FROM masks")
    assert site.found() == [("M2", "unmask")]
    assert site.clean_up() == ["done"]
    assert is_clean(site)


def test_g1_the_partition_of_an_unknown_server_is_reported(site: Machine) -> None:
    guest = Guest(id=ids.new(), name="s", vcpus=1, memory_mib=1024)
    site.partition(guest)
    assert {row for row, _ in site.found()} == {"G1"}
    assert {action for _, action in site.found()} == {"report"}
    assert site.clean_up() == []
    assert site.at_hmc("partitions", guest.id)


@pytest.mark.parametrize("model", ["dpm-groups"])
def test_g2_a_storage_group_without_a_server_is_given_back_unless_masks_still_name_it(site: Machine) -> None:
    server, (_, data) = site.server()
    guest, connector = site.get(server).guest(), site.connector(server)
    site.delete(server)
    site.hypervisor.reserve_identity(guest)
    site.array.connect(data, connector)
    assert [row for row, _ in site.found()] == ["M1", "G2"]
    (finding,) = [f for f in site.audit().findings if f.row == "G2"]
    assert "masks or zones still name" in site.repair(finding)[0]
    assert site.clean_up(limit=2) == ["done", "done"]
    assert site.at_hmc("storage-groups", server) == []
    assert is_clean(site)
    site.hypervisor.reserve_identity(Guest(id=ids.new(), name="s", vcpus=1, memory_mib=1024))
    assert site.found() == [("G2", "report")]
