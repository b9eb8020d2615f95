"""Masks, zones and hosts: who sees which volume, and that nothing stays behind."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from moorage import errors
from moorage.drivers.fcarray import Faults, FcArray, TargetPorts, open_fabric, snapshot
from moorage.drivers.fcarray.lun import lun_number, scsi_lun
from moorage.volumes.ports import Connector

A, B = "c05076ffe5000001", "c05076ffe5000002"
SERVER: Connector = {"host": "server-1", "wwpns": [A, B]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fcarray" / "array.db"


@pytest.fixture
def array(path: Path) -> FcArray:
    array = FcArray("gold", path)
    for volume_id in ("v0", "v1", "v2"):
        array.create(volume_id, 1)
    return array


def data(array: FcArray, volume_id: str, connector: Connector = SERVER) -> dict[str, Any]:
    answer: dict[str, Any] = array.connect(volume_id, connector)["data"]
    return answer


def targets(path: Path, fabric: int) -> list[str]:
    return [port["wwpn"] for port in snapshot(path)["targets"] if port["fabric"] == fabric]


def test_array_keeps_the_ports_it_was_made_with(path: Path, array: FcArray) -> None:
    ports = [port["wwpn"] for port in snapshot(path)["targets"]]
    assert len(set(ports)) == 4
    assert all(len(wwpn) == 16 and wwpn.startswith("5005076802") and wwpn == wwpn.lower() for wwpn in ports)
    FcArray("gold", path)
    assert [port["wwpn"] for port in snapshot(path)["targets"]] == ports


def test_connection_info_is_what_openstack_clients_expect(path: Path, array: FcArray) -> None:
    connection = array.connect("v0", {"host": "server-1", "wwpns": ["0x" + A.upper(), B]})
    assert connection == {
        "driver_volume_type": "fibre_channel",
        "data": {
            "target_wwn": sorted(targets(path, 0) + targets(path, 1)),
            "target_lun": 0,
            "initiator_target_map": {A: sorted(targets(path, 0)), B: sorted(targets(path, 1))},
            "target_discovered": False,
            "volume_id": "v0",
            "wwn": snapshot(path)["volumes"][0]["naa"],
        },
    }


def test_single_initiator_reaches_both_fabrics(path: Path, array: FcArray) -> None:
    paths = data(array, "v0", {"host": "server-1", "wwpns": [A]})["initiator_target_map"]
    assert paths == {A: sorted(targets(path, 0) + targets(path, 1))}


def test_order_of_the_initiators_does_not_change_the_zones(array: FcArray) -> None:
    first = data(array, "v0")
    assert data(array, "v0", {"host": "server-1", "wwpns": [B, A]}) == first


def test_lowest_free_lun_of_the_host_is_taken(array: FcArray) -> None:
    assert [data(array, volume_id)["target_lun"] for volume_id in ("v0", "v1", "v2")] == [0, 1, 2]
    array.disconnect("v1", SERVER)
    array.create("v3", 1)
    assert data(array, "v3")["target_lun"] == 1
    assert data(array, "v1")["target_lun"] == 3
    assert data(array, "v1", {"host": "other", "wwpns": ["c05076ffe5000009"]})["target_lun"] == 0


def test_host_with_every_lun_taken_is_refused(array: FcArray) -> None:
    with array._file.transaction() as db:
        for lun in range(256):
            db.execute("INSERT INTO volumes VALUES (?, ?, 1)", (f"m{lun}", f"n{lun}"))
    for lun in range(256):
        assert data(array, f"m{lun}")["target_lun"] == lun
    with pytest.raises(errors.Refused, match="256 LUNs"):
        array.connect("v0", SERVER)


@pytest.mark.parametrize("connector", [{"host": "x"}, {"host": "x", "wwpns": []}, {"host": "x", "wwpns": None}])
def test_connector_without_wwpns_is_refused(array: FcArray, path: Path, connector: Connector) -> None:
    with pytest.raises(errors.Refused, match="no wwpns"):
        array.connect("v0", connector)
    assert snapshot(path)["hosts"] == []


@pytest.mark.parametrize("wwpn", ["", "c05076ffe500000", "c05076ffe500000g", "0000c05076ffe5000001"])
def test_connector_with_a_wrong_wwpn_is_refused(array: FcArray, wwpn: str) -> None:
    with pytest.raises(errors.Refused, match="not a WWPN"):
        array.connect("v0", {"host": "x", "wwpns": [A, wwpn]})


def test_initiator_of_another_host_is_refused_and_changes_nothing(array: FcArray, path: Path) -> None:
    array.connect("v0", SERVER)
    before = snapshot(path)
    with pytest.raises(errors.Refused, match="another host"):
        array.connect("v1", {"host": "thief", "wwpns": [A]})
    assert snapshot(path) == before


def test_masked_volume_cannot_be_deleted(array: FcArray, path: Path) -> None:
    array.connect("v0", SERVER)
    with pytest.raises(errors.Refused, match="masked to server-1"):
        array.delete("v0")
    array.disconnect("v0", SERVER)
    array.delete("v0")
    assert "v0" not in [volume["volume_id"] for volume in snapshot(path)["volumes"]]


def test_last_disconnect_removes_host_initiators_and_zones(array: FcArray, path: Path) -> None:
    array.connect("v0", SERVER)
    array.connect("v1", SERVER)
    array.disconnect("v0", SERVER)
    assert [host["name"] for host in snapshot(path)["hosts"]] == ["server-1"]
    assert len(snapshot(path)["zones"]) == 4
    array.disconnect("v1", SERVER)
    view = snapshot(path)
    assert (view["hosts"], view["masks"], view["zones"]) == ([], [], [])


@pytest.mark.parametrize("wwpns", [[], ["c05076ffe500ffff"], None, ["0x" + B.upper()]])
def test_disconnect_finds_the_host_by_name_or_initiator(array: FcArray, path: Path, wwpns: list[str] | None) -> None:
    array.connect("v0", SERVER)
    array.disconnect("v0", {"host": "server-1", "wwpns": wwpns})
    assert snapshot(path)["masks"] == []


def test_disconnect_leaves_other_hosts_of_the_volume_alone(array: FcArray, path: Path) -> None:
    other = {"host": "server-2", "wwpns": ["c05076ffe5000009"]}
    array.connect("v0", SERVER)
    array.connect("v0", other)
    array.disconnect("v0", SERVER)
    assert [mask["host"] for mask in snapshot(path)["masks"]] == ["server-2"]


def test_lun_answers_only_while_zoned_masked_and_online(array: FcArray, path: Path) -> None:
    fabric = open_fabric(path)
    info = data(array, "v0")
    [first, second] = info["initiator_target_map"][A]
    lun = scsi_lun(info["target_lun"])

    def reason(initiator: str = A, target: str = first, lun16: str = lun) -> str:
        return fabric.reason_unreachable(initiator, target, lun16) or "answers"

    assert reason() == "answers"
    assert reason("0x" + A.upper(), first.upper(), "0x" + lun) == "answers"
    assert "no LUN" in reason(lun16="0001000000000000")
    assert "no LUN" in reason(lun16="0")
    assert "no zone" in reason(target=targets(path, 1)[0])
    assert "no zone" in reason(initiator="c05076ffe5000009")
    assert "no target port" in reason(target="5005076802ffffff")
    TargetPorts(path).set_online(first.upper(), False)
    assert "offline" in reason()
    assert reason(target=second) == "answers"
    assert data(array, "v0") == info, "a port that is down must not change the answer of a repeated connect"
    TargetPorts(path).set_online(first, True)
    assert reason() == "answers"
    array.disconnect("v0", SERVER)
    assert "no zone" in reason()


def test_zoned_initiator_without_mask_is_told_so(array: FcArray, path: Path) -> None:
    target = data(array, "v0")["target_wwn"][0]
    with array._file.transaction() as db:
        db.execute("DELETE FROM masks")
    assert "no volume is masked" in (open_fabric(path).reason_unreachable(A, target, scsi_lun(0)) or "")


def test_fabric_without_array_file_says_so_and_sees_the_file_once_made(tmp_path: Path) -> None:
    path = tmp_path / "later.db"
    fabric = open_fabric(path)
    assert "no array file" in (fabric.reason_unreachable(A, B, scsi_lun(0)) or "")
    assert not path.exists()
    FcArray("gold", path)
    assert "no target port" in (fabric.reason_unreachable(A, B, scsi_lun(0)) or "")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0000000000000000"),
        (1, "0001000000000000"),
        (10, "000a000000000000"),
        (0xFFFF, "ffff000000000000"),
        (0x40010002, "4001000200000000"),
    ],
)
def test_lun_is_written_in_scsi_order_and_read_back(number: int, text: str) -> None:
    assert scsi_lun(number) == text
    assert lun_number("0x" + text.upper()) == number


@pytest.mark.parametrize("text", ["0000000000000001", "1", "", "zzzz000000000000"])
def test_text_that_is_no_lun_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"LUN|invalid literal"):
        lun_number(text)


def test_parallel_connects_of_one_host_get_distinct_luns(array: FcArray) -> None:
    volumes = [f"p{number}" for number in range(40)]
    for volume_id in volumes:
        array.create(volume_id, 1)
    with ThreadPoolExecutor(8) as pool:
        luns = list(pool.map(lambda volume_id: data(array, volume_id)["target_lun"], volumes))
    assert sorted(luns) == list(range(40))


WORKER = """
import sys
from pathlib import Path
from moorage.drivers.fcarray import FcArray
array = FcArray("gold", Path(sys.argv[1]))
sys.stdin.read(1)
for number in range(10):
    volume_id = f"{sys.argv[2]}-{number}"
    array.create(volume_id, 1)
    print(array.connect(volume_id, {"host": "h", "wwpns": ["c05076ffe5000001"]})["data"]["target_lun"])
"""


def test_processes_that_make_and_use_one_array_together_agree(path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    outputs = [worker.communicate("x")[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]
    assert sorted(int(lun) for output in outputs for lun in output.split()) == list(range(40))
    assert len(snapshot(path)["targets"]) == 4
    assert [entry.name for entry in path.parent.iterdir() if entry.name.startswith(".")] == []


def test_connects_of_many_hosts_are_quick(array: FcArray) -> None:
    connectors = [{"host": f"h{n}", "wwpns": [f"c05076ffe5{n:06x}", f"c05076ffe6{n:06x}"]} for n in range(400)]
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda connector: array.connect("v0", connector), connectors))
    each_s = (time.monotonic() - started) / len(connectors)
    assert each_s < 0.02, f"{each_s * 1000:.2f} ms for each connect"


def test_file_of_another_kind_is_a_config_error(tmp_path: Path) -> None:
    strange = tmp_path / "notes.db"
    strange.write_text("not a database at all, but long enough to be looked at" * 20)
    with pytest.raises(errors.ConfigError, match="not an array file"):
        Faults(strange)
