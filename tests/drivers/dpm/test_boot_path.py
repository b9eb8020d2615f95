"""By which paths a partition can boot, in which order they are tried and in which form they are written."""

from __future__ import annotations

from typing import Any

import pytest

from moorage import errors
from moorage.compute.model.guest import Disk
from moorage.drivers.dpm import boot_path, wwpn

WWPN, OTHER_WWPN = "c05076d24d80016e", "c05076d24d80016f"
PORTS = {WWPN: "/api/adapters/a/storage-ports/0", OTHER_WWPN: "/api/adapters/b/storage-ports/0"}
ONE_PORT = {WWPN: PORTS[WWPN]}
FIRST, SECOND, THIRD = "5005076802101111", "5005076802202222", "5005076802303333"


def disk(boot_index: int | None = 0, **data: Any) -> Disk:
    info = {"target_lun": 1, "initiator_target_map": {WWPN: [FIRST, SECOND]}, "target_wwn": [FIRST, SECOND], **data}
    connection = {"driver_volume_type": "fibre_channel", "data": info}
    return Disk(volume_id="v1", device_name="/dev/sda", boot_index=boot_index, connection_info=connection)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0000000000000000"),
        (1, "0001000000000000"),
        (10, "000a000000000000"),
        (255, "00ff000000000000"),
        (0x40014000, "4001400000000000"),
    ],
)
def test_lun_is_written_in_scsi_order(number: int, written: str) -> None:
    assert boot_path.scsi_lun(number) == written


@pytest.mark.parametrize("text", ["C05076D24D80016E", "0xc05076d24d80016e", "c0:50:76:d2:4d:80:01:6e"])
def test_wwpn_has_one_form_however_it_was_written(text: str) -> None:
    assert wwpn.normal(text) == WWPN


@pytest.mark.parametrize("text", ["", "c05076d24d80016", "c05076d24d80016g", "c05076d24d80016e0"])
def test_other_text_is_no_wwpn(text: str) -> None:
    with pytest.raises(ValueError, match="16 hex digits"):
        wwpn.normal(text)


def test_adapters_alternate_and_each_uses_its_targets_in_storage_s_order() -> None:
    served = {WWPN: [FIRST, SECOND], OTHER_WWPN: [THIRD]}
    found = boot_path.candidates(disk(initiator_target_map=served, target_lun=3), PORTS, [])
    assert [(path.wwpn, path.target) for path in found] == [(WWPN, FIRST), (OTHER_WWPN, THIRD), (WWPN, SECOND)]
    assert {path.lun for path in found} == {"0003000000000000"}
    assert [path.port_uri for path in found] == [PORTS[path.wwpn] for path in found]


def test_an_initiator_without_targets_leaves_the_paths_of_the_other() -> None:
    found = boot_path.candidates(disk(), PORTS, [])
    assert [(path.wwpn, path.target) for path in found] == [(WWPN, FIRST), (WWPN, SECOND)]


def test_the_lun_s_identifier_has_one_form_and_may_be_missing() -> None:
    assert boot_path.identifier(disk(wwn="0x6005076802ABCDEF")) == "6005076802abcdef"
    assert boot_path.identifier(disk()) is None
    assert boot_path.identifier(Disk(volume_id="v", device_name="", boot_index=None, connection_info={})) is None


@pytest.mark.parametrize("ignored", [FIRST, FIRST.upper(), "0x" + FIRST])
def test_ignored_target_is_skipped_however_it_is_written(ignored: str) -> None:
    assert [path.target for path in boot_path.candidates(disk(), ONE_PORT, [ignored])] == [SECOND]


def test_map_of_the_storage_may_write_wwpns_in_its_own_way() -> None:
    written = {"0x" + WWPN.upper(): ["0x" + SECOND.upper()]}
    found = boot_path.candidates(disk(initiator_target_map=written), ONE_PORT, [])
    assert [path.target for path in found] == [SECOND]


@pytest.mark.parametrize(
    ("disks", "ignored", "reason"),
    [
        ([disk(1)], [], "boot_index 0"),
        ([disk(initiator_target_map={"c05076d24d80ffff": [FIRST]})], [], "no target port for initiator " + WWPN),
        ([disk(initiator_target_map={WWPN: []})], [], "no target port"),
        ([disk()], [FIRST, SECOND], "target_wwpn_ignore_list"),
    ],
)
def test_boot_without_a_usable_path_is_refused_with_the_reason(
    disks: list[Disk], ignored: list[str], reason: str
) -> None:
    with pytest.raises(errors.Refused, match=reason):
        boot_path.candidates(boot_path.boot_disk(disks), ONE_PORT, ignored)


def test_volume_of_another_protocol_is_refused() -> None:
    other = Disk(volume_id="v", device_name="a", boot_index=0, connection_info={"driver_volume_type": "file"})
    with pytest.raises(errors.Refused, match="fibre_channel"):
        boot_path.boot_disk([other])
