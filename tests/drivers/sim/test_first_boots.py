"""Simulated guests report once, in the end, whatever happens between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moorage.compute.model.guest import ConfigDrive, Guest
from moorage.drivers.sim import SimDriver
from tests.support.networks import Receiver
from tests.support.process import eventually


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def guest(user_data: bytes | None) -> Guest:
    drive = ConfigDrive(meta_data={}, network_data={}, user_data=user_data)
    return Guest(id="s1", name="s1", vcpus=1, memory_mib=512, config_drive=drive)


def driver(tmp_path: Path, *, reports: bool = True) -> SimDriver:
    return SimDriver(tmp_path / "guests.db", reports_first_boot=reports)


def test_the_first_boot_reports_and_later_ones_do_not(tmp_path: Path, receiver: Receiver) -> None:
    sim, booted = driver(tmp_path), guest(receiver.user_data)
    sim.boot(booted, [])
    eventually(lambda: receiver.got)
    sim.reboot(booted, [], hard=True)
    sim.close()
    assert receiver.got == [("PUT", "/wait-conditions/w1?token=t", b'{"status": "SUCCESS"}')]


def test_a_guest_nobody_answers_tries_again_and_after_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    receiver.status = 503
    sim = driver(tmp_path)
    sim.boot(guest(receiver.user_data), [])
    eventually(lambda: len(receiver.got) >= 2)
    sim.close()
    receiver.status = 200
    before = len(receiver.got)
    again = driver(tmp_path)
    eventually(lambda: len(receiver.got) == before + 1)
    again.close()
    later = driver(tmp_path)
    later.close()
    assert len(receiver.got) == before + 1


def test_a_no_is_final_and_a_destroyed_guest_is_silent(tmp_path: Path, receiver: Receiver) -> None:
    receiver.status = 404
    sim, booted = driver(tmp_path), guest(receiver.user_data)
    sim.boot(booted, [])
    eventually(lambda: receiver.got)
    sim.destroy(booted)
    receiver.status = 200
    sim.boot(booted, [])
    eventually(lambda: len(receiver.got) == 2)
    sim.close()


def test_nothing_is_sent_where_it_is_switched_off(tmp_path: Path, receiver: Receiver) -> None:
    sim = driver(tmp_path, reports=False)
    sim.boot(guest(receiver.user_data), [])
    sim.close()
    assert receiver.got == []
