"""Which target and LUN a partition boots from, and in which form they are written."""

from __future__ import annotations

from typing import Any

import pytest

from moorage import errors
from moorage.compute.ports import Disk
from moorage.drivers.dpm import boot_path, wwpn
from moorage.drivers.dpm.hbas import Hba

HBA = Hba("/api/partitions/p/hbas/h", "c05076d24d80016e", "/api/adapters/a/storage-ports/0")
FIRST, SECOND = "5005076802101111", "5005076802202222"


def disk(boot_index: int | None = 0, **data: Any) -> Disk:
    info = {"target_lun": 1, "initiator_target_map": {HBA.wwpn: [FIRST, SECOND]}, "target_wwn": [FIRST, SECOND], **data}
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
    assert wwpn.normal(text) == HBA.wwpn


@pytest.mark.parametrize("text", ["", "c05076d24d80016", "c05076d24d80016g", "c05076d24d80016e0"])
def test_other_text_is_no_wwpn(text: str) -> None:
    with pytest.raises(ValueError, match="16 hex digits"):
        wwpn.normal(text)


def test_boot_properties_name_hba_first_target_and_lun() -> None:
    assert boot_path.boot_properties(HBA, [disk(None), disk(0, target_lun=3)], []) == {
        "boot-device": "storage-adapter",
        "boot-storage-device": HBA.uri,
        "boot-world-wide-port-name": FIRST,
        "boot-logical-unit-number": "0003000000000000",
    }


@pytest.mark.parametrize("ignored", [FIRST, FIRST.upper(), "0x" + FIRST])
def test_ignored_target_is_skipped_however_it_is_written(ignored: str) -> None:
    chosen = boot_path.boot_properties(HBA, [disk()], [ignored])
    assert chosen["boot-world-wide-port-name"] == SECOND


def test_map_of_the_storage_may_write_wwpns_in_its_own_way() -> None:
    written = {"0x" + HBA.wwpn.upper(): ["0x" + SECOND.upper()]}
    chosen = boot_path.boot_properties(HBA, [disk(initiator_target_map=written)], [])
    assert chosen["boot-world-wide-port-name"] == SECOND


@pytest.mark.parametrize(
    ("disks", "ignored", "reason"),
    [
        ([disk(1)], [], "boot_index 0"),
        ([disk(initiator_target_map={"c05076d24d80ffff": [FIRST]})], [], "no target port for initiator " + HBA.wwpn),
        ([disk(initiator_target_map={HBA.wwpn: []})], [], "no target port"),
        ([disk()], [FIRST, SECOND], "target_wwpn_ignore_list"),
    ],
)
def test_boot_without_a_usable_path_is_refused_with_the_reason(
    disks: list[Disk], ignored: list[str], reason: str
) -> None:
    with pytest.raises(errors.Refused, match=reason):
        boot_path.boot_properties(HBA, disks, ignored)


def test_volume_of_another_protocol_is_refused() -> None:
    other = Disk(volume_id="v", device_name="a", boot_index=0, connection_info={"driver_volume_type": "file"})
    with pytest.raises(errors.Refused, match="fibre_channel"):
        boot_path.boot_properties(HBA, [other], [])
