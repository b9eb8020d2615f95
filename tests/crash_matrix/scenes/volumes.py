"""Operations on volumes, and on volumes of a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.crash_matrix.scene import WITH_GUESTS, Scene
from tests.crash_matrix.scenes import servers
from tests.support.clouds import Cloud


class Stage:
    """A server and two volumes, ``a`` attached or not."""

    def __init__(self, site: Cloud, *, is_attached: bool) -> None:
        self.site = site
        self.server = servers.server(site)
        self.a, self.b = site.volume("a"), site.volume("b")
        if is_attached:
            assert self.ask("POST", other=self.a).status_code == 200
            site.settle()

    def ask(self, method: str, volume: str = "", other: str = "") -> Any:
        path = f"/servers/{self.server}/os-volume_attachments" + (f"/{volume}" if volume else "")
        body = {"volumeAttachment": {"volumeId": other}} if other else None
        return self.site.moorage.call(method, "compute", path, body, version="2.60", cloud="moorage-admin")


def _change(method: str, *words: str) -> Callable[[Cloud, Stage], None]:
    def play(_site: Cloud, stage: Stage) -> None:
        given = [getattr(stage, word) if word else "" for word in words]
        answer = stage.ask(method, *given)
        assert answer.status_code in (200, 202), answer.text

    return play


def _statuses(site: Cloud, stage: Stage) -> str:
    return (
        f"a {site.volume_status(stage.a)}, b {site.volume_status(stage.b)}, server {servers.state(site, stage.server)}"
    )


def _strike_stage(site: Cloud, stage: Stage) -> None:
    servers.remove(site, stage.server)
    for volume in (stage.a, stage.b):
        _remove(site, volume)


def _remove(site: Cloud, volume: str) -> None:
    if site.volume_status(volume) in ("gone", "deleting"):
        site.settle()
        return
    for snapshot in site.rows(f"SELECT id FROM snapshots WHERE volume_id = '{volume}'"):
        body = {"os-force_delete": {}}
        path = f"/snapshots/{snapshot['id']}/action"
        site.moorage.call("POST", "block-storage", path, body, cloud="moorage-admin")
    site.settle()
    if site.volume_status(volume) == "error_deleting":
        body = {"os-force_delete": {}}
        deleted = site.moorage.call("POST", "block-storage", f"/volumes/{volume}/action", body, cloud="moorage-admin")
    else:
        deleted = site.moorage.call("DELETE", "block-storage", f"/volumes/{volume}")
    assert deleted.status_code == 202, deleted.text
    site.settle()


def _attachment(kind: str, name: str, play: Callable[[Cloud, Stage], None], *, is_attached: bool, **more: Any) -> Scene:
    return Scene(
        name=name, kind=kind, arrange=lambda site: Stage(site, is_attached=is_attached), play=play, end=_statuses,
        clear=_strike_stage, **more,
    )  # fmt: skip


class Made:
    """A volume, and what was made of it."""

    def __init__(self, volume: str = "") -> None:
        self.volume, self.snapshot = volume, ""


def _ask_volume(path: str, body: Any, method: str = "POST") -> Callable[[Cloud, Made], None]:
    def play(site: Cloud, made: Made) -> None:
        answer = site.moorage.call(
            method, "block-storage", path.format(volume=made.volume, snapshot=made.snapshot), body, version="3.60"
        )
        assert answer.status_code in (200, 202), answer.text
        if path == "/volumes":
            made.volume = answer.json()["volume"]["id"]

    return play


def _with_snapshot(site: Cloud) -> Made:
    made = Made(site.volume())
    body = {"snapshot": {"volume_id": made.volume, "name": "x"}}
    made.snapshot = site.moorage.call("POST", "block-storage", "/snapshots", body).json()["snapshot"]["id"]
    site.settle()
    return made


def _volume_end(site: Cloud, made: Made) -> str:
    snapshots = site.rows(f"SELECT status FROM snapshots WHERE volume_id = '{made.volume}'")
    rows = site.rows(f"SELECT size_gib FROM volumes WHERE id = '{made.volume}'")
    size = f" of {rows[0]['size_gib']} GiB" if rows else ""
    return f"{site.volume_status(made.volume)}{size}, snapshots {[row['status'] for row in snapshots]}"


def _volume(
    kind: str, path: str, body: Any, method: str = "POST", *, snapshot: bool = False, new: bool = False, **more: Any
) -> Scene:
    def arrange(site: Cloud) -> Made:
        return Made() if new else _with_snapshot(site) if snapshot else Made(site.volume())

    return Scene(
        name=kind, kind=kind, arrange=arrange, play=_play_in(path, body, method), end=_volume_end,
        clear=lambda site, made: _remove(site, made.volume), drivers=("sim",), **more,
    )  # fmt: skip


def _play_in(path: str, body: Any, method: str) -> Callable[[Cloud, Made], None]:
    def play(site: Cloud, made: Made) -> None:
        given = {"snapshot": {"volume_id": made.volume}} if body == "snapshot" else body
        _ask_volume(path, given, method)(site, made)

    return play


_ACTION = "/volumes/{volume}/action"
_UPLOAD = {"os-volume_upload_image": {"image_name": "x", "disk_format": "raw", "container_format": "bare"}}
SCENES = [
    _attachment("attach_volume", "attach", _change("POST", "", "a"), is_attached=False, drivers=WITH_GUESTS),
    _attachment("detach_volume", "detach", _change("DELETE", "a"), is_attached=True, drivers=WITH_GUESTS),
    _attachment("swap_volume", "swap", _change("PUT", "a", "b"), is_attached=True, drivers=("sim", "libvirt")),
    _attachment(
        "swap_volume", "swap that the driver lacks", _change("PUT", "a", "b"), is_attached=True,
        drivers=("dpm", "dpm-groups"),
    ),
    _volume("create_volume", "/volumes", {"volume": {"size": 1}}, new=True),
    _volume("delete_volume", "/volumes/{volume}", None, "DELETE"),
    _volume("extend_volume", _ACTION, {"os-extend": {"new_size": 2}}),
    _volume("upload_volume", _ACTION, _UPLOAD, patience_s=200.0),
    _volume("create_snapshot", "/snapshots", "snapshot"),
    _volume("delete_snapshot", "/snapshots/{snapshot}", None, "DELETE", snapshot=True),
]  # fmt: skip
