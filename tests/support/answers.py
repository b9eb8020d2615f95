"""Does an answer have exactly the fields that its route says? Asked of every answer to a test of ``tests/api``."""

from __future__ import annotations

import msgspec
from jsonschema import Draft202012Validator

from moorage.api.wire import Call, Reply, Route
from moorage.api.wire import app as wire

WITHOUT_SCHEMA = {"PUT /os-services/{action}"}
"""What is answered depends on the action, which stands in the path: enabling tells the service, freezing nothing."""
_answer = wire._run
_VALIDATORS: dict[int, tuple[Route, Draft202012Validator]] = {}
"""By the identity of a route, which is kept with it: to make one takes longer than most requests."""


def checked(call: Call, route: Route) -> Reply:
    """What the route answers; AssertionError, and so a 500, if its schema says otherwise."""
    reply = _answer(call, route)
    named = f"{route.method} {route.path}"
    if reply.status >= 300 or route.actions or named in WITHOUT_SCHEMA:
        return reply
    if reply.status == 204 or route.answer is None:
        assert reply.body is None, f"{named} answers {reply.status} with a body and has no schema for it"
        return reply
    body = msgspec.json.decode(msgspec.json.encode(reply.body))
    problems = [f"{error.json_path}: {error.message}" for error in _validator(route).iter_errors(body)]
    assert not problems, f"{named}: {problems}"
    return reply


def _validator(route: Route) -> Draft202012Validator:
    if id(route) not in _VALIDATORS:
        _VALIDATORS[id(route)] = route, Draft202012Validator(route.answer)
    return _VALIDATORS[id(route)][1]
