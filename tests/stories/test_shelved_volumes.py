"""The story of volume operations on a shelved server, told with the unmodified openstack command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clouds import Cloud, cloud
from tests.support.partitions import boot_path

JSON = ("-f", "json")


@pytest.fixture(params=["sim", pytest.param("dpm", marks=pytest.mark.long), "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path, request.param) as made:
        yield made


def masked(site: Cloud, server: str) -> set[str]:
    return {mask["volume_id"] for mask in site.array()["masks"] if mask["host"] == server}


def swap(site: Cloud, server: str, old: str, new: str) -> None:
    """The command has no verb for a swap; this is the request the API documents."""
    path = f"/servers/{server}/os-volume_attachments/{old}"
    answer = site.moorage.call("PUT", "compute", path, {"volumeAttachment": {"volumeId": new}}, version="2.60")
    assert answer.status_code == 202, answer.text


def test_shelve_detach_attach_two_swap_one_swap_the_root_unshelve(site: Cloud) -> None:
    run = site.moorage.openstack
    root, first, second, third, other, new_root = (site.volume(name) for name in ("r", "a", "b", "c", "d", "n"))
    server = site.server([root, first])
    site.wait(server, "ACTIVE")
    run("server", "shelve", server)
    site.wait(server, "SHELVED_OFFLOADED")
    site.settle()
    assert masked(site, server) == set()
    assert site.problems() == []

    run("server", "remove", "volume", server, "a")
    run("server", "add", "volume", server, "b")
    run("server", "add", "volume", server, "c")
    swap(site, server, second, other)
    swap(site, server, root, new_root)
    site.settle()
    assert masked(site, server) == set()
    assert [site.volume_status(v) for v in (root, first, second)] == ["available"] * 3
    assert [site.volume_status(v) for v in (third, other)] == ["in-use"] * 2

    run("server", "unshelve", server)
    site.wait(server, "ACTIVE")
    site.settle()
    listed = run("server", "volume", "list", server, *JSON)
    assert {entry["Volume ID"] for entry in listed} == {new_root, third, other}
    assert len({entry["Device"] for entry in listed}) == 3
    assert all(entry["Device"].startswith("/dev/vd") for entry in listed)
    assert masked(site, server) == {new_root, third, other}
    if site.hmc is not None:
        (mask,) = [mask for mask in site.array()["masks"] if mask["volume_id"] == new_root]
        assert boot_path(site.hmc.controls.state(), server).lun == mask["lun16"]
    assert site.problems() == []
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
