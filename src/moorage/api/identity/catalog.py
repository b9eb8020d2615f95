"""Where are the services? Tokens hold no URLs: the catalog is made for the host each request came to.

Entries as OpenStack deployments order them; clients look services up by type, interface and region.
"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import ids
from moorage.api.services import Services
from moorage.api.wire.answers import TEXT, array, closed, each
from moorage.api.wire.call import Call

INTERFACES = ("public", "internal", "admin")


class Entry(msgspec.Struct, frozen=True):
    """A service of the catalog; ``path`` is below the host URL."""

    type: str
    name: str
    path: str

    @property
    def service_id(self) -> str:
        return ids.derived("identity", "service", self.type).replace("-", "")

    def endpoint_id(self, interface: str) -> str:
        return ids.derived("identity", "endpoint", self.type, interface).replace("-", "")


_ALWAYS = [
    Entry("identity", "keystone", "/identity"),
    Entry("compute", "nova", "/compute/v2.1"),
    Entry("block-storage", "cinder", "/volume/v3"),
    Entry("volumev3", "cinderv3", "/volume/v3"),
    Entry("image", "glance", "/image"),
    Entry("data-processing", "sahara", "/data-processing"),
]


_NETWORK = Entry("network", "neutron", "/network")
"""Clients ask it for networks and floating addresses as soon as it is there, so it is there if there are networks."""


def entries(services: Services) -> list[Entry]:
    """The services of this installation."""
    has_networks = services.site is not None and len(services.site.networks) > 0
    return [*_ALWAYS, _NETWORK] if has_networks else _ALWAYS


def catalog(call: Call) -> list[dict[str, Any]]:
    """The catalog as it stands in tokens."""
    host_url, region = call.host_url, call.services.region
    return [
        {
            "id": entry.service_id,
            "type": entry.type,
            "name": entry.name,
            "endpoints": [
                {
                    "id": entry.endpoint_id(interface),
                    "interface": interface,
                    "region": region,
                    "region_id": region,
                    "url": host_url + entry.path,
                }
                for interface in INTERFACES
            ],
        }
        for entry in entries(call.services)
    ]


CATALOG_ENTRY = closed(
    each(TEXT, "id", "type", "name")
    | {"endpoints": array(closed(each(TEXT, "id", "interface", "region", "region_id", "url")))}
)
