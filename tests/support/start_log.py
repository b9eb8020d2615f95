"""A start log that a test can read: what a driver wrote of its tries, and in which order."""

from __future__ import annotations

from typing import Any

from moorage.compute.model.guest import Try


class MemoryStartLog:
    """Implements ``compute.ports.StartLog`` for one server."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def tries(self, server_id: str) -> list[Try]:
        ends = [n for n, each in enumerate(self.entries) if each["is_last"] or each["is_running"]]
        mine = self.entries[ends[-1] + 1 if ends else 0 :]
        return [Try(id=each["id"], way=each["way"], notes=each["notes"], is_open=each["is_open"]) for each in mine]

    def begin(self, server_id: str, way: str) -> str:
        assert not any(each["is_open"] for each in self.entries), "the one before has ended"
        entry = {"id": str(len(self.entries)), "way": way, "notes": [], "is_open": True}
        self.entries.append({**entry, "is_running": False, "is_last": False})
        return str(entry["id"])

    def note(self, try_id: str, text: str) -> None:
        self.entries[int(try_id)]["notes"].append(text)

    def end(self, try_id: str, *, is_running: bool, said: str, is_last: bool = False) -> None:
        entry = self.entries[int(try_id)]
        assert entry["is_open"]
        entry["notes"].extend(said.splitlines())
        entry |= {"is_open": False, "is_running": is_running, "is_last": is_last}

    def reasons(self) -> list[str]:
        """What each try ended with."""
        return [each["notes"][-1] for each in self.entries]
