"""How is a STOMP 1.1 frame written and read?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LONGEST_FRAME = 64 * 1024
_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), (":", "\\c"))
_UNESCAPES = {"\\\\": "\\", "\\n": "\n", "\\c": ":"}


class FrameError(Exception):
    """The bytes received are not a STOMP frame."""


@dataclass(frozen=True)
class Frame:
    command: str
    headers: Mapping[str, str]

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


def encode(command: str, headers: Mapping[str, object], body: str = "") -> bytes:
    lines = [command, *(f"{_escape(name)}:{_escape(str(value))}" for name, value in headers.items())]
    return ("\n".join(lines) + "\n\n" + body).encode() + b"\0"


class Decoder:
    """Collects received bytes and yields the frames completed by them; client frames carry no body."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Raises FrameError for a frame that is too long or malformed."""
        self._buffer += data
        while b"\0" in self._buffer:
            raw, self._buffer = self._buffer.split(b"\0", 1)
            raw = raw.lstrip(b"\r\n")
            if raw:
                yield _parse(raw)
        if len(self._buffer) > _LONGEST_FRAME:
            raise FrameError("frame too long")


def _parse(raw: bytes) -> Frame:
    try:
        head = raw.decode().replace("\r\n", "\n").partition("\n\n")[0]
    except UnicodeDecodeError as exc:
        raise FrameError("frame is not UTF-8") from exc
    command, *lines = head.split("\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise FrameError("header without a colon")
        headers.setdefault(_unescape(name), _unescape(value))
    return Frame(command, headers)


def _escape(value: str) -> str:
    for char, escaped in _ESCAPES:
        value = value.replace(char, escaped)
    return value


def _unescape(value: str) -> str:
    result, rest = "", value
    while "\\" in rest:
        before, _, rest = rest.partition("\\")
        result += before + _UNESCAPES.get("\\" + rest[:1], "")
        rest = rest[1:]
    return result + rest
