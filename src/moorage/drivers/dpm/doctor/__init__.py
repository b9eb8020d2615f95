"""What can be learned of a real HMC without changing anything on it?"""

from __future__ import annotations

from moorage.drivers.dpm.doctor.examination import examine
from moorage.drivers.dpm.doctor.model import BY_HAND, Finding, Verdict

__all__ = ["BY_HAND", "Finding", "Verdict", "examine"]
