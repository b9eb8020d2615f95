"""A whole Moorage in the test process, with an image registered for both plugins and nothing made in the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.data_processing import NETWORKS
from tests.support.inside import Inside, inside

NUMBERS = itertools.count()
OPTIONS = f"""\
[DEFAULT]
compute_driver = sim
[volumes]
enabled_backends = fcarray, files
[sim]
guests_report = false
{NETWORKS}"""


class Api:
    """The data-processing service as one user sees it."""

    def __init__(self, house: Inside, cloud: str = "moorage") -> None:
        self.house = house
        self.token = house.token(cloud)
        self.network = house.call(self.token, "GET", "network", "/networks").json()["networks"][0]["id"]

    def call(self, method: str, path: str, body: Any = None, *, root: str = "/v2", version: str = "") -> Any:
        headers = {"X-Auth-Token": self.token}
        if version:
            headers["OpenStack-API-Version"] = f"data-processing {version}"
        return self.house.client.request(method, f"/data-processing{root}{path}", json=body, headers=headers)

    def ok(self, method: str, path: str, body: Any = None, status: int = 202, **where: Any) -> Any:
        answer = self.call(method, path, body, **where)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any, name: str, status: int = 400, **where: Any) -> str:
        """The message of a refusal that is called ``name``."""
        answer = self.call(method, path, body, **where)
        assert (answer.status_code, answer.json().get("error_name")) == (status, name), answer.text
        assert answer.json()["error_code"] == status
        message: str = answer.json()["error_message"]
        assert "\nError ID: " in message
        return message

    def image(self, *tags: str) -> str:
        about = {"name": "nodes", "disk_format": "raw", "container_format": "bare"}
        image_id: str = self.house.call(self.token, "POST", "image", "/images", about).json()["id"]
        headers = {"X-Auth-Token": self.token, "Content-Type": "application/octet-stream"}
        sent = self.house.client.put(f"/image/v2/images/{image_id}/file", content=b"\0" * 512, headers=headers)
        assert sent.status_code == 204, sent.text
        self.ok("POST", f"/images/{image_id}", {"username": "ubuntu"})
        self.ok("PUT", f"/images/{image_id}/tags", {"tags": list(tags)}, 200)
        return image_id

    def template(self, **fields: Any) -> dict[str, Any]:
        """A node group template's body with a name of its own."""
        return {
            "name": f"t{next(NUMBERS)}", "plugin_name": "generic", "plugin_version": "1.0", "flavor_id": "1",
            "node_processes": ["worker"], **fields,
        }  # fmt: skip

    def cluster(self, image: str, *groups: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return {
            "name": f"c{next(NUMBERS)}", "plugin_name": "generic", "plugin_version": "1.0", "default_image_id": image,
            "neutron_management_network": self.network, "node_groups": list(groups) or [self.group()], **fields,
        }  # fmt: skip

    def group(self, name: str = "w", **fields: Any) -> dict[str, Any]:
        return {
            "name": name, "count": 1, "flavor_id": "1", "node_processes": ["worker"], "boot_from_volume": True,
            **fields,
        }  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    with inside(tmp_path_factory.mktemp("clusters"), OPTIONS) as made:
        yield made


@pytest.fixture(scope="module")
def api(house: Inside) -> Api:
    return Api(house)


@pytest.fixture(scope="module")
def admin(house: Inside) -> Api:
    return Api(house, "moorage-admin")


@pytest.fixture(scope="module")
def image(api: Api) -> str:
    return api.image("generic", "spark", "3.5.5")
