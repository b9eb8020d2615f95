"""Ports: addresses are given once, whoever asks at the same time, and come back."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest

from moorage import errors
from moorage.context import Context
from moorage.networks.model import Network, Networks, NewPort
from moorage.networks.service import ports, quotas
from moorage.store import Store
from tests.support import postgresql
from tests.support.app import make_store

ALICE = Context(user_id="alice", project_id="a" * 32)
NET = Network(name="prod", cidr="10.0.0.0/28", gateway="10.0.0.1", first="10.0.0.1", last="10.0.0.14")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


def test_a_network_keeps_its_id_as_long_as_its_name() -> None:
    again = Network(name="prod", cidr="192.168.0.0/24", first="192.168.0.1", last="192.168.0.9")
    assert again.id == NET.id
    assert again.subnet_id == NET.subnet_id != NET.id
    assert Networks([NET]).get(NET.id) is NET
    with pytest.raises(errors.NotFound, match="Network nope could not be found"):
        Networks([NET]).get("nope")


def test_the_lowest_free_address_is_given_and_never_the_gateways(store: Store) -> None:
    with store.write() as tx:
        first, second = (ports.create_port(tx, ALICE, NET, NewPort()) for _ in range(2))
        assert (first.ip_address, second.ip_address) == ("10.0.0.2", "10.0.0.3")
        ports.delete_port(tx, first.id)
        assert ports.create_port(tx, ALICE, NET, NewPort()).ip_address == "10.0.0.2"
    assert first.mac_address.startswith("fa:16:3e:")
    assert first.mac_address != second.mac_address


@pytest.mark.parametrize("wanted", ["10.0.1.5", "10.0.0.0", "10.0.0.15", "10.0.0.1", "seven"])
def test_an_address_that_no_port_can_have_is_refused(store: Store, wanted: str) -> None:
    with store.write() as tx, pytest.raises(errors.BadRequest, match="not a valid IP"):
        ports.create_port(tx, ALICE, NET, NewPort(ip_address=wanted))


def test_a_taken_address_or_mac_is_a_conflict_and_leaves_nothing(store: Store) -> None:
    with store.write() as tx:
        taken = ports.create_port(tx, ALICE, NET, NewPort(ip_address="10.0.0.9"))
        with pytest.raises(errors.Conflict, match=r"IP address 10\.0\.0\.9 already allocated"):
            ports.create_port(tx, ALICE, NET, NewPort(ip_address="10.0.0.9"))
        with pytest.raises(errors.Conflict, match=f"mac address {taken.mac_address} is in use"):
            ports.create_port(tx, ALICE, NET, NewPort(mac_address=taken.mac_address))
        assert [port.id for port in ports.listing(tx)] == [taken.id]


def test_concurrent_creates_share_out_the_pool_without_a_double(store: Store) -> None:
    """13 addresses, 20 who want one: 13 get different ones, 7 are told that there are no more."""
    count = taken_at_once([store] * 20)
    assert count.pop(f"No more IP addresses available on network {NET.id}.") == 7
    assert set(count) == {f"10.0.0.{number}" for number in range(2, 15)}
    assert set(count.values()) == {1}


def taken_at_once(stores: list[Store]) -> Counter[str]:
    """One port is asked for through each store, all at the same time: addresses, and what the others are told."""
    outcomes: list[str] = []
    start = threading.Barrier(len(stores))

    def take(store: Store) -> None:
        start.wait()
        try:
            with store.write() as tx:
                outcomes.append(ports.create_port(tx, ALICE, NET, NewPort()).ip_address)
        except (errors.Conflict, errors.OverQuota) as refused:
            outcomes.append(refused.message)

    threads = [threading.Thread(target=take, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_race_for_the_last_ports_of_a_quota_overshoots_in_no_database(tmp_path: Path, database: str) -> None:
    """Two stores are two processes: nothing but the database keeps them apart."""
    first = postgresql.new_store() if database == "postgresql" else make_store(tmp_path)
    second = Store(first.url)
    with first.write() as tx:
        quotas.set_limits(tx, ALICE.project_id, {"port": 3})
    count = taken_at_once([first, second] * 8)
    assert count.pop("Quota exceeded for resources: ['port'].") == 13
    assert len(count) == 3
    with second.read() as tx:
        assert quotas.usage_of(tx, ALICE.project_id) == {"port": 3}
    second.close()


def test_a_port_taken_between_look_and_insert_makes_the_next_address_do(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What happens where writers run side by side: the constraint says no, and the next address is tried."""
    with store.write() as tx:
        ports.create_port(tx, ALICE, NET, NewPort(ip_address="10.0.0.2"))
        monkeypatch.setattr(ports, "_addresses", lambda *_: iter(NET.pool()))
        assert ports.create_port(tx, ALICE, NET, NewPort()).ip_address == "10.0.0.3"


def test_a_port_is_bound_to_one_server_and_released_with_it(store: Store) -> None:
    with store.write() as tx:
        own, given = (ports.create_port(tx, ALICE, NET, NewPort()) for _ in range(2))
        ports.bind(tx, given.id, "server-1", index=0, is_made_for_server=False)
        ports.bind(tx, own.id, "server-1", index=1, is_made_for_server=True)
        assert [port.id for port in ports.ports_of(tx, "server-1")] == [given.id, own.id]
        with pytest.raises(errors.Conflict, match="is still in use"):
            ports.bind(tx, given.id, "server-2", index=0, is_made_for_server=False)
        with pytest.raises(errors.Conflict, match="already has an attached device server-1"):
            ports.delete_port(tx, given.id)
        ports.release(tx, "server-1")
        ports.release(tx, "server-1")
        assert ports.ports_of(tx, "server-1") == []
        assert ports.get(tx, given.id).server_id is None
        with pytest.raises(errors.NotFound):
            ports.get(tx, own.id)


def test_another_projects_port_is_not_found(store: Store) -> None:
    with store.write() as tx:
        port = ports.create_port(tx, ALICE, NET, NewPort())
        assert ports.get(tx, port.id, ALICE.project_id) == port
        with pytest.raises(errors.NotFound):
            ports.get(tx, port.id, "b" * 32)


def test_more_ports_than_the_quota_are_refused(store: Store) -> None:
    with store.write() as tx:
        quotas.set_limits(tx, ALICE.project_id, {"port": 1})
        ports.create_port(tx, ALICE, NET, NewPort())
        with pytest.raises(errors.OverQuota, match="port"):
            ports.create_port(tx, ALICE, NET, NewPort())
        quotas.reset(tx, ALICE.project_id)
        ports.create_port(tx, ALICE, NET, NewPort())
