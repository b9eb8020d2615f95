"""A real guest through its life: its boot counter lives on its volume and outlasts everything."""

from __future__ import annotations

import os
import signal

from tests.support.real_cloud import RealCloud


def test_the_boot_counter_outlives_stop_reboot_shelve_unshelve_and_a_swap(site: RealCloud) -> None:
    root = site.volume("A")
    server = site.server([root])
    site.wait(server, "ACTIVE")
    site.until_booted(server, 1)
    soft, hard = {"type": "SOFT"}, {"type": "HARD"}
    for action, value in (("os-stop", None), ("os-start", None), ("reboot", soft), ("reboot", hard)):
        assert site.act(server, action, value).status_code == 202
        site.settle()
        assert site.problems() == []
    site.until_booted(server, 4)
    assert site.act(server, "shelve").status_code == 202
    site.wait(server, "SHELVED_OFFLOADED")
    site.settle()
    assert site.host.states() == {}
    assert site.act(server, "unshelve").status_code == 202
    site.wait(server, "ACTIVE")
    site.until_booted(server, 5)
    new = site.volume("B")
    body = {"volumeAttachment": {"volumeId": new}}
    path = f"/servers/{server}/os-volume_attachments/{root}"
    assert site.moorage.call("PUT", "compute", path, body, cloud="moorage-admin").status_code == 202
    site.settle()
    assert site.problems() == []
    assert (site.volume_status(root), site.volume_status(new)) == ("available", "in-use")
    assert site.act(server, "reboot", {"type": "HARD"}).status_code == 202
    site.settle()
    site.until_booted(server, 6)
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
    assert site.host.states() == {}


def test_a_guest_that_ends_by_itself_is_shown_as_shut_off_and_starts_again(site: RealCloud) -> None:
    server = site.server([site.volume("A")])
    site.wait(server, "ACTIVE")
    site.until_booted(server, 1)
    os.kill(site.host.pid(server), signal.SIGTERM)
    site.wait(server, "SHUTOFF")
    assert site.problems() == []
    assert site.act(server, "os-start").status_code == 202
    site.wait(server, "ACTIVE")
    site.until_booted(server, 2)


def test_a_volume_backed_server_is_rescued_by_an_image_that_says_how(site: RealCloud) -> None:
    server = site.server([site.volume("A")])
    site.wait(server, "ACTIVE")
    site.until_booted(server, 1)
    plain = site.tiny_image("RESCUE")
    assert site.act(server, "rescue", {"rescue_image_ref": plain}, version="2.87").status_code == 400
    ready = site.tiny_image("RESCUE", hw_rescue_bus="sata", hw_rescue_device="disk")
    assert site.act(server, "rescue", {"rescue_image_ref": ready}, version="2.86").status_code == 400
    assert site.act(server, "rescue", {"rescue_image_ref": ready}, version="2.87").status_code == 200
    site.wait(server, "RESCUE")
    site.until_booted(server, 1, "RESCUE")
    site.settle()
    assert site.problems() == []
    assert site.act(server, "unrescue").status_code == 202
    site.wait(server, "ACTIVE")
    site.until_booted(server, 2, "A")
