"""How is a mock HMC put together, started and stopped?"""

from __future__ import annotations

import fcntl
import ipaddress
import secrets
import ssl
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import IO, Any, Self

from moorage.errors import ConfigError
from moorage.mock_hmc import boot, certificates, control_api, machines, server
from moorage.mock_hmc.broker import Broker
from moorage.mock_hmc.config import Address, HmcConfig
from moorage.mock_hmc.connections import ConnectionServer
from moorage.mock_hmc.controls import Controls
from moorage.mock_hmc.core import Core
from moorage.mock_hmc.discovery import Discovery
from moorage.mock_hmc.faults import Faults
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.jobs import Jobs
from moorage.mock_hmc.journal import Journal
from moorage.mock_hmc.lifecycle import Lifecycle
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.sessions import Sessions
from moorage.mock_hmc.store import Store


class MockHmc:
    """A running HMC: HTTPS, notifications and fault control. ``controls`` is fault control for the same process.

    Use as a context manager, or call ``start`` and ``stop``. Raises ConfigError for an option that cannot be used.
    """

    controls: Controls
    url: str
    stomp_address: Address
    control_url: str | None = None

    def __init__(self, config: HmcConfig) -> None:
        if config.unreachable_outcome not in boot.OUTCOMES:
            raise ConfigError(f"unreachable outcome: must be one of {', '.join(boot.OUTCOMES)}")
        _check_control_address(config.control_listen)
        self.config = config
        self.password_file = config.data_dir / "password"
        self.ca_file = config.data_dir / "ca.pem"
        self.port = 0
        self._running = ExitStack()

    def start(self) -> Self:
        """Load the state, listen, and carry on unfinished jobs. Raises ConfigError, or OSError for a port in use."""
        with ExitStack() as running:
            self._start(running)
            self._running = running.pop_all()
        return self

    def stop(self) -> None:
        """Stop listening and close the state; jobs under way are carried on at the next start."""
        self._running.close()

    def _start(self, running: ExitStack) -> None:
        config = self.config
        config.data_dir.mkdir(parents=True, exist_ok=True)
        running.enter_context(_lock(config.data_dir))
        self.password = config.password or _kept_password(self.password_file)
        tls = certificates.ensure(config.data_dir, config.listen.host).server_context()
        sessions = Sessions(config.user, self.password, config.session_idle_s)
        store = running.enter_context(closing(Store(config.data_dir / "state.sqlite")))
        broker = Broker(sessions, tls, config.stomp_listen)
        core = Core(config, Model(store), sessions, broker.publish)
        with core.transaction() as model:
            machines.install(model, config.cpcs)
        jobs = Jobs(core)
        lifecycle = Lifecycle(core, jobs)
        jobs.endings = lifecycle.endings | Discovery(core).endings
        front = server.Front(Hmc(core, jobs, lifecycle), Faults(), Journal(), config.latency_s)
        self.controls = Controls(front)
        running.callback(broker.stop)
        self.stomp_address = Address(config.stomp_listen.host, broker.start())
        jobs.start()
        running.callback(jobs.stop)
        https = _serve(running, config.listen, server.handler_class(front), tls)
        front.drop_connections = [https.drop_all, broker.drop_all]
        self.port = https.port
        self.url = f"https://{config.listen.host}:{self.port}"
        if config.control_listen is not None:
            control = _serve(running, config.control_listen, control_api.handler_class(self.controls), None)
            self.control_url = f"http://{config.control_listen.host}:{control.port}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def ready(self) -> dict[str, Any]:
        """What a client needs to know; holds no secret."""
        state = self.controls.state()
        return {
            "ready": True,
            "url": self.url,
            "stomp": f"{self.stomp_address.host}:{self.stomp_address.port}",
            "control": self.control_url,
            "ca_file": str(self.ca_file),
            "user": self.config.user,
            "password_file": str(self.password_file) if self.config.password is None else None,
            "cpcs": [_described(cpc, state["adapters"]) for cpc in state["cpcs"]],
        }


def _serve(
    running: ExitStack, listen: Address, handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None
) -> ConnectionServer:
    listener = ConnectionServer((listen.host, listen.port), handler, tls)
    listener.start()
    running.callback(listener.stop)
    return listener


def _described(cpc: dict[str, Any], adapters: list[dict[str, Any]]) -> dict[str, Any]:
    mine = [adapter for adapter in adapters if adapter["parent"] == cpc["object-uri"]]
    return {
        "name": cpc["name"],
        "object-id": cpc["object-id"],
        "adapters": [
            {"name": each["name"], "object-id": each["object-id"], "ports": each["storage-port-uris"]} for each in mine
        ],
    }


def _check_control_address(listen: Address | None) -> None:
    if listen is None or listen.host == "localhost":
        return
    try:
        is_loopback = ipaddress.ip_address(listen.host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ConfigError(f"control address: '{listen.host}' is not a loopback address; fault control has no password")


def _kept_password(path: Path) -> str:
    if not path.exists():
        certificates.write_private(path, secrets.token_urlsafe(18).encode() + b"\n")
    return path.read_text().strip()


def _lock(data_dir: Path) -> IO[str]:
    file = (data_dir / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        file.close()
        raise ConfigError(f"data directory: '{data_dir}' is in use by another mock HMC") from exc
    return file
