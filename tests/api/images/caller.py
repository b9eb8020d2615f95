"""A user of the image API with a token."""

from __future__ import annotations

from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

PATCH = "application/openstack-images-v2.1-json-patch"
OLD_PATCH = "application/openstack-images-v2.0-json-patch"


class Caller:
    def __init__(self, client: TestClient, token: str) -> None:
        self.client = client
        self.token = token
        self.project = token.partition(":")[2]

    def __call__(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
        return self.client.request(
            method, f"/image/v2{path}", headers={"X-Auth-Token": self.token, **(headers or {})}, **more
        )

    def make(self, **fields: Any) -> dict[str, Any]:
        answer = self("POST", "/images", json=fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def show(self, image_id: str) -> dict[str, Any]:
        answer = self("GET", f"/images/{image_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, image_id: str, data: Any, **headers: str) -> Response:
        kind = {"Content-Type": "application/octet-stream"}
        return self("PUT", f"/images/{image_id}/file", {**kind, **headers}, content=data)

    def patch(self, image_id: str, *operations: dict[str, Any], kind: str = PATCH) -> Response:
        return self("PATCH", f"/images/{image_id}", {"Content-Type": kind}, json=list(operations))

    def replace(self, image_id: str, name: str, value: Any) -> Response:
        return self.patch(image_id, {"op": "replace", "path": f"/{name}", "value": value})

    def listed(self, query: str = "") -> list[str]:
        answer = self("GET", f"/images{query}")
        assert answer.status_code == 200, answer.text
        return [image["id"] for image in answer.json()["images"]]
