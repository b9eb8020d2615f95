"""Where guests tell wait conditions how it went: a service of its own, for whoever holds a token of the handle."""

from moorage.api.wait_conditions.signal import ROUTES
from moorage.api.wire.route import Service

SERVICE = Service(name="wait-conditions", prefix="/wait-conditions", root="", routes=ROUTES)

__all__ = ["SERVICE"]
