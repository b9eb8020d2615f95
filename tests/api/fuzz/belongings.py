"""What the callers have: things whose ids fill the paths, made again as soon as a request has spoilt them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from moorage import ids
from moorage.store.tables import metadata
from tests.api.fuzz.people import MINE, People, secret
from tests.support.inside import Inside

_OWNER = ("project_id", "owner", "tenant_id")
_NOT_COMPARED = frozenset({"operations", "instance_actions", "action_events", "tokens", "revocations", "user_roles"})
"""Tables of what was asked for, not of what is."""
_REFERENCES = {
    "flavorRef": "victim-flavor", "uuid": "disk", "volume_id": "volume", "volumeId": "volume",
    "volume_uuid": "volume", "imageRef": "image", "image_id": "image", "snapshot_id": "snapshot",
    "source_volid": "volume", "server_id": "server", "instance_uuid": "server", "user_id": "victim-user",
    "project_id": "victim-project", "tenant": "victim-project", "domain_id": "victim-domain",
    "role_id": "victim-role", "member": "victim-project", "volume_type": "victim-type",
    "new_type": "victim-type", "project": "victim-project",
}  # fmt: skip
"""Fields of bodies that name something, and what."""


class Belongings:
    """Ids by name of path parameter, for a member of project ``mine`` and for victims that admins may spoil."""

    def __init__(self, site: Inside, people: People) -> None:
        self._site = site
        self._people = people
        self.secret = secret()
        self._known: dict[str, str] = {}
        self._makers: dict[str, tuple[Callable[[], str], str, str]] = {
            "volume": (self._volume, "volume", "/volumes/{}"),
            "disk": (self._disk, "volume", "/volumes/{}"),
            "server": (self._server, "compute", "/servers/{}"),
            "snapshot": (self._snapshot, "volume", "/snapshots/{}"),
            "image": (self._image, "image", "/images/{}"),
            "group": (self._server_group, "compute", "/os-server-groups/{}"),
            "keypair": (self._keypair, "compute", "/os-keypairs/{}"),
            "victim-user": (lambda: self._identity("user"), "identity", "/users/{}"),
            "victim-project": (lambda: self._identity("project"), "identity", "/projects/{}"),
            "victim-group": (lambda: self._identity("group"), "identity", "/groups/{}"),
            "victim-role": (lambda: self._identity("role"), "identity", "/roles/{}"),
            "victim-domain": (lambda: self._identity("domain"), "identity", "/domains/{}"),
            "victim-flavor": (self._flavor, "compute", "/flavors/{}"),
            "victim-type": (self._type, "volume", "/types/{}"),
            "victim-qos": (self._qos, "volume", "/qos-specs/{}"),
        }

    def ensure(self) -> None:
        """Everything is there, and the member's are as the member made them."""
        for name, (make, service, path) in self._makers.items():
            if not self._is_intact(name, service, path):
                self._known[name] = make()

    def ids(self, service: str, parameter: str) -> list[str]:
        """What a path parameter may be filled with; for one that is not known, the ids of the member's rows."""
        known = self._known
        by_name = {
            "server_id": ["server"], "volume_id": ["volume", "disk"], "id": ["volume", "disk"],
            "snapshot_id": ["snapshot"], "image_id": ["image"], "user_id": ["victim-user"],
            "project_id": ["victim-project"], "role_id": ["victim-role"], "domain_id": ["victim-domain"],
            "group_id": ["victim-group"] if service == "identity" else ["group"], "flavor_id": ["victim-flavor"],
            "type_id": ["victim-type"], "spec_id": ["victim-qos"], "name": ["keypair"], "member_id": ["victim-project"],
        }  # fmt: skip
        if parameter in by_name:
            return [known[name] for name in by_name[parameter]]
        return [str(row["id"]) for row in self._rows() if "id" in row] or [ids.new()]

    def fill(self, value: Any, chance: Callable[[], bool]) -> Any:
        """A body with some of its references to things leading to things that are there."""
        if isinstance(value, list):
            return [self.fill(item, chance) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self._known[_REFERENCES[name]] if name in _REFERENCES and chance() else self.fill(inner, chance)
            for name, inner in value.items()
        }

    def digest(self) -> dict[str, str]:
        """A mark of every row of the member's project, by table and key."""
        found = {}
        for row in self._rows():
            table = row.pop("table")
            text = repr(sorted(row.items()))
            found[f"{table} {row.get('id', text)}"] = hashlib.sha256(text.encode()).hexdigest()
        return found

    def _rows(self) -> list[dict[str, Any]]:
        mine, rows = self._people.projects[MINE], list[dict[str, Any]]()
        with self._site.moorage.store.read() as tx:
            for table in metadata.sorted_tables:
                owner = next((table.c[name] for name in _OWNER if name in table.c), None)
                if owner is None or table.name in _NOT_COMPARED:
                    continue
                for row in tx.execute(sa.select(table).where(owner == mine)):
                    rows.append({"table": table.name, **row._mapping})
        return rows

    def _is_intact(self, name: str, service: str, path: str) -> bool:
        if name not in self._known:
            return False
        who = self._people.tokens["admin" if name.startswith("victim") else "member"]
        answer = self._site.call(who, "GET", service, path.format(self._known[name]))
        if name.startswith("victim") or answer.status_code != 200:
            return bool(answer.status_code == 200)
        text = answer.text
        is_private = '"visibility":"private"' in text or name != "image"
        is_marked = self.secret in text or name == "keypair"
        return is_marked and is_private and not any(f'"status":"{bad}"' in text for bad in ("error", "ERROR"))

    def _post(self, who: str, service: str, path: str, body: Any, noun: str) -> dict[str, Any]:
        made = self._site.call(self._people.tokens[who], "POST", service, path, body)
        assert made.status_code < 300, f"{path}: {made.status_code} {made.text}"
        found: dict[str, Any] = made.json()[noun] if noun else made.json()
        return found

    def _volume(self) -> str:
        body = {"volume": {"size": 1, "name": self.secret, "metadata": {"k": self.secret}}}
        volume_id = str(self._post("member", "volume", "/volumes", body, "volume")["id"])
        self._site.until(self._people.tokens["member"], "volume", f"/volumes/{volume_id}", "available")
        return volume_id

    def _disk(self) -> str:
        """A volume that a server boots from."""
        volume_id = self._volume()
        body = {"os-set_bootable": {"bootable": True}}
        self._site.call(self._people.tokens["member"], "POST", "volume", f"/volumes/{volume_id}/action", body)
        return volume_id

    def _server(self) -> str:
        disk = {"uuid": self._disk(), "source_type": "volume", "destination_type": "volume", "boot_index": 0}
        self._known["disk"] = str(disk["uuid"])
        server = {
            "name": self.secret, "flavorRef": "5", "metadata": {"k": self.secret}, "block_device_mapping_v2": [disk]
        }  # fmt: skip
        server_id = str(self._post("member", "compute", "/servers", {"server": server}, "server")["id"])
        self._site.until(self._people.tokens["member"], "compute", f"/servers/{server_id}", "ACTIVE")
        return server_id

    def _snapshot(self) -> str:
        body = {"snapshot": {"volume_id": self._volume(), "name": self.secret}}
        snapshot_id = str(self._post("member", "volume", "/snapshots", body, "snapshot")["id"])
        self._site.until(self._people.tokens["member"], "volume", f"/snapshots/{snapshot_id}", "available")
        return snapshot_id

    def _image(self) -> str:
        body = {"name": self.secret, "disk_format": "raw", "container_format": "bare", "visibility": "private"}
        return str(self._post("member", "image", "/images", body, "")["id"])

    def _server_group(self) -> str:
        body = {"server_group": {"name": self.secret, "policies": ["affinity"]}}
        return str(self._post("member", "compute", "/os-server-groups", body, "server_group")["id"])

    def _keypair(self) -> str:
        body = {"keypair": {"name": f"key-{ids.new()}"}}
        return str(self._post("member", "compute", "/os-keypairs", body, "keypair")["name"])

    def _identity(self, noun: str) -> str:
        return str(self._post("admin", "identity", f"/{noun}s", {noun: {"name": secret()}}, noun)["id"])

    def _flavor(self) -> str:
        body = {"flavor": {"name": secret(), "ram": 64, "vcpus": 1, "disk": 0}}
        return str(self._post("admin", "compute", "/flavors", body, "flavor")["id"])

    def _type(self) -> str:
        return str(self._post("admin", "volume", "/types", {"volume_type": {"name": secret()}}, "volume_type")["id"])

    def _qos(self) -> str:
        return str(self._post("admin", "volume", "/qos-specs", {"qos_specs": {"name": secret()}}, "qos_specs")["id"])
