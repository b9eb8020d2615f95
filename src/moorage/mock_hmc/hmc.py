"""What does a route work with?"""

from __future__ import annotations

from dataclasses import dataclass

from moorage.mock_hmc.core import Core
from moorage.mock_hmc.errors import HmcError, not_found
from moorage.mock_hmc.jobs import Jobs
from moorage.mock_hmc.lifecycle import Lifecycle
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource


@dataclass(frozen=True)
class Hmc:
    """The parts of one HMC."""

    core: Core
    jobs: Jobs
    lifecycle: Lifecycle

    @property
    def model(self) -> Model:
        return self.core.model

    def find(self, uri: str, kind: str) -> Resource:
        """The object addressed by a request. Raises 404,1."""
        resource = self.model.get(uri, kind)
        if resource is None:
            raise not_found(f"The {kind} {uri}")
        return resource

    def name_in_use(self, message: str) -> HmcError:
        """The refusal of a name, a device number or an id that another object has."""
        return HmcError(400 if self.core.config.inferences.has_name_clash_as_400 else 409, 8, message)
