"""Jobs are not run here: their lists are there, and empty, so that clients and dashboards that show them work."""

from __future__ import annotations

from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import EMPTY, one
from moorage.api.wire.route import Handler

_V2 = ("data-sources", "job-binaries", "job-templates", "jobs")
_V1_1 = ("data-sources", "job-binaries", "job-binary-internals", "jobs", "job-executions")
_KEYS = {"job-binaries": "binaries", "job-binary-internals": "binaries"}


def _empty(key: str) -> Handler:
    def index(_call: Call) -> Reply:
        return Reply(body={key: []})

    return index


def routes(*, v2: bool) -> list[Route]:
    return [
        Route(
            method="GET", path=f"/{noun}", handler=_empty(key), policy=f"data-processing:{noun}:list",
            default="reader", summary="Answers an empty list", answer=one(key, EMPTY),
        )
        for noun in (*(_V2 if v2 else _V1_1), "job-types")
        for key in (_KEYS.get(noun, noun.replace("-", "_")),)
    ]  # fmt: skip
