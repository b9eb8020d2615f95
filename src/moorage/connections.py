"""How a server and its storage find each other: the two documents that pass between compute and block storage."""

from __future__ import annotations

from typing import Any

Connector = dict[str, Any]
"""How a server identifies itself to storage: ``{"host": <name>, "wwpns": [<16 hex digits>, ...]}``."""

ConnectionInfo = dict[str, Any]
"""``{"driver_volume_type": <protocol>, "data": {...}}`` as in OpenStack.

For ``fibre_channel`` data holds ``target_wwn`` (list), ``target_lun`` (integer), ``initiator_target_map``
(``{wwpn: [target, ...]}``), ``target_discovered`` and ``volume_id``. WWPNs are lower case without ``0x``.
"""
