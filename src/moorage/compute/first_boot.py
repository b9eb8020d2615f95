"""What does user data have a guest report once its first boot is done? Simulated guests do that much of cloud-init.

Looked for are ``curl`` commands with a URL that carries a token, as Heat's wait conditions hand them out: in shell
scripts, in ``runcmd`` entries, in parts of a MIME archive. Nothing else of user data is carried out, and neither
variables nor substitutions are known.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import email
import gzip
import itertools
import re
import shlex
import ssl
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator

import msgspec

from moorage import errors

_TOKEN = re.compile(r"^https?://\S*[?&]token=\S+$")
_DATA = ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii")
_REPORT = b'{"status": "SUCCESS"}'
_TIMEOUT_S = 5.0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One request a guest would send."""

    url: str
    method: str = "POST"
    data: str = _REPORT.decode()
    is_insecure: bool = False
    """Whether the guest takes any certificate, as with ``curl -k``."""


def reports(user_data: bytes | None) -> list[Report]:
    """The requests in the order of the commands; those that cannot be understood are left out."""
    found = []
    for text in _texts(user_data or b""):
        for line in text.replace("\\\n", " ").splitlines():
            if "curl" in line and (report := _report(line)) is not None:
                found.append(report)
    return list(dict.fromkeys(found))


def send(report: Report) -> None:
    """As the guest; ``errors.Unknown`` without an answer, ``errors.Refused`` for a no."""
    request = urllib.request.Request(  # noqa: S310 - only http and https are taken from user data
        report.url, data=report.data.encode(), method=report.method, headers={"Content-Type": "application/json"}
    )
    context = ssl._create_unverified_context() if report.is_insecure else None  # noqa: S323, SLF001 - asked for with -k
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=context):  # noqa: S310
            return
    except urllib.error.HTTPError as answer:
        kind = errors.Unknown if answer.code >= 500 else errors.Refused
        raise kind(f"The report of a first boot was answered with {answer.code}") from None
    except OSError as silence:
        raise errors.Unknown(f"The report of a first boot got no answer: {type(silence).__name__}") from None


def _texts(raw: bytes) -> Iterator[str]:
    """The parts of user data, unpacked."""
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error):
            return
    if re.match(rb"(?i)(content-type: *multipart|mime-version:)", raw.lstrip()):
        for part in email.message_from_bytes(raw.lstrip()).walk():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield _decoded(payload)
    else:
        yield _decoded(raw)


def _decoded(raw: bytes) -> str:
    """Text; scripts that were encoded once more are read as well."""
    compact = b"".join(raw.split())
    if compact and len(compact) % 4 == 0 and re.fullmatch(rb"[A-Za-z0-9+/]+={0,2}", compact):
        with contextlib.suppress(binascii.Error):
            raw = base64.b64decode(compact, validate=True)
    return raw.decode(errors="replace")


def _report(line: str) -> Report | None:
    words = _words(line)
    if "curl" not in [word.rsplit("/", 1)[-1] for word in words]:
        return None
    url = next((word for word in words if _TOKEN.match(word)), None)
    if url is None:
        return None
    pairs = dict(itertools.pairwise(words))
    method = next((pairs[name] for name in ("-X", "--request") if name in pairs), "POST")
    data = next((pairs[name] for name in _DATA if name in pairs), _REPORT.decode())
    return Report(url=url, method=method.upper(), data=data, is_insecure=bool({"-k", "--insecure"} & set(words)))


def _words(line: str) -> list[str]:
    """The command's words: of a shell line, or of a YAML list as ``runcmd`` takes it."""
    text = re.sub(r"^\s*-\s+", "", line)
    if text.startswith("["):
        text = text.strip("[] ").replace(",", " ")
    try:
        words = shlex.split(text)
    except ValueError:
        return []
    return [inner for word in words for inner in (shlex.split(word) if word.startswith("curl ") else [word])]
