"""``/os-availability-zone``: the one zone, the same as compute's."""

from __future__ import annotations

from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, TEXT, closed, one, several


def index(call: Call) -> Reply:
    zone = {"zoneName": call.services.availability_zone, "zoneState": {"available": True}}
    return Reply(body={"availabilityZoneInfo": [zone]})


_ZONE = closed({"zoneName": TEXT, "zoneState": one("available", BOOLEAN)})
ROUTES = [
    Route(method="GET", path="/os-availability-zone", handler=index, policy="volume:availability_zone_list",
          default="reader", summary="List availability zones", answer=several("availabilityZoneInfo", _ZONE)),
]  # fmt: skip
