"""What all services on the port share: routing, tokens, microversions, bodies, faults, paging, policy."""

from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route, Service
from moorage.api.wire.versions import VersionRange

__all__ = ["Call", "Reply", "Route", "Service", "VersionRange"]
