"""Volumes as rows: found again under their id, on the backend of their type or source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moorage import errors, ids
from moorage.store import Store, Tx
from moorage.volumes.model import Volume
from moorage.volumes.service import quotas, snapshots, types, volumes
from tests.support.app import make_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = make_store(tmp_path)
    with made.write() as tx:
        types.ensure_defaults(tx, ["one", "two"])
    yield made
    made.close()


def add(tx: Tx, **fields: Any) -> Volume:
    values = {"volume_id": ids.new(), "project_id": "p", "user_id": "u", "size_gib": 1, "name": "v"}
    return volumes.insert(tx, **{**values, "availability_zone": "nova", **fields})  # type: ignore[arg-type]


def test_the_same_id_is_the_same_volume_and_counts_once(store: Store) -> None:
    volume_id = ids.new()
    with store.write() as tx:
        quotas.set_limits(tx, "p", {"volumes": 1})
        first = add(tx, volume_id=volume_id, created_for_server="s")
        assert add(tx, volume_id=volume_id, name="other") == first
        with pytest.raises(errors.OverQuota, match="VolumeLimitExceeded"):
            add(tx)
        volumes.forget(tx, volume_id)
        volumes.forget(tx, volume_id)
        add(tx)


def test_the_type_decides_the_backend_and_the_first_is_the_default(store: Store) -> None:
    with store.write() as tx:
        assert add(tx).backend == "one"
        assert add(tx, volume_type="two").backend == "two"
        assert add(tx, volume_type=types.named(tx, "two").id).backend == "two"
        assert types.backend_of(tx, None) == "one"
        with pytest.raises(errors.BadRequest, match="Volume type none could not be found"):
            add(tx, volume_type="none")


def test_copies_stay_on_the_backend_of_their_source(store: Store) -> None:
    with store.write() as tx:
        source = add(tx, volume_type="two", bootable=True, image_metadata={"image_name": "i"})
        kept = snapshots.insert(tx, source, snapshot_id=ids.new(), project_id="p", user_id="u", name="s")
        copy = add(tx, snapshot_id=kept.id)
        assert (copy.backend, copy.volume_type_id) == ("two", source.volume_type_id)
        assert (copy.bootable, copy.image_metadata) == (True, {"image_name": "i"})
        with pytest.raises(errors.BadRequest, match="not compatible"):
            add(tx, source_volid=source.id, volume_type="one")


def test_default_types_are_made_once(store: Store) -> None:
    with store.write() as tx:
        before = types.every(tx)
        types.ensure_defaults(tx, ["one", "two"])
        assert types.every(tx) == before
        assert [kind.name for kind in before] == ["one", "two", "__DEFAULT__"]


def test_what_grows_counts_with_its_new_size(store: Store) -> None:
    with store.write() as tx:
        volume = add(tx)
        volumes.update(tx, volume.id, extending_to_gib=5)
        assert quotas.usage_of(tx, "p")["gigabytes"] == 5
