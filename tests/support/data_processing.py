"""Data processing on a whole cloud: what has to be there first, and what tests of clusters ask for again and again."""

from __future__ import annotations

from typing import Any

from moorage.mock_hmc.machines import object_id
from tests.support.clouds import Cloud
from tests.support.networks import MACHINES
from tests.support.process import eventually

NETWORKS = """\
[networks]
names = private
[network:private]
cidr = 10.20.0.0/16
"""
"""Further options of a cloud with a network for clusters."""
SERVICE = "data-processing"


def networks(driver: str) -> str:
    """The same with what a partition needs to be on the network."""
    if driver not in MACHINES:
        return NETWORKS
    return f"{NETWORKS}virtual_switches = {object_id('virtual-switch', MACHINES[driver], '0')}\n"


class DataProcessing:
    """The data-processing service of a cloud, with an image registered for a plugin."""

    def __init__(self, cloud: Cloud, *, tags: tuple[str, ...] = ("generic",), volume_type: str | None = None) -> None:
        self.cloud = cloud
        self.volume_type = volume_type
        self.image = self._image()
        networks = cloud.moorage.call("GET", "network", "/v2.0/networks").json()["networks"]
        self.network: str = networks[0]["id"]
        self.ask("POST", f"/images/{self.image}", {"username": "ubuntu", "description": "for nodes"}, 202)
        self.ask("PUT", f"/images/{self.image}/tags", {"tags": list(tags)}, 200)

    def _image(self) -> str:
        about = {"name": "nodes", "disk_format": "raw", "container_format": "bare", "min_disk": 1}
        image_id: str = self.cloud.moorage.call("POST", "image", "/v2/images", about).json()["id"]
        session = self.cloud.moorage.session()
        filters = {"service_type": "image", "interface": "public"}
        headers = {"Content-Type": "application/octet-stream"}
        session.request(
            f"/v2/images/{image_id}/file", "PUT", data=b"\0" * 4096, headers=headers, endpoint_filter=filters
        )
        return image_id

    def ask(self, method: str, path: str, body: Any = None, status: int = 200, version: str = "2.1") -> Any:
        """One request of v2; the answer's body."""
        answer = self.cloud.moorage.call(method, SERVICE, f"/v2{path}", body, version=version)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.text else None

    def node_group(self, name: str = "w", count: int = 2, **fields: Any) -> dict[str, Any]:
        """One that is spelled out and boots from volumes."""
        kind = {"boot_volume_type": self.volume_type} if self.volume_type else {}
        return {
            "name": name, "count": count, "flavor_id": "1", "node_processes": ["worker"], "boot_from_volume": True,
            "boot_volume_size": 1, **kind, **fields,
        }  # fmt: skip

    def create(self, name: str = "c1", *groups: dict[str, Any], **fields: Any) -> str:
        """Ask for a cluster; its id."""
        body = {
            "name": name, "plugin_name": "generic", "plugin_version": "1.0", "default_image_id": self.image,
            "neutron_management_network": self.network, "node_groups": list(groups) or [self.node_group()], **fields,
        }  # fmt: skip
        made: str = self.ask("POST", "/clusters", body, 202)["cluster"]["id"]
        return made

    def scale(self, cluster_id: str, group: str, count: int, **fields: Any) -> None:
        self.ask(
            "PUT", f"/clusters/{cluster_id}", {"resize_node_groups": [{"name": group, "count": count, **fields}]}, 202
        )

    def delete(self, cluster_id: str) -> None:
        self.ask("DELETE", f"/clusters/{cluster_id}", status=204)

    def show(self, cluster_id: str, *, progress: bool = False) -> dict[str, Any]:
        """The cluster; status GONE once it is 404."""
        path = f"/v2/clusters/{cluster_id}?show_progress={progress}"
        answer = self.cloud.moorage.call("GET", SERVICE, path, version="2.1")
        return {"status": "GONE"} if answer.status_code == 404 else dict(answer.json()["cluster"])

    def wait(self, cluster_id: str, *statuses: str, timeout_s: float = 60.0) -> dict[str, Any]:
        """Until the cluster is in one of these; an unexpected Error ends it at once."""

        def reached() -> dict[str, Any] | None:
            cluster = self.show(cluster_id)
            if cluster["status"] == "Error" and "Error" not in statuses:
                raise RuntimeError(cluster["status_description"])
            return cluster if cluster["status"] in statuses else None

        found: dict[str, Any] = eventually(reached, timeout_s, f"cluster {cluster_id} {statuses}")
        return found

    def nodes(self, cluster_id: str) -> list[str]:
        """Names of its instances, sorted."""
        groups = self.show(cluster_id)["node_groups"]
        return sorted(node["instance_name"] for group in groups for node in group["instances"])

    def volumes(self) -> list[str]:
        """Names of the project's volumes, sorted."""
        found = self.cloud.moorage.call("GET", "block-storage", "/volumes/detail").json()["volumes"]
        return sorted(volume["name"] for volume in found)

    def servers(self) -> list[str]:
        found = self.cloud.moorage.call("GET", "compute", "/servers/detail").json()["servers"]
        return sorted(server["name"] for server in found)
