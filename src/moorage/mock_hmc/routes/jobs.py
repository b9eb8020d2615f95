"""Jobs: query and delete."""

from __future__ import annotations

from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request


def query(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, hmc.jobs.query(request.path))


def delete(hmc: Hmc, request: Request) -> Reply:
    """404,1 unknown; 409,40 still running."""
    hmc.jobs.delete(request.path)
    return NO_CONTENT
