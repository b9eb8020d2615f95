"""Random secrets, made at the first start and readable by the owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec
import yaml


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """Passwords of the accounts that exist from the start."""

    admin_password: str
    demo_password: str
    service_password: str


def load_or_make(path: Path) -> Secrets:
    """The secrets in ``path``; a missing file is made, mode 0600."""
    if path.exists():
        return msgspec.yaml.decode(path.read_bytes(), type=Secrets)
    made = Secrets(**{name: secrets.token_urlsafe(24) for name in Secrets.__struct_fields__})
    write_private(path, msgspec.yaml.encode(made).decode())
    return made


def write_clouds(path: Path, url: str, region: str, keys: Secrets) -> None:
    """``clouds.yaml`` for the openstack command: an admin and a plain member."""

    def cloud(username: str, password: str, project: str) -> dict[str, object]:
        return {
            "auth": {
                "auth_url": f"{url}/identity", "username": username, "password": password, "project_name": project,
                "user_domain_name": "Default", "project_domain_name": "Default",
            },
            "region_name": region,
            "identity_api_version": "3",
        }  # fmt: skip

    clouds = {
        "moorage-admin": cloud("admin", keys.admin_password, "admin"),
        "moorage": cloud("demo", keys.demo_password, "demo"),
    }
    write_private(path, yaml.safe_dump({"clouds": clouds}, sort_keys=False))


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; nobody but the owner can ever read it."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)
