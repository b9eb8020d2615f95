"""How are values and errors kept in the engine's journal? As JSON, errors as class and text; nothing is unpickled."""

from __future__ import annotations

import json
from typing import Any

from dbos import Serializer

from moorage import errors

_MARK = "__error__"


class JsonJournal(Serializer):
    """DBOS serializer for plain JSON values and for errors."""

    def name(self) -> str:
        return "moorage_json"

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=_plain, separators=(",", ":"))

    def deserialize(cls, serialized_data: str) -> Any:  # noqa: N805 - the library's own signature
        return json.loads(serialized_data, object_hook=_revive)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return {_MARK: type(value).__name__, "message": str(value)}
    raise TypeError(f"A step returned {type(value).__name__}; steps return plain JSON values")


def _revive(value: dict[str, Any]) -> Any:
    if _MARK not in value:
        return value
    kind = getattr(errors, value[_MARK], errors.Refused)
    return kind(value.get("message", ""))
