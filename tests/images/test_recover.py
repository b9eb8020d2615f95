from __future__ import annotations

from pathlib import Path

import pytest

from moorage import ids
from moorage.context import Context
from moorage.images import content, states
from moorage.images.model import NewImage
from moorage.images.service import claim, edit, ensure, recover
from moorage.images.service import upload as uploads
from moorage.images.service.lookup import get
from moorage.store import Store
from tests.support.app import make_store

OWNER = Context(user_id="u", project_id="p")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


@pytest.fixture
def image_dir(tmp_path: Path) -> Path:
    path = tmp_path / "images"
    path.mkdir()
    return path


def make(store: Store) -> str:
    new = NewImage(id=ids.new(), owner="p", disk_format="raw", container_format="bare")
    with store.write() as tx:
        return ensure(tx, new).id


def status(store: Store, image_id: str) -> str:
    with store.read() as tx:
        return get(tx, image_id).status


def recovered(store: Store, image_dir: Path) -> list[str]:
    with store.write() as tx:
        return recover(tx, image_dir)


def begun(store: Store, image_dir: Path) -> tuple[str, content.Draft]:
    image_id = make(store)
    draft = content.Draft(image_dir, image_id, 1 << 20)
    with store.write() as tx:
        uploads.begin(tx, OWNER, image_id)
    draft.write([b"half"])
    return image_id, draft


def test_upload_of_a_dead_process_is_queued_again_and_its_draft_removed(store: Store, image_dir: Path) -> None:
    image_id, draft = begun(store, image_dir)
    draft.close()  # what death does: the lock is gone
    assert recovered(store, image_dir) == [image_id]
    assert status(store, image_id) == states.QUEUED
    assert list(image_dir.iterdir()) == []


@pytest.mark.parametrize("is_published", [False, True])
def test_running_upload_is_left_alone(store: Store, image_dir: Path, is_published: bool) -> None:
    image_id, draft = begun(store, image_dir)
    facts = draft.publish("raw") if is_published else None
    assert recovered(store, image_dir) == []
    assert status(store, image_id) == states.SAVING
    with store.write() as tx:
        uploads.finish(tx, image_id, facts or draft.publish("raw"))
    draft.close()
    assert recovered(store, image_dir) == []
    assert (image_dir / image_id).read_bytes() == b"half"


def test_file_published_before_the_row_said_so_is_removed(store: Store, image_dir: Path) -> None:
    image_id, draft = begun(store, image_dir)
    draft.publish("raw")
    draft.close()
    assert recovered(store, image_dir) == [image_id]
    assert list(image_dir.iterdir()) == []


def test_file_of_a_deleted_image_is_removed_and_foreign_files_stay(store: Store, image_dir: Path) -> None:
    image_id, draft = begun(store, image_dir)
    with store.write() as tx:
        uploads.finish(tx, image_id, draft.publish("raw"))
    draft.close()
    with store.write() as tx:
        edit.delete(tx, OWNER, image_id)
    (image_dir / "notes.txt").touch()
    recovered(store, image_dir)
    assert [path.name for path in image_dir.iterdir()] == ["notes.txt"]


def test_image_claimed_by_a_durable_operation_is_left_to_it(store: Store, image_dir: Path) -> None:
    image_id = make(store)
    with store.write() as tx:
        claim(tx, image_id)
    for name in (image_id, f".{image_id}.partial"):
        (image_dir / name).write_bytes(b"half")
    assert recovered(store, image_dir) == []
    assert status(store, image_id) == states.SAVING
    assert len(list(image_dir.iterdir())) == 2
