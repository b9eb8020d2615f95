"""Scripted faults strike as written, from any process; the command shows and changes the array."""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from moorage import errors
from moorage.drivers.fcarray import Faults, FcArray, snapshot
from moorage.drivers.fcarray.command import add_parser, default_file, run

SERVER = {"host": "server-1", "wwpns": ["c05076ffe5000001"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return default_file(tmp_path)


@pytest.fixture
def array(path: Path) -> FcArray:
    array = FcArray("gold", path)
    array.create("v0", 1)
    return array


def moorage(*words: str) -> int:
    parser = argparse.ArgumentParser(prog="moorage")
    add_parser(parser.add_subparsers(required=True))
    return run(parser.parse_args(words))


def test_fail_before_leaves_nothing_and_gives_no_answer(array: FcArray, path: Path) -> None:
    Faults(path).add("connect", "fail-before")
    with pytest.raises(errors.Unknown):
        array.connect("v0", SERVER)
    assert snapshot(path)["masks"] == []
    array.connect("v0", SERVER)


def test_lost_reply_leaves_the_effect_and_gives_no_answer(array: FcArray, path: Path) -> None:
    Faults(path).add("connect", "lost-reply")
    with pytest.raises(errors.Unknown):
        array.connect("v0", SERVER)
    assert [mask["volume_id"] for mask in snapshot(path)["masks"]] == ["v0"]
    assert array.connect("v0", SERVER)["data"]["target_lun"] == 0


def test_refuse_leaves_nothing_and_says_no(array: FcArray, path: Path) -> None:
    Faults(path).add("create", "refuse")
    with pytest.raises(errors.Refused):
        array.create("v1", 1)
    assert [volume["volume_id"] for volume in snapshot(path)["volumes"]] == ["v0"]


def test_fault_strikes_as_often_as_asked_and_other_calls_pass(array: FcArray, path: Path) -> None:
    Faults(path).add("disconnect", "refuse", times=2)
    array.connect("v0", SERVER)
    for _ in range(2):
        with pytest.raises(errors.Refused):
            array.disconnect("v0", SERVER)
    array.disconnect("v0", SERVER)
    assert Faults(path).left() == []


def test_fault_for_any_call_is_not_used_up_by_the_periodic_pool_query(array: FcArray, path: Path) -> None:
    Faults(path).add("*", "fail-before")
    array.pool()
    with pytest.raises(errors.Unknown):
        array.delete("v0")
    Faults(path).add("pool", "fail-before")
    with pytest.raises(errors.Unknown):
        array.pool()


def test_latency_is_waited_without_holding_up_others(array: FcArray, path: Path) -> None:
    faults = Faults(path)
    faults.add("connect", "slow", latency_s=1.5)
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(array.connect, "v0", SERVER)
        while faults.left():
            assert time.monotonic() - started < 1.5
        array.create("v1", 1)
        assert not slow.done()
        assert slow.result()["data"]["volume_id"] == "v0"
    assert time.monotonic() - started >= 1.5


def test_every_operation_can_be_made_to_fail(array: FcArray, path: Path, tmp_path: Path) -> None:
    calls = {
        "create": lambda: array.create("v1", 1),
        "write_image": lambda: array.write_image("v0", tmp_path / "i", "raw"),
        "read_image": lambda: array.read_image("v0", tmp_path / "o"),
        "clone": lambda: array.clone("v1", "v0", 1),
        "create_from_snapshot": lambda: array.create_from_snapshot("v1", "s", 1),
        "extend": lambda: array.extend("v0", 2),
        "delete": lambda: array.delete("v0"),
        "create_snapshot": lambda: array.create_snapshot("s", "v0"),
        "delete_snapshot": lambda: array.delete_snapshot("s"),
        "connect": lambda: array.connect("v0", SERVER),
        "disconnect": lambda: array.disconnect("v0", SERVER),
        "pool": array.pool,
    }
    before = snapshot(path)
    for operation, call in calls.items():
        Faults(path).add(operation, "fail-before")
        with pytest.raises(errors.Unknown, match=operation):
            call()
    assert snapshot(path) == before


@pytest.mark.parametrize(
    ("operation", "kind", "latency_s", "times"),
    [("explode", "refuse", 0, 1), ("connect", "maybe", 0, 1), ("connect", "slow", -1, 1), ("connect", "refuse", 0, 0)],
)
def test_fault_that_makes_no_sense_is_rejected(
    path: Path, operation: str, kind: str, latency_s: float, times: int
) -> None:
    with pytest.raises(errors.BadRequest):
        Faults(path).add(operation, kind, latency_s, times)


def test_show_prints_everything_in_aligned_columns(
    array: FcArray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    array.create("a-much-longer-id", 20)
    array.connect("v0", SERVER)
    assert moorage("array", "show", "--data-dir", str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("volumes (2)")
    columns = {line.index("6005076802") for line in lines[start + 2 : start + 4]}
    assert columns == {lines[start + 1].index("naa")}
    assert "masks (1)" in lines
    assert any(line.split() == ["server-1", "v0", "0", "0000000000000000"] for line in lines)
    assert "faults (0)" in lines


def test_show_prints_json_for_scripts(array: FcArray, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    array.connect("v0", SERVER)
    array.create_snapshot("s", "v0")
    assert moorage("array", "show", "--file", str(path), "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert view == snapshot(path)
    assert view["hosts"] == [{"name": "server-1", "initiators": SERVER["wwpns"]}]
    assert view["snapshots"] == [{"snapshot_id": "s", "volume_id": "v0", "size_gib": 1}]
    assert Path(view["volumes"][0]["content"]).stat().st_size == 1024**3


def test_show_changes_nothing(array: FcArray, path: Path) -> None:
    array.close()
    before = path.read_bytes()
    assert moorage("array", "show", "--file", str(path)) == 0
    assert path.read_bytes() == before


def test_faults_are_added_and_cleared_by_command(array: FcArray, path: Path) -> None:
    place = ["--file", str(path)]
    assert moorage("array", "fault", "add", "connect", "refuse", "--latency", "0.01", "--times", "3", *place) == 0
    assert snapshot(path)["faults"] == [{"operation": "connect", "kind": "refuse", "latency_s": 0.01, "times": 3}]
    with pytest.raises(errors.Refused):
        array.connect("v0", SERVER)
    assert moorage("array", "fault", "clear", *place) == 0
    array.connect("v0", SERVER)


def test_target_port_is_switched_by_command(array: FcArray, path: Path) -> None:
    wwpn = snapshot(path)["targets"][0]["wwpn"]
    assert moorage("array", "target", wwpn, "offline", "--file", str(path)) == 0
    assert [port["wwpn"] for port in snapshot(path)["targets"] if not port["is_online"]] == [wwpn]


@pytest.mark.parametrize("words", [["show"], ["fault", "clear"], ["target", "5005076802000000", "offline"]])
def test_missing_array_is_told_and_never_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert moorage("array", *words, "--data-dir", str(tmp_path)) == 1
    assert "no array file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        moorage("array", "show", "--help")
    assert "moorage array show --file array.db --json" in capsys.readouterr().out
