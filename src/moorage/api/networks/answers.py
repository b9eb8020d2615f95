"""How is a port described?"""

from __future__ import annotations

from moorage.api.wire.answers import BOOLEAN, EMPTY, OBJECT, TEXT, array, closed, each

PORT = closed(
    each(TEXT, "id", "name", "description", "tenant_id", "project_id", "network_id", "mac_address")
    | each(TEXT, "device_id", "device_owner", "status", "binding:vnic_type")
    | each(BOOLEAN, "admin_state_up", "port_security_enabled")
    | {"fixed_ips": array(closed(each(TEXT, "subnet_id", "ip_address"))), "security_groups": EMPTY},
    each(TEXT, "binding:host_id", "binding:vif_type") | each(OBJECT, "binding:profile", "binding:vif_details"),
)
"""Where it is bound is told to administrators."""
