"""Many clients want the same thing at once: exactly one gets it, the others a clear 4xx, and all records agree."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from moorage import ids
from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

CLIENTS = 16
DIRECT_SWAP = "\n[compute]\nallow_direct_swap = true\n"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    where = tmp_path_factory.mktemp("races")
    with cloud(where, "sim", more_options=DIRECT_SWAP, store=request.param) as made:
        made.lift_quotas()
        yield made


@pytest.fixture
def site(running: Cloud) -> Iterator[Cloud]:
    yield running
    running.settle()
    assert running.problems() == []


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The answers to calls that are made by as many threads at the same moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def outcome(answers: list[Any]) -> tuple[int, list[int]]:
    """How many were accepted, and the codes of the others, each with a message."""
    refused = [answer for answer in answers if answer.status_code >= 300]
    for answer in refused:
        assert 400 <= answer.status_code < 500, answer.text
        assert next(iter(answer.json().values()))["message"]
    return len(answers) - len(refused), sorted(answer.status_code for answer in refused)


def servers(site: Cloud, count: int) -> list[str]:
    made = [site.server([volume]) for volume in [site.volume() for _ in range(count)]]
    for server in made:
        site.wait(server, "ACTIVE")
    site.settle()
    return made


def create(site: Cloud, volume: str, flavor: str = "1") -> Any:
    disk = {"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": 0}
    body = {"name": "s", "flavorRef": flavor, "networks": "none", "block_device_mapping_v2": [disk]}
    return site.moorage.call("POST", "compute", "/servers", {"server": body}, version="2.67")


def attach(site: Cloud, server: str, volume: str) -> Any:
    body = {"volumeAttachment": {"volumeId": volume}}
    return site.moorage.call("POST", "compute", f"/servers/{server}/os-volume_attachments", body, version="2.60")


def detach(site: Cloud, server: str, volume: str) -> Any:
    return site.moorage.call("DELETE", "compute", f"/servers/{server}/os-volume_attachments/{volume}")


def swap(site: Cloud, server: str, old: str, new: str) -> Any:
    path, body = f"/servers/{server}/os-volume_attachments/{old}", {"volumeAttachment": {"volumeId": new}}
    return site.moorage.call("PUT", "compute", path, body, version="2.60", cloud="moorage-admin")


def attached(site: Cloud, server: str) -> list[str]:
    listed = site.moorage.call("GET", "compute", f"/servers/{server}/os-volume_attachments").json()
    return [entry["volumeId"] for entry in listed["volumeAttachments"] if entry["device"] != "/dev/vda"]


def test_one_volume_attached_to_many_servers_at_once_is_on_one_of_them(site: Cloud) -> None:
    made, volume = servers(site, 4), site.volume()
    for _ in range(3):
        answers = at_once(*[lambda s=server: attach(site, s, volume) for server in made for _ in range(4)])
        accepted, codes = outcome(answers)
        assert (accepted, len(codes)) == (1, CLIENTS - 1)
        site.settle()
        (winner,) = [server for server in made if attached(site, server) == [volume]]
        assert site.volume_status(volume) == "in-use"
        assert site.problems() == []
        assert detach(site, winner, volume).status_code == 202
        site.settle()


def test_attach_against_delete_of_the_volume_has_one_winner(site: Cloud) -> None:
    (server,) = servers(site, 1)
    for _ in range(4):
        volume = site.volume()

        def delete(volume: str = volume) -> Any:
            return site.moorage.call("DELETE", "block-storage", f"/volumes/{volume}")

        answers = at_once(*[lambda v=volume: attach(site, server, v), delete] * 4)
        outcome(answers)
        site.settle()
        assert site.problems() == []
        is_attached = volume in attached(site, server)
        assert is_attached != (site.volume_status(volume) == "gone")
        assert is_attached == any(answer.status_code == 200 for answer in answers[::2])
        if is_attached:
            assert detach(site, server, volume).status_code == 202
            site.settle()


def test_unshelve_against_detach_ends_in_an_agreed_state(site: Cloud) -> None:
    (server,) = servers(site, 1)
    data = site.volume()
    for _ in range(3):
        assert attach(site, server, data).status_code == 200
        site.settle()
        assert site.act(server, "shelve").status_code == 202
        site.wait(server, "SHELVED_OFFLOADED")
        site.settle()
        answers = at_once(*[lambda: site.act(server, "unshelve"), lambda: detach(site, server, data)] * 4)
        assert outcome(answers[::2])[0] <= 1, "one unshelve at most"
        outcome(answers)
        site.settle()
        assert site.problems() == []
        if site.show(server)["status"] != "ACTIVE":
            assert site.act(server, "unshelve").status_code == 202
            site.wait(server, "ACTIVE")
            site.settle()
        if attached(site, server):
            assert detach(site, server, data).status_code == 202
            site.settle()
        assert site.volume_status(data) == "available"


def test_two_swaps_of_one_volume_put_one_new_one_in_its_place(site: Cloud) -> None:
    (server,) = servers(site, 1)
    old, *new = [site.volume() for _ in range(5)]
    assert attach(site, server, old).status_code == 200
    site.settle()
    answers = at_once(*[lambda v=volume: swap(site, server, old, v) for volume in new * 2])
    accepted, _ = outcome(answers)
    assert accepted == 1
    site.settle()
    (present,) = attached(site, server)
    assert present in new
    statuses = Counter(site.volume_status(volume) for volume in (old, *new))
    assert statuses == {"in-use": 1, "available": 4}


def test_a_quota_lets_exactly_as_many_volumes_through_as_it_has_left(site: Cloud) -> None:
    project = site.moorage.session().get_project_id()

    def limit(count: int) -> None:
        body, path = {"quota_set": {"volumes": count}}, f"/os-quota-sets/{project}"
        assert site.moorage.call("PUT", "block-storage", path, body, cloud="moorage-admin").status_code == 200

    (row,) = site.rows(f"SELECT count(*) AS n FROM volumes WHERE project_id = '{project}'")
    limit(row["n"] + 3)
    body = {"volume": {"size": 1}}
    answers = at_once(*[lambda: site.moorage.call("POST", "block-storage", "/volumes", body)] * CLIENTS)
    assert outcome(answers) == (3, [413] * (CLIENTS - 3))
    limit(-1)


def test_a_quota_lets_exactly_one_server_through_to_its_last_place(site: Cloud) -> None:
    project = site.moorage.session().get_project_id()

    def limit(count: int) -> None:
        body, path = {"quota_set": {"instances": count}}, f"/os-quota-sets/{project}"
        assert site.moorage.call("PUT", "compute", path, body, cloud="moorage-admin").status_code == 200

    (row,) = site.rows(f"SELECT count(*) AS n FROM servers WHERE project_id = '{project}' AND deleted_at IS NULL")
    limit(row["n"] + 1)
    volumes = [site.volume() for _ in range(CLIENTS)]
    answers = at_once(*[lambda v=volume: create(site, v) for volume in volumes])
    assert outcome(answers) == (1, [403] * (CLIENTS - 1))
    limit(-1)
    site.settle()
    assert Counter(site.volume_status(volume) for volume in volumes) == {"in-use": 1, "available": CLIENTS - 1}


def flavor_of_all_memory(site: Cloud) -> str:
    """One that takes what the hypervisor has left, so that one server fits."""
    found = site.moorage.call("GET", "compute", "/os-hypervisors/detail", cloud="moorage-admin").json()
    (host,) = found["hypervisors"]
    size = {"ram": host["memory_mb"] - host["memory_mb_used"], "vcpus": 1, "disk": 0}
    body = {"flavor": {"name": ids.new(), **size}}
    made = site.moorage.call("POST", "compute", "/flavors", body, cloud="moorage-admin")
    return str(made.json()["flavor"]["id"])


def test_the_last_place_of_a_hypervisor_goes_to_exactly_one_server(site: Cloud) -> None:
    """As with Nova all are accepted, and those that found no place end in ERROR and hold nothing."""
    flavor, volumes = flavor_of_all_memory(site), [site.volume() for _ in range(CLIENTS)]
    answers = at_once(*[lambda v=volume: create(site, v, flavor) for volume in volumes])
    assert outcome(answers) == (CLIENTS, [])
    site.settle()
    made = [answer.json()["server"]["id"] for answer in answers]
    shown = [site.show(server) for server in made]
    assert Counter(server["status"] for server in shown) == {"ACTIVE": 1, "ERROR": CLIENTS - 1}
    faults = {server["fault"]["message"] for server in shown if server["status"] == "ERROR"}
    assert faults == {"No valid host was found. There are not enough hosts available."}
    assert Counter(site.volume_status(volume) for volume in volumes) == {"in-use": 1, "available": CLIENTS - 1}
    assert site.problems() == []
    for server in made:
        site.delete(server)
    site.settle()
    last = create(site, volumes[0], flavor).json()["server"]["id"]
    assert site.wait(last, "ACTIVE"), "the winner's place is free again"
    site.delete(last)
    site.wait(last, "GONE")


def test_sixteen_clients_in_a_loop_leave_records_that_agree(site: Cloud) -> None:
    """Each attaches and detaches whatever volume to whatever server: nothing but success or a clear refusal."""
    made, volumes = servers(site, 3), [site.volume() for _ in range(4)]
    codes: Counter[int] = Counter()

    def loop(number: int) -> None:
        for turn in range(6):
            server, volume = made[(number + turn) % 3], volumes[(number * 3 + turn) % 4]
            answer = attach(site, server, volume) if (number + turn) % 2 else detach(site, server, volume)
            codes[answer.status_code] += 1

    at_once(*[lambda n=number: loop(n) for number in range(CLIENTS)])
    assert set(codes) <= {200, 202, 400, 404, 409}, codes
    assert codes[200], codes
    site.settle()
    assert site.problems() == []
    for volume in volumes:
        holders = [server for server in made if volume in attached(site, server)]
        assert len(holders) == (1 if site.volume_status(volume) == "in-use" else 0)
    for server in made:
        site.delete(server)
        eventually(lambda s=server: site.show(s)["status"] == "GONE")
