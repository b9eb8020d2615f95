from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from moorage import errors, ids
from moorage.context import Context
from moorage.images import service, states
from moorage.images.content import location_of
from moorage.images.model import NewImage
from moorage.images.service import edit
from moorage.images.service import upload as uploads
from moorage.images.service.lookup import get
from moorage.store import Store
from tests.support.app import make_store

OWNER = Context(user_id="u", project_id="p")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


@pytest.fixture
def new() -> NewImage:
    return NewImage(id=ids.new(), owner="p", name="from volume", disk_format="raw", container_format="bare")


def test_every_step_may_be_repeated_and_ends_with_one_active_image(store: Store, new: NewImage, tmp_path: Path) -> None:
    path = tmp_path / location_of(new.id)
    path.write_bytes(b"volume" * 1000)
    for _ in range(2):
        with store.write() as tx:
            service.ensure(tx, new)
        with store.write() as tx:
            service.claim(tx, new.id)
        facts = service.facts_of(path, "raw")
        for _ in range(2):
            with store.write() as tx:
                image = service.activate(tx, new.id, facts)
    assert (image.status, image.size, image.virtual_size) == ("active", 6000, 6000)
    assert image.checksum == hashlib.md5(b"volume" * 1000).hexdigest()
    assert service.path_of(tmp_path, image) == path


def test_claimed_image_takes_no_upload_until_released(store: Store, new: NewImage) -> None:
    with store.write() as tx:
        service.ensure(tx, new)
        service.claim(tx, new.id)
    with store.write() as tx, pytest.raises(errors.Conflict):
        uploads.begin(tx, OWNER, new.id)
    with store.write() as tx:
        service.release(tx, new.id)
        assert uploads.begin(tx, OWNER, new.id).status == states.SAVING


def test_operation_learns_that_its_image_was_deleted(store: Store, new: NewImage, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with store.write() as tx:
        service.ensure(tx, new)
        service.claim(tx, new.id)
        edit.delete(tx, OWNER, new.id)
    for step in (
        lambda tx: service.ensure(tx, new),
        lambda tx: service.claim(tx, new.id),
        lambda tx: service.activate(tx, new.id, service.facts_of(tmp_path / "x", "raw")),
    ):
        with store.write() as tx, pytest.raises(errors.NotFound, match=new.id):
            step(tx)
    with store.write() as tx:
        service.release(tx, new.id)


def test_image_without_bytes_has_no_path(store: Store, new: NewImage, tmp_path: Path) -> None:
    with store.write() as tx:
        service.ensure(tx, new)
        service.claim(tx, new.id)
        with pytest.raises(errors.NotFound):
            service.path_of(tmp_path, get(tx, new.id))
