"""Guests of partitions without software in them: what their user data has them report is reported for them."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Iterator

from keystoneauth1.exceptions import ClientException

from moorage import errors
from moorage.compute import first_boot
from tests.support.clouds import Cloud

_PAUSE_S = 0.2


@contextlib.contextmanager
def reporting(cloud: Cloud) -> Iterator[None]:
    """Meanwhile every server that is ACTIVE reports once. Nothing to do on ``sim``, whose guests do so themselves."""
    stopping = threading.Event()
    thread = threading.Thread(target=_speak, args=(cloud, stopping), name="guests", daemon=True)
    if cloud.driver != "sim":
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        if thread.is_alive():
            thread.join(timeout=10)


def _speak(cloud: Cloud, stopping: threading.Event) -> None:
    done: set[str] = set()
    while not stopping.wait(_PAUSE_S):
        with contextlib.suppress(ClientException, errors.Unknown):  # the cloud may be down: it is asked again
            _report(cloud, done)


def _report(cloud: Cloud, done: set[str]) -> None:
    path = "/servers/detail?all_tenants=1&status=ACTIVE"
    found = cloud.moorage.call("GET", "compute", path, cloud="moorage-admin", version="2.67").json()["servers"]
    for server in found:
        user_data = server["OS-EXT-SRV-ATTR:user_data"]
        if server["id"] in done or not user_data:
            continue
        for report in first_boot.reports(base64.b64decode(user_data)):
            with contextlib.suppress(errors.Refused):
                first_boot.send(report)
        done.add(server["id"])
