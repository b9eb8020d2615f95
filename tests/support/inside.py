"""A whole Moorage in the test process: API, workers and drivers, reached without a port."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from starlette.testclient import TestClient

from moorage.config import settings
from moorage.server import Moorage
from moorage.store.engines import is_sqlite
from tests.support.app import database_url

PREFIX = {
    "compute": "/compute/v2.1",
    "volume": "/volume/v3",
    "identity": "/identity/v3",
    "image": "/image/v2",
    "network": "/network/v2.0",
}


class Inside:
    """Moorage with a client for each caller."""

    def __init__(self, directory: Path, options: str) -> None:
        config = directory / "inside.conf"
        config.write_text(options)
        self.settings = settings.read(str(config), str(directory / "moorage"))
        self.moorage = Moorage(self.settings)
        self.client = TestClient(
            self._with_lifespan,
            base_url="http://moorage.test",
            client=("127.0.0.1", 50000),
            raise_server_exceptions=False,
        )

    async def _with_lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        """Between begin and end of its life one event loop serves all requests, as in a real server."""
        if scope["type"] != "lifespan":
            await self.moorage.app(scope, receive, send)
            return
        for message in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{message}.complete"})

    def token(self, cloud: str = "moorage") -> str:
        """A token of one of the two clouds in ``clouds.yaml``."""
        auth = yaml.safe_load((self.settings.data_dir / "clouds.yaml").read_text())["clouds"][cloud]["auth"]
        return self.log_in(auth["username"], auth["password"], {"name": auth["project_name"]})

    def log_in(self, name: str, password: str, project: dict[str, str]) -> str:
        user = {"name": name, "password": password, "domain": {"id": "default"}}
        scope = {"project": {**project, **({"domain": {"id": "default"}} if "name" in project else {})}}
        identity = {"methods": ["password"], "password": {"user": user}}
        answer = self.client.post("/identity/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
        assert answer.status_code == 201, answer.text
        return answer.headers["x-subject-token"]

    def call(self, token: str, method: str, service: str, path: str, body: Any = None, version: str = "") -> Any:
        headers = {"X-Auth-Token": token} | ({"OpenStack-API-Version": f"{service} {version}"} if version else {})
        return self.client.request(method, PREFIX[service] + path, json=body, headers=headers)

    def volume(self, token: str) -> str:
        """A bootable volume that is available."""
        made = self.call(token, "POST", "volume", "/volumes", {"volume": {"size": 1}})
        assert made.status_code == 202, made.text
        volume_id: str = made.json()["volume"]["id"]
        self.until(token, "volume", f"/volumes/{volume_id}", "available")
        self.call(token, "POST", "volume", f"/volumes/{volume_id}/action", {"os-set_bootable": {"bootable": True}})
        return volume_id

    def server(self, token: str, volume_id: str) -> Any:
        """The answer to the request for a server that boots from a volume."""
        disk = {"uuid": volume_id, "source_type": "volume", "destination_type": "volume", "boot_index": 0}
        body = {"server": {"name": "s", "flavorRef": "5", "block_device_mapping_v2": [disk]}}
        return self.call(token, "POST", "compute", "/servers", body)

    def until(self, token: str, service: str, path: str, status: str, timeout_s: float = 20.0) -> None:
        deadline, last = time.monotonic() + timeout_s, None
        while time.monotonic() < deadline:
            answer = self.call(token, "GET", service, path)
            last = answer.status_code if answer.is_error else next(iter(answer.json().values()))["status"]
            if last == status:
                return
            time.sleep(0.02)
        raise AssertionError(f"{path} is {last}, not {status}")


@contextlib.contextmanager
def inside(directory: Path, options: str = "") -> Iterator[Inside]:
    """A started Moorage, stopped at the end; unless the options name a database, on the one that tests run on."""
    options = options or "[DEFAULT]\n"
    with database_url(directory) as url:
        if "database_url" not in options and not is_sqlite(url):
            options = options.replace("[DEFAULT]\n", f"[DEFAULT]\ndatabase_url = {url}\n", 1)
        made = Inside(directory, options)
        made.moorage.start()
        try:
            with made.client:
                yield made
        finally:
            made.moorage.stop()
