"""What is a request to the HMC, and what a reply?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from moorage.mock_hmc.errors import bad_request
from moorage.mock_hmc.sessions import Session


class Reply(NamedTuple):
    """Status and JSON body; None means an empty body."""

    status: int
    body: Any = None


NO_CONTENT = Reply(204)


@dataclass(frozen=True)
class Request:
    """An authenticated request; ``ids`` are the parts of the path the route names."""

    method: str
    uri: str
    body: Any
    session: Session
    ids: Mapping[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.uri).path

    def query(self, *allowed: str) -> dict[str, list[str]]:
        """The query parameters. Raises 400,1 for one that is not allowed."""
        query = parse_qs(urlsplit(self.uri).query, keep_blank_values=True)
        for name in query:
            if name not in allowed:
                raise bad_request(1, f"The query parameter '{name}' is not supported.")
        return query
