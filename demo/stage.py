"""What the demos stand on: real processes, real commands, printed as they run."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import openstack

from moorage.mock_hmc.machines import object_id

_BIN = Path(sys.executable).parent
_SHOW_LINES = 30


def say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def table(values: dict[str, Any]) -> None:
    width = max(map(len, values)) + 2
    for name, value in values.items():
        print(f"   {name:{width}}{value}")


def fail(reason: str) -> None:
    print(f"FAILED: {reason}", file=sys.stderr)
    sys.exit(1)


class Stage:
    """A Moorage below one directory, and for some a mock HMC."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data_dir = directory / "moorage"
        self.array_file = self.data_dir / "fcarray" / "array.db"
        self.listen = f"127.0.0.1:{_free_port()}"
        self._hmc: subprocess.Popen[str] | None = None
        self._moorage: subprocess.Popen[str] | None = None
        self._ready: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._moorage, self._hmc):
            if process is not None:
                process.kill()
                process.wait()

    def start_hmc(self, options: list[str] | None = None) -> None:
        """``options``: further lines of ``moorage.conf``; ``{switch}`` stands for the first virtual switch."""
        words = ["mock-hmc", "--data-dir", str(self.directory / "hmc"), "--array", str(self.array_file)]
        words += ["--listen", "127.0.0.1:0", "--stomp-listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0"]
        self._hmc, line = self._start([*words, "--stop-delay-ms", "2000"])
        self._ready = json.loads(line)
        self._configure(options or [])

    def _configure(self, options: list[str]) -> None:
        ready, cpc = self._ready, self._ready["cpcs"][0]
        lines = [
            "[DEFAULT]", "compute_driver = dpm", "[volumes]", "enabled_backends = fcarray", "[dpm]", "hmc = 127.0.0.1",
            f"hmc_port = {ready['url'].rsplit(':', 1)[1]}", f"hmc_notification_port = {ready['stomp'].split(':')[1]}",
            f"hmc_username = {ready['user']}", f"hmc_password = {Path(ready['password_file']).read_text().strip()}",
            f"ca_file = {ready['ca_file']}", f"cpc_object_id = {cpc['object-id']}", "max_processors = 8",
            "max_memory = 16384",
            *(f"physical_storage_adapter_mappings = {adapter['object-id']}:0" for adapter in cpc["adapters"]),
            *(line.format(switch=object_id("virtual-switch", cpc["name"], "0")) for line in options),
        ]  # fmt: skip
        self.configure("\n".join(lines) + "\n")

    def configure(self, text: str) -> None:
        """Write ``moorage.conf`` and show it but for passwords."""
        self.data_dir.mkdir(exist_ok=True)
        config = self.data_dir / "moorage.conf"
        config.touch(mode=0o600)
        config.write_text(text)
        print("   moorage.conf:")
        print("\n".join(f"     {line}" for line in text.splitlines() if "password" not in line))

    def start_moorage(self) -> None:
        self._moorage, line = self._start(["serve", "--data-dir", str(self.data_dir), "--listen", self.listen])
        print(f"   {line.strip().replace(str(self.directory), '...')}")

    @functools.cached_property
    def cloud(self) -> openstack.connection.Connection:
        """For looks between the commands that are shown: starting a command takes longer than what it asks for."""
        config = openstack.config.OpenStackConfig(config_files=[str(self.data_dir / "clouds.yaml")])
        return openstack.connection.Connection(config=config.get_one("moorage"))

    def server(self, name: str) -> Any:
        """As the cloud shows it."""
        return self.cloud.compute.find_server(name, ignore_missing=False)

    def volume_status(self, name: str) -> str:
        return str(self.cloud.block_storage.find_volume(name, ignore_missing=False).status)

    def kill_moorage(self) -> None:
        assert self._moorage is not None
        print("$ kill -9 <pid of moorage serve>")
        self._moorage.send_signal(signal.SIGKILL)
        self._moorage.wait()

    def _start(self, words: list[str]) -> tuple[subprocess.Popen[str], str]:
        print(f"$ moorage {' '.join(words).replace(str(self.directory), '...')}", flush=True)
        with (self.directory / f"{words[0]}.log").open("a") as log:
            process = subprocess.Popen([str(_BIN / "moorage"), *words], stdout=subprocess.PIPE, stderr=log, text=True)
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            fail((self.directory / f"{words[0]}.log").read_text()[-2000:])
        return process, line

    def openstack(self, *words: str) -> None:
        """Run the unmodified openstack command and show what it prints."""
        print(f"$ openstack {' '.join(words).replace(str(self.directory), '...')}", flush=True)
        done = self._run_openstack(words)
        self._show(done)

    def moorage(self, *words: str) -> None:
        print(f"$ moorage {' '.join(words).replace(str(self.directory), '...')}", flush=True)
        self._show(subprocess.run([str(_BIN / "moorage"), *words], capture_output=True, text=True, check=False))

    def value(self, *words: str) -> str:
        """The bare value an openstack command answers."""
        done = self._run_openstack((*words, "-f", "value"))
        if done.returncode:
            fail(done.stderr)
        return done.stdout.strip()

    def until_available(self, volume: str) -> None:
        self.until(lambda: self.volume_status(volume) == "available", f"volume {volume} is available")

    def until_status(self, server: str, status: str) -> None:
        self.until(lambda: self.server(server).status == status, f"server {server} is {status}")

    def until(self, check: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not check():
            if time.monotonic() > deadline:
                fail(f"not within {timeout_s:.0f} s: {what}")
            time.sleep(0.05)
        print(f"   {what}")

    def array(self) -> dict[str, Any]:
        done = subprocess.run(
            [str(_BIN / "moorage"), "array", "show", "--json", "--file", str(self.array_file)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def unfinished(self) -> bool:
        done = subprocess.run(
            [str(_BIN / "moorage"), "operations", "list", "--json", "--data-dir", str(self.data_dir)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return any(operation["state"] in ("pending", "running") for operation in json.loads(done.stdout))

    def hmc_state(self) -> dict[str, Any]:
        with contextlib.closing(urllib.request.urlopen(f"{self._ready['control']}/state")) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def partition_status(self, server: str) -> str:
        found = [p["status"] for p in self.hmc_state()["partitions"] if server in p["name"]]
        return str(found[0]) if found else "gone"

    def _run_openstack(self, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
        environment |= {"OS_CLIENT_CONFIG_FILE": str(self.data_dir / "clouds.yaml"), "OS_CLOUD": "moorage"}
        command = [str(_BIN / "openstack"), *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def _show(self, done: subprocess.CompletedProcess[str]) -> None:
        lines = done.stdout.rstrip().splitlines()
        for line in lines[:_SHOW_LINES]:
            print(f"   {line}".rstrip(), flush=True)
        if done.returncode:
            fail(done.stderr)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
