"""Durable operations: every change of the outside world is a journaled step of one of them.

``service`` writes the intent, ``dispatcher`` starts what was written, ``engine`` runs and resumes it (DBOS),
``saga`` is what a workflow is written with.
"""

from moorage.operations.kinds import Kind
from moorage.operations.saga import Saga

__all__ = ["Kind", "Saga"]
