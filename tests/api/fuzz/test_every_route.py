"""Every route of every service as every caller; ``MOORAGE_FUZZ_CASES`` (default 1) cases a route and kind."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from moorage.api.surface import SERVICES
from moorage.api.wire.route import Service
from moorage.images.service import edit, lookup
from tests.api.fuzz.run import Run
from tests.support.inside import Inside, inside

CASES = int(os.environ.get("MOORAGE_FUZZ_CASES", "1"))
SEED = int(os.environ.get("MOORAGE_FUZZ_SEED", "0"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    with inside(tmp_path_factory.mktemp("fuzz")) as made:
        yield made


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")  # workers use random meanwhile
@pytest.mark.timeout(60 + 600 * CASES)
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_no_route_breaks_leaks_or_answers_other_than_documented(service: Service, site: Inside) -> None:
    run = Run(site, service, CASES, SEED)
    run.run()
    print(
        f"\n{service.name}: {run.calls.total()} calls, {dict(run.calls)}; answers {dict(sorted(run.answers.items()))}"
    )
    assert not run.problems, f"{len(run.problems)} problems:\n" + "\n".join(run.problems[:40])
    assert run.calls["admin"] >= len({(route.method, route.path) for route in service.routes})


IMAGE = "/image/v2/images/{image_id}"


def found(site: Inside) -> str:
    (images,) = [service for service in SERVICES if service.name == "image"]
    run = Run(site, images, 1, below=IMAGE)
    run.run()
    return "\n".join(run.problems)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
def test_it_would_find_a_crash_a_leak_and_a_foreign_write(site: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(site) == ""
    with monkeypatch.context() as patch:
        patch.setattr(lookup, "get_visible", lambda tx, _, image_id: lookup.get(tx, image_id))
        assert "told what is another project's: GET" in found(site)
    with monkeypatch.context() as patch:
        patch.setattr(edit, "get_mutable", lambda tx, _, image_id: lookup.get(tx, image_id))
        assert "reader, other or nobody changed images" in found(site)
    with monkeypatch.context() as patch:
        patch.setattr(lookup, "get_visible", lambda *_: 1 / 0)
        assert "server error: GET" in found(site)
