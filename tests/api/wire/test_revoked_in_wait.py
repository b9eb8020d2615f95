"""A request that waits for its turn while its token is revoked."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from moorage.identity.service import revocation
from tests.support.inside import inside
from tests.support.process import eventually


def test_a_token_revoked_while_its_request_waits_is_refused(tmp_path: Path) -> None:
    with inside(tmp_path, "[DEFAULT]\n[api]\nmax_in_flight = 1\n") as site, ThreadPoolExecutor() as clients:
        admission = site.moorage.admission
        assert admission is not None
        admin, member = site.token("moorage-admin"), site.token()
        assert site.call(member, "GET", "compute", "/servers").status_code == 200
        with site.moorage.store.write() as tx:
            writing = clients.submit(site.call, admin, "POST", "volume", "/volumes", {"volume": {"size": 1}})
            eventually(lambda: admission.in_flight == 1)
            waiting = clients.submit(site.call, member, "GET", "compute", "/servers")
            eventually(lambda: admission.waiting == 1)
            revocation.of_token(tx, hashlib.sha256(member.encode()).hexdigest())
        assert writing.result().status_code == 202
        assert waiting.result().status_code == 401
