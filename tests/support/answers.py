"""Does an answer have exactly the fields that its route says? Asked of every answer to a test of ``tests/api``."""

from __future__ import annotations

import msgspec
from jsonschema import Draft202012Validator

from moorage.api.wire import Call, Reply, Route
from moorage.api.wire import app as wire

_run = wire._run


def checked(call: Call, route: Route) -> Reply:
    """What the route answers; AssertionError, and so a 500, if its schema says otherwise."""
    reply = _run(call, route)
    if reply.status < 300 and isinstance(reply.body, dict | list) and route.answer is not None:
        body = msgspec.json.decode(msgspec.json.encode(reply.body))
        problems = [f"{error.json_path}: {error.message}" for error in _validator(route).iter_errors(body)]
        assert not problems, f"{route.method} {route.path}: {problems}"
    return reply


_VALIDATORS: dict[int, Draft202012Validator] = {}
"""By the route's identity: to make one takes longer than most requests."""


def _validator(route: Route) -> Draft202012Validator:
    if id(route) not in _VALIDATORS:
        _VALIDATORS[id(route)] = Draft202012Validator(route.answer)
    return _VALIDATORS[id(route)]
