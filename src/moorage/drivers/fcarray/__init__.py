"""A simulated Fibre Channel storage array, shipped as the proving ground for masking and unmasking.

Its state is a SQLite file of its own: the control plane writes it through ``FcArray``, a simulated machine asks
``Fabric`` whether a LUN answers, and ``moorage array show`` prints what is masked to whom.
"""

from moorage.drivers.fcarray.backend import FcArray
from moorage.drivers.fcarray.fabric import Fabric, open_fabric
from moorage.drivers.fcarray.faults import Faults
from moorage.drivers.fcarray.inspect import snapshot
from moorage.drivers.fcarray.targets import TargetPorts

__all__ = ["Fabric", "Faults", "FcArray", "TargetPorts", "open_fabric", "snapshot"]
