"""Who calls: a member, a member of another project, a reader, an admin and nobody, on a Moorage of their own."""

from __future__ import annotations

from typing import Any

from moorage import ids
from tests.support.inside import Inside

MINE, THEIRS = "mine", "theirs"
PASSWORD = "correct horse battery staple"
WHO = ("nobody", "reader", "other", "member", "admin")
"""In the order in which they get a request: first those who must not change anything of the member's."""


class People:
    """Accounts and their tokens."""

    def __init__(self, site: Inside) -> None:
        self.site = site
        self.admin = site.token("moorage-admin")
        self.projects = {name: self._make("project", {"name": name}) for name in (MINE, THEIRS, "victim")}
        self.users: dict[str, str] = {}
        for who, project, role in (("member", MINE, "member"), ("reader", MINE, "reader"), ("other", THEIRS, "member")):
            self.users[who] = self._make("user", {"name": f"fuzz-{who}", "password": PASSWORD})
            path = f"/projects/{self.projects[project]}/users/{self.users[who]}/roles/{self._role(role)}"
            assert site.call(self.admin, "PUT", "identity", path).status_code == 204
        self._lift_quotas()
        self.tokens: dict[str, str] = {}
        self.log_in()

    def log_in(self) -> None:
        """Fresh tokens for all: what is called may end tokens, and must."""
        self.admin = self.site.token("moorage-admin")
        project = {"member": MINE, "reader": MINE, "other": THEIRS}
        self.tokens = {
            who: self.site.log_in(f"fuzz-{who}", PASSWORD, {"name": name}) for who, name in project.items()
        } | {"admin": self.admin, "nobody": ""}

    def _make(self, noun: str, values: dict[str, Any]) -> str:
        made = self.site.call(self.admin, "POST", "identity", f"/{noun}s", {noun: values})
        assert made.status_code == 201, made.text
        return str(made.json()[noun]["id"])

    def _role(self, name: str) -> str:
        (role,) = self.site.call(self.admin, "GET", "identity", f"/roles?name={name}").json()["roles"]
        return str(role["id"])

    def _lift_quotas(self) -> None:
        limits = {"compute": ("instances", "cores", "ram", "key_pairs", "server_groups", "server_group_members"),
                  "volume": ("volumes", "gigabytes", "snapshots")}  # fmt: skip
        for service, names in limits.items():
            for project in (MINE, THEIRS):
                body = {"quota_set": dict.fromkeys(names, -1)}
                path = f"/os-quota-sets/{self.projects[project]}"
                done = self.site.call(self.admin, "PUT", service, path, body)
                assert done.status_code == 200, done.text


def secret() -> str:
    """A name that nobody can guess, so that whoever is shown it was shown too much."""
    return f"secret{ids.new().replace('-', '')}"
