"""Do servers show up in quotas, hypervisors and usage reports?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from starlette.testclient import TestClient

from moorage import clock, errors, ids
from moorage.compute.model.guest import HostState
from moorage.compute.service import quotas, services
from moorage.store.tables.compute import servers
from moorage.store.tables.compute import services as services_table
from tests.api.compute.conftest import HOST

PROJECT = "b" * 32
ADMIN = {"X-Auth-Token": f"admin:{PROJECT}"}


def add_server(client: TestClient, **values: Any) -> str:
    flavor = {"id": "3", "name": "m1.medium", "vcpus": 2, "ram": 4096, "disk": 40, "ephemeral": 5, "extra_specs": {}}
    row = {
        "id": ids.new(), "project_id": PROJECT, "user_id": "u", "name": "web", "hostname": "web", "vm_state": "active",
        "flavor": flavor, "vcpus": 2, "ram_mib": 4096, "driver": "sim", "host": "cpc1", "created_at": clock.now(),
        "launched_at": clock.now() - dt.timedelta(hours=2), **values,
    }  # fmt: skip
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        tx.execute(servers.insert().values(row))
    return str(row["id"])


def get(client: TestClient, path: str, version: str = "2.96") -> Any:
    response = client.get(f"/compute/v2.1{path}", headers={**ADMIN, "OpenStack-API-Version": f"compute {version}"})
    assert response.status_code == 200, response.text
    return response.json()


def test_quota_counts_living_servers_only(client: TestClient) -> None:
    add_server(client)
    add_server(client, vm_state="shelved_offloaded", host=None)
    add_server(client, vm_state="soft-delete")
    add_server(client, vm_state="deleted", deleted_at=clock.now())
    add_server(client, project_id="c" * 32)
    used = get(client, "/limits")["limits"]["absolute"]
    assert (used["totalInstancesUsed"], used["totalCoresUsed"], used["totalRAMUsed"]) == (2, 4, 8192)


def test_check_names_every_exceeded_resource_as_nova_does(client: TestClient) -> None:
    add_server(client)
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        quotas.set_limits(tx, PROJECT, {"cores": 3, "instances": 1})
        quotas.check(tx, PROJECT, cores=1)
        with pytest.raises(errors.OverQuota) as caught:
            quotas.check(tx, PROJECT, instances=1, cores=2, ram_mib=4096)
        quotas.set_limits(tx, PROJECT, {"cores": -1, "instances": -1})
        quotas.check(tx, PROJECT, instances=100, cores=200)
    assert caught.value.message == (
        "Quota exceeded for cores, instances: Requested 2, 1, but already used 2, 1 of 3, 1 cores, instances"
    )


def test_limit_below_usage_needs_force(client: TestClient) -> None:
    add_server(client)
    path, body = f"/compute/v2.1/os-quota-sets/{PROJECT}", {"quota_set": {"cores": 1}}
    assert client.put(path, json=body, headers=ADMIN).status_code == 400
    body["quota_set"]["force"] = True
    assert client.put(path, json=body, headers=ADMIN).json()["quota_set"]["cores"] == 1


def test_project_limits_go_before_the_default_class_until_deleted(client: TestClient) -> None:
    path = f"/compute/v2.1/os-quota-sets/{PROJECT}"
    client.put(path, json={"quota_set": {"cores": 5}}, headers=ADMIN)
    client.put(
        "/compute/v2.1/os-quota-class-sets/default", json={"quota_class_set": {"cores": 7, "ram": 8}}, headers=ADMIN
    )
    shown = client.get(path, headers=ADMIN).json()["quota_set"]
    assert (shown["cores"], shown["ram"]) == (5, 8)
    client.delete(path, headers=ADMIN)
    assert client.get(path, headers=ADMIN).json()["quota_set"]["cores"] == 7


def test_hypervisor_shows_what_its_servers_take(client: TestClient) -> None:
    here = add_server(client, task_state="powering-off")
    add_server(client, image_ref=ids.new())
    add_server(client, host="elsewhere")
    (found,) = get(client, "/os-hypervisors/detail?with_servers=true", "2.87")["hypervisors"]
    assert (found["vcpus_used"], found["memory_mb_used"], found["free_ram_mb"]) == (4, 8192, 65536 - 8192)
    assert (found["running_vms"], found["current_workload"], found["local_gb_used"]) == (2, 1, 5 + 45)
    assert {"name": f"instance-{here[:8]}", "uuid": here} in found["servers"]
    assert get(client, "/os-hypervisors/statistics", "2.87")["hypervisor_statistics"]["vcpus_used"] == 4


def test_service_with_servers_cannot_be_deleted(client: TestClient) -> None:
    server_id = add_server(client)
    headers = {**ADMIN, "OpenStack-API-Version": "compute 2.53"}
    (service,) = get(client, "/os-services?binary=nova-compute")["services"]
    assert client.delete(f"/compute/v2.1/os-services/{service['id']}", headers=headers).status_code == 409
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        tx.execute(servers.update().where(servers.c.id == server_id).values(deleted_at=clock.now()))
    assert client.delete(f"/compute/v2.1/os-services/{service['id']}", headers=headers).status_code == 204
    assert get(client, "/os-hypervisors")["hypervisors"] == []


def test_hypervisor_that_the_driver_misses_is_down(client: TestClient) -> None:
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        other = HostState(name="cpc2", hypervisor_type="sim", version=1, vcpus=1, memory_mib=1, disk_gib=0)
        services.register_hosts(tx, "sim", [other])
    found = {one["hypervisor_hostname"]: one["state"] for one in get(client, "/os-hypervisors")["hypervisors"]}
    assert found == {"cpc1": "down", "cpc2": "up"}


def test_registering_again_keeps_ids_and_what_operators_set(client: TestClient) -> None:
    before = get(client, "/os-services")["services"]
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        services.change(tx, services.compute_on(tx, "cpc1", "nova-compute"), disabled=True, disabled_reason="repair")
        services.register_hosts(tx, "sim", [HOST])
    after = get(client, "/os-services")["services"]
    assert [one["id"] for one in after] == [one["id"] for one in before]
    (compute,) = (one for one in after if one["binary"] == "nova-compute")
    assert (compute["status"], compute["disabled_reason"]) == ("disabled", "repair")


def test_silent_process_is_down_but_this_one_is_up(client: TestClient) -> None:
    long_ago = clock.now() - dt.timedelta(minutes=5)
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        row = {"id": ids.new(), "host": "gone", "binary": "nova-conductor", "zone": "internal"}
        tx.execute(services_table.insert().values(updated_at=long_ago, **row))
        tx.execute(services_table.update().values(updated_at=long_ago))
    states = {one["host"]: one["state"] for one in get(client, "/os-services?binary=nova-conductor")["services"]}
    assert states == {"gone": "down", services.process_host(): "up"}


def test_a_process_that_goes_on_reporting_is_up(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        row = {"id": ids.new(), "host": "far", "binary": "nova-conductor", "zone": "internal"}
        tx.execute(services_table.insert().values(updated_at=clock.now() - dt.timedelta(minutes=5), **row))
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(services, "process_host", lambda: "far")
            services.report_process(tx)
    states = {one["host"]: one["state"] for one in get(client, "/os-services?binary=nova-conductor")["services"]}
    assert states == {"far": "up", services.process_host(): "up"}


def test_disabled_hosts_make_their_zone_unavailable(client: TestClient) -> None:
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        services.change(tx, services.compute_on(tx, "cpc1", "nova-compute"), disabled=True)
    (zone,) = get(client, "/os-availability-zone")["availabilityZoneInfo"]
    assert zone == {"zoneName": "nova", "zoneState": {"available": False}, "hosts": None}


def test_usage_counts_hours_within_the_period(client: TestClient) -> None:
    now = clock.now()
    ended = {"terminated_at": now - dt.timedelta(hours=1), "deleted_at": now, "vm_state": "deleted"}
    add_server(client, launched_at=now - dt.timedelta(hours=2), **ended)
    add_server(client, launched_at=None)
    start = (now - dt.timedelta(hours=1, minutes=30)).isoformat()
    usage = get(client, f"/os-simple-tenant-usage/{PROJECT}?start={start}")["tenant_usage"]
    assert usage["total_hours"] == pytest.approx(0.5, abs=0.01)
    assert usage["total_vcpus_usage"] == pytest.approx(1.0, abs=0.02)
    (server,) = usage["server_usages"]
    assert (server["state"], server["flavor"], server["uptime"]) == ("terminated", "m1.medium", 3600)


def test_usage_pages_over_servers(client: TestClient) -> None:
    made = {add_server(client) for _ in range(3)}
    path, seen = "/os-simple-tenant-usage?start=2020-01-01T00:00:00&detailed=1&limit=2", set()
    while path:
        page = get(client, path)
        seen |= {server["instance_id"] for one in page["tenant_usages"] for server in one["server_usages"]}
        link = page.get("tenant_usages_links", [{"href": ""}])[0]["href"]
        path = link.removeprefix("http://moorage.test/compute/v2.1")
    assert seen == made
