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


def cancel(hmc: Hmc, request: Request) -> Reply:
    """202; 404,1 no such job, 409,41 it has ended or cannot be cancelled."""
    hmc.lifecycle.cancel(hmc.jobs.cancel(request.path.removesuffix("/operations/cancel")))
    return Reply(202)
