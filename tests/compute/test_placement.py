"""Servers go where there is room, and never where there is none, however many ask at once."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from moorage import errors, ids
from moorage.compute.model.guest import HostState
from moorage.compute.service import placement, servers, services
from moorage.store import Store
from tests.support.app import make_store


def host(name: str, vcpus: int = 4, memory_mib: int = 4096, **more: Any) -> HostState:
    return HostState(
        name=name, hypervisor_type="dpm", version=1, vcpus=vcpus, memory_mib=memory_mib, disk_gib=0, **more
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


def register(store: Store, *hosts: HostState) -> None:
    with store.write() as tx:
        services.register_hosts(tx, "dpm", list(hosts))


def new(store: Store, vcpus: int = 1, ram_mib: int = 512, **fields: Any) -> str:
    server_id = ids.new()
    with store.write() as tx:
        servers.insert(
            tx, id=server_id, project_id="p", user_id="u", name="s", hostname="s", flavor={}, vm_state="building",
            driver="dpm", vcpus=vcpus, ram_mib=ram_mib, **fields,
        )  # fmt: skip
    return server_id


def placed(store: Store, server_id: str, **options: Any) -> str:
    try:
        with store.write() as tx:
            return placement.place(tx, servers.get(tx, server_id), **options)
    except errors.Refused as full:
        return full.message


NOWHERE = "No valid host was found. There are not enough hosts available."


def test_the_roomiest_is_taken_and_taking_turns_fills_both(store: Store) -> None:
    register(store, host("a", memory_mib=1024), host("b", memory_mib=2048))
    assert Counter(placed(store, new(store)) for _ in range(6)) == {"a": 2, "b": 4}
    assert placed(store, new(store)) == NOWHERE


def test_concurrent_servers_never_overshoot_processors_or_memory(store: Store) -> None:
    register(store, host("a", vcpus=3), host("b", memory_mib=1024))
    wanted = [new(store) for _ in range(12)]
    found: list[str] = []
    threads = [threading.Thread(target=lambda s=s: found.append(placed(store, s))) for s in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == {"a": 3, "b": 2, NOWHERE: 7}


def test_processors_may_be_shared_where_the_driver_does_and_memory_may_not(store: Store) -> None:
    register(store, host("kvm", vcpus=1, memory_mib=1024))
    assert [placed(store, new(store), shares_processors=True) for _ in range(3)] == ["kvm", "kvm", NOWHERE]


def test_a_deleted_or_offloaded_server_gives_its_room_back(store: Store) -> None:
    register(store, host("a", vcpus=1))
    first, second = new(store), new(store)
    assert [placed(store, first), placed(store, second)] == ["a", NOWHERE]
    with store.write() as tx:
        servers.update(tx, first, host=None)
    assert placed(store, second) == "a"


def test_a_placed_server_stays_and_one_with_wwpns_goes_back_to_them(store: Store) -> None:
    register(store, host("a", vcpus=1), host("b", vcpus=1))
    kept = new(store, identity={"host": "a", "connector": {}})
    other = new(store)
    assert placed(store, other) == "b"
    assert placed(store, other) == "b"
    assert placed(store, kept) == "a"
    assert placed(store, new(store, identity={"host": "a", "connector": {}})) == NOWHERE


def test_what_is_down_disabled_or_too_small_is_no_place(store: Store) -> None:
    register(store, host("down", up=False), host("small", memory_mib=256), host("off"), host("fine", vcpus=1))
    with store.write() as tx:
        (off,) = services.listing(tx, host="off")
        services.change(tx, off, disabled=True)
    assert [placed(store, new(store)) for _ in range(2)] == ["fine", NOWHERE]


def test_a_named_host_is_the_only_place_and_only_the_first_time(store: Store) -> None:
    register(store, host("a", vcpus=1), host("b", memory_mib=8192))
    there = {"system_metadata": {"kept": 1, placement.DESTINATION: {"host": "a", "node": "a"}}}
    first, second = new(store, **there), new(store, **there)
    assert [placed(store, first), placed(store, second)] == ["a", NOWHERE]
    with store.write() as tx:
        assert servers.get(tx, first).system_metadata == {"kept": 1}
        placement.ask_for(tx, servers.get(tx, second), {})
    assert placed(store, second) == "b"


@pytest.mark.parametrize("names", [{"host": "x"}, {"node": "x"}, {"host": "a", "node": "b"}])
def test_a_named_host_that_is_not_there_is_told(store: Store, names: dict[str, str]) -> None:
    register(store, host("a"), host("b"))
    wanted = new(store, system_metadata={placement.DESTINATION: names})
    said = f"No such host - host: {names.get('host')} node: {names.get('node')} "
    assert placed(store, wanted) == f"No valid host was found. {said}"


def test_a_server_grows_by_what_is_left_and_no_more(store: Store) -> None:
    register(store, host("a", vcpus=3, memory_mib=2048), host("empty"))
    grown, other = new(store, host="a"), new(store, host="a")
    with store.write() as tx:
        placement.check_growth(tx, servers.get(tx, grown), vcpus=1, ram_mib=1024)
        placement.check_growth(tx, servers.get(tx, grown), vcpus=9, ram_mib=0, shares_processors=True)
        for vcpus, ram_mib in ((2, 0), (0, 1025)):
            with pytest.raises(errors.Refused, match="No valid host found for resize"):
                placement.check_growth(tx, servers.get(tx, other), vcpus=vcpus, ram_mib=ram_mib)
