"""What does a stack or a resource of one go through? Heat's words: ``<ACTION>_<STATUS>``."""

from __future__ import annotations

CREATE = "CREATE"
UPDATE = "UPDATE"
ROLLBACK = "ROLLBACK"
DELETE = "DELETE"

IN_PROGRESS = "IN_PROGRESS"
COMPLETE = "COMPLETE"
FAILED = "FAILED"
