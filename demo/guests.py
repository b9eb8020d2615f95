"""The partitions of the mock HMC hold no system. What cloud-init would report from them is reported for them."""

from __future__ import annotations

import base64
import contextlib
import threading
from pathlib import Path

import openstack
from keystoneauth1.exceptions import ClientException

from moorage import errors
from moorage.compute import first_boot


class Guests:
    """Meanwhile every server that is ACTIVE reports what its user data asks for, once."""

    def __init__(self, clouds: Path) -> None:
        self._clouds = clouds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)

    def _loop(self) -> None:
        config = openstack.config.OpenStackConfig(config_files=[str(self._clouds)])
        cloud = openstack.connection.Connection(config=config.get_one("moorage-admin"))
        done: set[str] = set()
        while not self._stopping.wait(0.5):
            with contextlib.suppress(ClientException, errors.Unknown, openstack.exceptions.SDKException):
                self._report(cloud, done)

    def _report(self, cloud: openstack.connection.Connection, done: set[str]) -> None:
        for server in cloud.compute.servers(all_projects=True, status="ACTIVE"):
            if server.id in done or not server.user_data:
                continue
            for report in first_boot.reports(base64.b64decode(server.user_data)):
                first_boot.send(report)
            done.add(server.id)
