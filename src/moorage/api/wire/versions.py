"""Which microversion does a request ask for, and how is it confirmed?

The rules are those of Nova and Cinder.
"""

from __future__ import annotations

import re

import msgspec
from starlette.datastructures import Headers

from moorage import errors

Version = tuple[int, int]

_FORM = re.compile(r"^([1-9]\d*)\.([1-9]\d*|0)$")


class NotAcceptable(errors.Rejected):
    """406: the version is outside the announced range."""


class MalformedVersion(errors.BadRequest):
    """400: the header holds no version."""


class VersionRange(msgspec.Struct, frozen=True, kw_only=True):
    """The microversions a service announces."""

    service: str
    """The word in ``OpenStack-API-Version: <service> 2.N``."""
    min: Version
    max: Version
    legacy_header: str = ""
    """An older header that carries the bare version (Nova's)."""

    def negotiate(self, headers: Headers) -> Version:
        """The version a request asks for; 400 if malformed, 406 if out of range."""
        wanted = self._wanted(headers)
        if wanted is None:
            return self.min
        if wanted.lower() == "latest":
            return self.max
        match = _FORM.match(wanted)
        if not match:
            raise MalformedVersion(
                f"API Version String {wanted} is of invalid format. Must be of format MajorNum.MinorNum."
            )
        version = (int(match[1]), int(match[2]))
        if not self.min <= version <= self.max:
            raise NotAcceptable(
                f"Version {wanted} is not supported by the API. Minimum is {dotted(self.min)} "
                f"and maximum is {dotted(self.max)}."
            )
        return version

    def _wanted(self, headers: Headers) -> str | None:
        for entry in ",".join(headers.getlist("openstack-api-version")).split(","):
            words = entry.split()
            if len(words) == 2 and words[0].lower() == self.service:
                return words[1]
        return headers.get(self.legacy_header) if self.legacy_header else None

    def headers(self, version: Version) -> dict[str, str]:
        """The headers that tell the client which version answered."""
        answer = {"OpenStack-API-Version": f"{self.service} {dotted(version)}", "Vary": "OpenStack-API-Version"}
        if self.legacy_header:
            answer[self.legacy_header] = dotted(version)
            answer["Vary"] += f", {self.legacy_header}"
        return answer


def dotted(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
