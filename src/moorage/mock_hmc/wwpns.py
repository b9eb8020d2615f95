"""Which WWPN and device number does the next virtual adapter get?"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource

_COUNTER = "/internal/counter/wwpn"
_FIRST_DEVICE = 0x8000


def next_wwpn(model: Model) -> str:
    """Counts up for ever; the middle digits differ between HMCs, so two of them can share an array."""
    counter = model.get(_COUNTER, "counter")
    if counter is None:
        counter = Resource(_COUNTER, "counter", "", {"prefix": f"c05076{secrets.token_hex(2)}", "next": 1})
    value = counter.props["next"]
    model.put(Resource(_COUNTER, "counter", "", {**counter.props, "next": value + 1}))
    return f"{counter.props['prefix']}{value:06x}"


def free_device_number(devices: Iterable[Resource]) -> str:
    """The lowest from 8000 that none of the partition's virtual adapters has."""
    used = {device.props["device-number"] for device in devices}
    return next(number for number in map("{:04x}".format, range(_FIRST_DEVICE, 0x10000)) if number not in used)
