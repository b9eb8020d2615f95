"""What every storage backend promises, run against each of them."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from moorage import errors
from moorage.drivers.fcarray import FcArray
from moorage.drivers.files import FileVolumes
from moorage.volumes.content import GIB
from moorage.volumes.forms import Qcow2
from moorage.volumes.ports import Connector, VolumeBackend

MIB = 1024 * 1024
CONNECTOR: Connector = {"host": "server-1", "wwpns": ["C05076FFE5000001", "c05076ffe5000002"]}
MAKERS: dict[str, Callable[[Path], VolumeBackend]] = {
    "fcarray": lambda place: FcArray("gold", place / "array.db"),
    "files": lambda place: FileVolumes("gold", place / "volumes"),
    "qcow2": lambda place: FileVolumes("gold", place / "volumes", Qcow2()),
}


@pytest.fixture(params=sorted(MAKERS))
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], VolumeBackend]:
    """Opens the same storage each time it is called, as a restarted process does."""
    return lambda: MAKERS[request.param](tmp_path / "storage")


@pytest.fixture
def backend(make: Callable[[], VolumeBackend]) -> VolumeBackend:
    return make()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.raw"
    path.write_bytes(os.urandom(3 * MIB) + bytes(2 * MIB) + b"end")
    return path


def content(backend: VolumeBackend, volume_id: str, tmp_path: Path) -> bytes:
    """The volume's first 8 MiB, and its whole size as a check."""
    raw = tmp_path / f"read-{volume_id}"
    backend.read_image(volume_id, raw)
    with raw.open("rb") as reader:
        return reader.read(8 * MIB)


def size(backend: VolumeBackend, volume_id: str, tmp_path: Path) -> int:
    backend.read_image(volume_id, tmp_path / "sized")
    return (tmp_path / "sized").stat().st_size


def as_written(image: Path) -> bytes:
    return image.read_bytes().ljust(8 * MIB, b"\0")


def test_new_volume_has_its_size_and_only_zeros(backend: VolumeBackend, tmp_path: Path) -> None:
    backend.create("v", 2)
    assert size(backend, "v", tmp_path) == 2 * GIB
    assert content(backend, "v", tmp_path) == bytes(8 * MIB)


def test_creating_again_keeps_the_content(make: Callable[[], VolumeBackend], image: Path, tmp_path: Path) -> None:
    make().create("v", 1)
    make().write_image("v", image, "raw")
    make().create("v", 1)
    assert content(make(), "v", tmp_path) == as_written(image)


def test_creating_again_larger_is_refused(backend: VolumeBackend) -> None:
    backend.create("v", 1)
    with pytest.raises(errors.Refused, match="exists already"):
        backend.create("v", 2)


def test_image_written_over_another_leaves_nothing_of_it(backend: VolumeBackend, image: Path, tmp_path: Path) -> None:
    backend.create("v", 1)
    backend.write_image("v", image, "raw")
    short = tmp_path / "short.raw"
    short.write_bytes(b"short")
    backend.write_image("v", short, "raw")
    assert content(backend, "v", tmp_path) == as_written(short)
    assert size(backend, "v", tmp_path) == GIB


def test_volume_takes_no_more_room_than_its_data(backend: VolumeBackend, image: Path, tmp_path: Path) -> None:
    backend.create("v", 100)
    backend.write_image("v", image, "raw")
    backend.clone("copy", "v", 100)
    for path in (tmp_path / "storage").rglob("volumes/*"):
        if path.is_file():
            assert size(backend, path.name, tmp_path) == 100 * GIB
            assert 3 * MIB <= path.stat().st_blocks * 512 < 4 * MIB


def test_image_larger_than_the_volume_is_refused(backend: VolumeBackend, image: Path, tmp_path: Path) -> None:
    backend.create("v", 1)
    backend.write_image("v", image, "raw")
    huge = tmp_path / "huge.raw"
    huge.touch()
    os.truncate(huge, GIB + 1)
    with pytest.raises(errors.Refused, match="needs"):
        backend.write_image("v", huge, "raw")
    assert content(backend, "v", tmp_path) == as_written(image)


def test_image_of_another_format_is_refused(backend: VolumeBackend, image: Path) -> None:
    backend.create("v", 1)
    with pytest.raises(errors.Refused, match="vmdk"):
        backend.write_image("v", image, "vmdk")


def test_missing_image_is_refused(backend: VolumeBackend, tmp_path: Path) -> None:
    backend.create("v", 1)
    with pytest.raises(errors.Refused, match=r"gone\.raw"):
        backend.write_image("v", tmp_path / "gone.raw", "raw")


def test_raw_image_called_qcow2_is_refused(backend: VolumeBackend, image: Path) -> None:
    backend.create("v", 1)
    with pytest.raises(errors.Refused, match="not qcow2"):
        backend.write_image("v", image, "qcow2")


@pytest.mark.parametrize(("backing", "features"), [(512, 0), (0, 4)], ids=["backing file", "data file"])
def test_qcow2_that_refers_to_another_file_is_refused(
    backend: VolumeBackend, tmp_path: Path, backing: int, features: int
) -> None:
    evil = tmp_path / "evil.qcow2"
    evil.write_bytes(struct.pack(">4sIQIIQ40xQ", b"QFI\xfb", 3, backing, 0, 16, MIB, features))
    backend.create("v", 1)
    with pytest.raises(errors.Refused, match="another file"):
        backend.write_image("v", evil, "qcow2")


def test_qcow2_larger_than_the_volume_is_refused(backend: VolumeBackend, tmp_path: Path) -> None:
    large = tmp_path / "large.qcow2"
    large.write_bytes(struct.pack(">4sIQIIQ40xQ", b"QFI\xfb", 3, 0, 0, 16, 2 * GIB, 0))
    backend.create("v", 1)
    with pytest.raises(errors.Refused, match="needs"):
        backend.write_image("v", large, "qcow2")


def test_qcow2_without_qemu_img_is_refused(
    backend: VolumeBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small.qcow2"
    small.write_bytes(struct.pack(">4sIQIIQ40xQ", b"QFI\xfb", 3, 0, 0, 16, MIB, 0))
    backend.create("v", 1)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.Refused, match="qemu-img"):
        backend.write_image("v", small, "qcow2")


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
def test_qcow2_is_converted(backend: VolumeBackend, image: Path, tmp_path: Path) -> None:
    qcow2 = tmp_path / "image.qcow2"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", image, qcow2], check=True)
    backend.create("v", 1)
    backend.write_image("v", qcow2, "qcow2")
    assert content(backend, "v", tmp_path) == as_written(image)
    assert size(backend, "v", tmp_path) == GIB


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
def test_broken_qcow2_is_refused_and_changes_nothing(backend: VolumeBackend, image: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.qcow2"
    broken.write_bytes(struct.pack(">4sIQIIQ40xQ", b"QFI\xfb", 3, 0, 0, 16, MIB, 0))
    backend.create("v", 1)
    backend.write_image("v", image, "raw")
    with pytest.raises(errors.Refused, match="cannot convert"):
        backend.write_image("v", broken, "qcow2")
    assert content(backend, "v", tmp_path) == as_written(image)


def test_clone_is_a_copy_that_lives_by_itself(backend: VolumeBackend, image: Path, tmp_path: Path) -> None:
    backend.create("v", 1)
    backend.write_image("v", image, "raw")
    backend.clone("copy", "v", 2)
    backend.delete("v")
    backend.clone("copy", "v", 2)  # repeated after the source is gone
    assert content(backend, "copy", tmp_path) == as_written(image)
    assert size(backend, "copy", tmp_path) == 2 * GIB


def test_clone_smaller_than_its_source_is_refused(backend: VolumeBackend) -> None:
    backend.create("v", 2)
    with pytest.raises(errors.Refused, match="needs"):
        backend.clone("copy", "v", 1)


def test_snapshot_keeps_the_content_of_its_moment(backend: VolumeBackend, image: Path, tmp_path: Path) -> None:
    backend.create("v", 1)
    backend.write_image("v", image, "raw")
    backend.create_snapshot("s", "v")
    (tmp_path / "other.raw").write_bytes(b"other")
    backend.write_image("v", tmp_path / "other.raw", "raw")
    backend.create_snapshot("s", "v")  # repeated: must not take the new content
    backend.create_from_snapshot("w", "s", 1)
    backend.delete_snapshot("s")
    backend.delete_snapshot("s")
    assert content(backend, "w", tmp_path) == as_written(image)
    with pytest.raises(errors.Refused):
        backend.create_from_snapshot("x", "s", 1)


def test_extended_volume_keeps_its_content_and_never_shrinks(
    backend: VolumeBackend, image: Path, tmp_path: Path
) -> None:
    backend.create("v", 1)
    backend.write_image("v", image, "raw")
    for size_gib in (3, 3, 2):
        backend.extend("v", size_gib)
        assert size(backend, "v", tmp_path) == 3 * GIB
    assert content(backend, "v", tmp_path) == as_written(image)


def test_deleted_volume_is_gone_and_deleting_again_succeeds(
    make: Callable[[], VolumeBackend], image: Path, tmp_path: Path
) -> None:
    make().create("v", 1)
    make().write_image("v", image, "raw")
    make().delete("v")
    make().delete("v")
    assert not [path for path in (tmp_path / "storage").rglob("*v*") if path.name.strip(".").startswith("v.")]
    make().create("v", 1)
    assert content(make(), "v", tmp_path) == bytes(8 * MIB)


@pytest.mark.parametrize(
    "call",
    [
        lambda b, p: b.write_image("none", p / "image.raw", "raw"),
        lambda b, p: b.read_image("none", p / "out"),
        lambda b, p: b.clone("new", "none", 1),
        lambda b, p: b.create_from_snapshot("new", "none", 1),
        lambda b, p: b.create_snapshot("new", "none"),
        lambda b, p: b.extend("none", 2),
        lambda b, p: b.connect("none", CONNECTOR),
    ],
    ids=["write_image", "read_image", "clone", "create_from_snapshot", "create_snapshot", "extend", "connect"],
)
def test_missing_object_is_refused_by_name(
    backend: VolumeBackend, image: Path, tmp_path: Path, call: Callable[[VolumeBackend, Path], None]
) -> None:
    with pytest.raises(errors.Refused, match="none"):
        call(backend, tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("volume_id", ["../../escaped", "/etc/escaped", "", ".hidden", "a/b"])
def test_id_that_is_no_file_name_is_refused(backend: VolumeBackend, volume_id: str) -> None:
    with pytest.raises(errors.Refused, match="cannot be the id"):
        backend.create(volume_id, 1)
    with pytest.raises(errors.Refused, match="cannot be the id"):
        backend.delete(volume_id)


def test_connecting_twice_gives_the_same_answer(make: Callable[[], VolumeBackend]) -> None:
    make().create("v", 1)
    first = make().connect("v", CONNECTOR)
    assert make().connect("v", CONNECTOR) == first
    assert first["driver_volume_type"] == make().protocol
    assert first["data"]["volume_id"] == "v"
    make().disconnect("v", CONNECTOR)
    make().disconnect("v", CONNECTOR)
    make().disconnect("never-made", CONNECTOR)
    make().delete("v")


def test_pool_tells_the_capacity_of_the_disk(backend: VolumeBackend, tmp_path: Path) -> None:
    pool = backend.pool()
    assert pool.name == "gold"
    assert pool.total_gib == pytest.approx(shutil.disk_usage(tmp_path).total / GIB, rel=0.01)
    assert 0 < pool.free_gib < pool.total_gib


def test_writers_of_one_volume_take_turns(make: Callable[[], VolumeBackend], tmp_path: Path) -> None:
    images = [tmp_path / f"image-{number}" for number in range(4)]
    for number, path in enumerate(images):
        path.write_bytes(bytes([number + 1]) * 3 * MIB)
    make().create("v", 1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: make().write_image("v", path, "raw"), images * 3))
    assert content(make(), "v", tmp_path) in [as_written(path) for path in images]


KILLED = """
import os, pathlib, signal, sys
from pathlib import Path
from tests.drivers.test_volume_contract import MAKERS
kind, storage, image, point = sys.argv[1:]
backend = MAKERS[kind](Path(storage))
calls = 0
def dying(real, at, after=False):
    def call(*args):
        global calls
        calls += 1
        if after: real(*args)
        if calls == at: os.kill(os.getpid(), signal.SIGKILL)
        return None if after else real(*args)
    return call
if point == "copying" and kind == "qcow2": os.fsync = dying(os.fsync, 1)  # qemu-img copies in its own process
elif point == "copying": os.pread = dying(os.pread, 3)
if point == "synced": pathlib.Path.replace = dying(pathlib.Path.replace, 1)
if point == "renamed": pathlib.Path.replace = dying(pathlib.Path.replace, 1, after=True)
backend.write_image("v", Path(image), "raw")
"""


@pytest.mark.parametrize("point", ["copying", "synced", "renamed"])
@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_write_image_killed_in_the_middle_never_leaves_half(kind: str, point: str, image: Path, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    (tmp_path / "old.raw").write_bytes(b"old content")
    backend = MAKERS[kind](storage)
    backend.create("v", 1)
    backend.write_image("v", tmp_path / "old.raw", "raw")

    died = subprocess.run([sys.executable, "-c", KILLED, kind, str(storage), str(image), point])

    assert died.returncode == -signal.SIGKILL
    drafts = list(storage.rglob(".v.partial"))
    assert bool(drafts) == (point != "renamed"), "the process must have died with its draft in hand"
    whole = image if point == "renamed" else tmp_path / "old.raw"
    assert content(backend, "v", tmp_path) == as_written(whole)
    backend.write_image("v", tmp_path / "old.raw", "raw")  # shorter than what the dead writer left in its draft
    assert content(backend, "v", tmp_path) == as_written(tmp_path / "old.raw")
    backend.write_image("v", image, "raw")
    assert content(backend, "v", tmp_path) == as_written(image)
    assert not list(storage.rglob(".v.partial"))
