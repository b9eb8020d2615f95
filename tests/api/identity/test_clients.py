"""Unmodified clients over a real port: openstacksdk and the openstack command."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keystoneauth1.exceptions
import openstack
import pytest
import uvicorn
from starlette.testclient import TestClient

from moorage.api.identity import SERVICE
from moorage.identity.service.tokens import TokenService
from tests.identity.logins import PASSWORDS, bootstrapped
from tests.support.app import make_client, make_store

# The SDK warns of its own inner calls on every start and request.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::openstack.warnings.{kind}")
    for kind in ("RemovedInSDK50Warning", "RemovedInSDK60Warning")
]

COMMAND = Path(sys.executable).with_name("openstack")


class Server(uvicorn.Server):
    """Says when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@pytest.fixture(scope="module")
def auth_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("identity")
    store = bootstrapped(make_store(path))
    client: TestClient = make_client(path, SERVICE, store=store, tokens=TokenService(store))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = Server(uvicorn.Config(client.app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        assert server.is_up.wait(30)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/identity"
        server.should_exit = True
        thread.join(30)
    store.close()


def _login(auth_url: str, name: str) -> dict[str, str]:
    return {
        "auth_url": auth_url, "username": name, "password": PASSWORDS[name], "project_name": name,
        "user_domain_name": "Default", "project_domain_name": "Default",
    }  # fmt: skip


def _connect(**login: str) -> openstack.connection.Connection:
    return openstack.connect(load_yaml_config=False, load_envvars=False, **login)


def _run(auth_url: str, words: str, name: str = "admin", status: int = 0) -> Any:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    options = {f"OS_{key.upper()}": value for key, value in _login(auth_url, name).items()}
    arguments = [str(COMMAND), *words.split()]
    done = subprocess.run(
        arguments, env=clean | options | {"OS_IDENTITY_API_VERSION": "3"}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout) if "-f json" in words else done.stdout + done.stderr


def test_sdk_logs_in_and_manages_accounts(auth_url: str) -> None:
    with _connect(**_login(auth_url, "admin")) as cloud:
        assert cloud.authorize()
        assert {p.name for p in cloud.identity.projects()} >= {"admin", "demo", "service"}
        project = cloud.identity.create_project(name="sdk", domain_id="default")
        user = cloud.identity.create_user(name="sdk", password="sdk-secret", domain_id="default")
        role = cloud.identity.find_role("member", ignore_missing=False)
        cloud.identity.assign_project_role_to_user(project, user, role)
        assert cloud.identity.validate_user_has_project_role(project, user, role)
        login = _login(auth_url, "admin") | {"username": "sdk", "password": "sdk-secret", "project_name": "sdk"}
        with _connect(**login) as theirs:
            assert theirs.current_project_id == project.id
            assert [p.name for p in theirs.identity.user_projects(user)] == ["sdk"]
        cloud.identity.unassign_project_role_from_user(project, user, role)
        cloud.identity.delete_user(user)
        cloud.identity.delete_project(project)
        assert cloud.identity.find_project("sdk") is None


def test_sdk_pages_through_lists(auth_url: str) -> None:
    with _connect(**_login(auth_url, "admin")) as cloud:
        assert len({p.id for p in cloud.identity.projects(limit=1)}) == len(list(cloud.identity.projects()))


def test_wrong_password_is_unauthorized_to_keystoneauth(auth_url: str) -> None:
    login = _login(auth_url, "demo") | {"password": "wrong"}
    with _connect(**login) as cloud, pytest.raises(keystoneauth1.exceptions.Unauthorized):
        cloud.session.get_token()


def test_versioned_auth_url_works_too(auth_url: str) -> None:
    with _connect(**_login(f"{auth_url}/v3", "demo")) as cloud:
        assert cloud.identity.get_endpoint_data().url == f"{auth_url}/v3/"


def test_command_issues_a_token(auth_url: str) -> None:
    assert _run(auth_url, "token issue -f json", "demo")["id"]


def test_command_lists_projects_users_and_catalog(auth_url: str) -> None:
    assert "demo" in {row["Name"] for row in _run(auth_url, "project list -f json")}
    assert [row["Name"] for row in _run(auth_url, "project list -f json", "demo")] == ["demo"]
    assert {"admin", "demo", "moorage"} <= {row["Name"] for row in _run(auth_url, "user list -f json")}
    assert {row["Type"] for row in _run(auth_url, "catalog list -f json")} >= {"identity", "compute", "volumev3"}
    assert len(_run(auth_url, "endpoint list -f json")) == 18


def test_command_creates_an_account_and_gives_it_a_role(auth_url: str) -> None:
    _run(auth_url, "project create cli-project -f json")
    made = _run(auth_url, "user create --password cli-secret --project cli-project cli-user -f json")
    _run(auth_url, "role add --user cli-user --project cli-project member")
    rows = _run(auth_url, "role assignment list --names --user cli-user -f json")
    assert [(r["Role"], r["User"], r["Project"]) for r in rows] == [
        ("member", "cli-user@Default", "cli-project@Default")
    ]
    assert made["name"] == "cli-user"
    assert "403" in _run(auth_url, "user list", "demo", status=1)
