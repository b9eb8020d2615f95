"""Block storage on a files backend, its operations carried out in the test process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from moorage import ids
from moorage.api.images import SERVICE as IMAGES
from moorage.api.volumes import SERVICE
from moorage.drivers.fcarray import Faults, FcArray, snapshot
from moorage.drivers.files import FileVolumes
from moorage.volumes.service import types
from moorage.workflows.world import World
from tests.support.app import make_client
from tests.support.engine import running
from tests.support.process import eventually

OTHER = "q" * 32


class Cloud:
    """Requests as a role of a project, at a microversion."""

    def __init__(self, client: TestClient, world: World) -> None:
        self.project = ids.new_hex()
        self.client = client
        self.world = world
        self.store = world.store

    def ask(
        self, method: str, path: str, body: Any = None, *, role: str = "member", project: str | None = None,
        version: str = "3.71", **headers: str,
    ) -> Any:  # fmt: skip
        sent = {
            "X-Auth-Token": f"{role}:{project or self.project}",
            "OpenStack-API-Version": f"volume {version}",
            **headers,
        }
        return self.client.request(method, f"/volume/v3{path}", json=body, headers=sent)

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Any:
        return self.ask("POST", path, body, **options)

    def put(self, path: str, body: Any, **options: Any) -> Any:
        return self.ask("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.ask("DELETE", path, **options)

    def volume(self, **fields: Any) -> dict[str, Any]:
        """A new volume of one GiB, once it is available."""
        answer = self.post("/volumes", {"volume": {"size": 1, **fields}})
        assert answer.status_code == 202, answer.text
        return self.settled(f"/volumes/{answer.json()['volume']['id']}")

    def snapshot(self, volume_id: str, **fields: Any) -> dict[str, Any]:
        answer = self.post("/snapshots", {"snapshot": {"volume_id": volume_id, **fields}})
        assert answer.status_code == 202, answer.text
        return self.settled(f"/snapshots/{answer.json()['snapshot']['id']}")

    def settled(self, path: str, *statuses: str) -> dict[str, Any]:
        """The resource once its status is one of those wanted (default: available)."""

        def look() -> Any:
            (found,) = self.get(path, role="admin").json().values()
            return found if found["status"] in (statuses or ("available",)) else None

        found: dict[str, Any] = eventually(look, what=f"{path} in {statuses or 'available'}")
        return found

    def gone(self, path: str) -> None:
        eventually(lambda: self.get(path).status_code == 404, what=f"{path} is gone")

    def act(self, volume_id: str, action: str, value: Any = None, **options: Any) -> Any:
        return self.post(f"/volumes/{volume_id}/action", {action: value}, **options)

    def masks(self, volume_id: str) -> list[str]:
        """The WWPNs the array lets at a volume."""
        found = snapshot(self.array)
        initiators = {host["name"]: host["initiators"] for host in found["hosts"]}
        hosts = [mask["host"] for mask in found["masks"] if mask["volume_id"] == volume_id]
        return sorted(wwpn for host in hosts for wwpn in initiators[host])

    @property
    def array(self) -> Path:
        path: Path = self.world.image_dir.parent / "array.db"
        return path

    def faults(self) -> Faults:
        return Faults(self.array)

    def attachment(self, volume_id: str, **fields: Any) -> dict[str, Any]:
        answer = self.post("/attachments", {"attachment": {"volume_uuid": volume_id, **fields}})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["attachment"]
        return found


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, World]]:
    """One database, one engine and one backend for all tests here; each test has a project of its own."""
    tmp_path = tmp_path_factory.mktemp("house")
    backends = {"files": FileVolumes("files", tmp_path / "pool"), "array": FcArray("array", tmp_path / "array.db")}
    client = make_client(tmp_path, SERVICE, IMAGES, backends=backends)
    services = client.services  # type: ignore[attr-defined]
    with services.store.write() as tx:
        types.ensure_defaults(tx, list(backends))
    world = World(store=services.store, hypervisor=None, backends=backends, image_dir=services.image_dir)  # type: ignore[arg-type]
    with running(tmp_path, world):
        yield client, world
    services.store.close()


@pytest.fixture
def cloud(house: tuple[TestClient, World]) -> Cloud:
    return Cloud(*house)


@pytest.fixture
def image(cloud: Cloud) -> Callable[..., str]:
    """Makes active images through the image service."""

    def make(content: bytes = b"moorage" * 1000, **fields: Any) -> str:
        headers = {"X-Auth-Token": f"member:{cloud.project}"}
        body = {"name": "img", "disk_format": "raw", "container_format": "bare", "visibility": "private", **fields}
        answer = cloud.client.post("/image/v2/images", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        image_id: str = answer.json()["id"]
        sent = {**headers, "Content-Type": "application/octet-stream"}
        done = cloud.client.put(f"/image/v2/images/{image_id}/file", content=content, headers=sent)
        assert done.status_code == 204, done.text
        return image_id

    return make
