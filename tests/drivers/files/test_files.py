"""What only the file backend promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from moorage import errors
from moorage.drivers.files import FileVolumes


def test_connection_info_names_the_file_that_holds_the_content(tmp_path: Path) -> None:
    volumes = FileVolumes("local", tmp_path / "volumes")
    volumes.create("v", 1)
    image = tmp_path / "image"
    image.write_bytes(b"boot me")
    volumes.write_image("v", image, "raw")
    connection = volumes.connect("v", {"host": "kvm1"})
    device = Path(connection["data"]["device_path"])
    assert connection == {
        "driver_volume_type": "file",
        "data": {"device_path": str(device), "format": "raw", "volume_id": "v"},
    }
    assert device.is_absolute()
    with device.open("rb") as reader:
        assert reader.read(7) == b"boot me"


def test_relative_directory_still_gives_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    volumes = FileVolumes("local", Path("here"))
    volumes.create("v", 1)
    monkeypatch.chdir("/")
    assert Path(volumes.connect("v", {})["data"]["device_path"]).exists()


def test_full_disk_is_a_definite_no(tmp_path: Path) -> None:
    volumes = FileVolumes("local", tmp_path)
    with pytest.raises(errors.Refused, match="too large"):
        volumes.create("v", 2**33 - 1)  # beyond what any file system here can hold
    assert list((tmp_path / "volumes").iterdir()) == []


def test_directory_that_vanished_is_no_answer(tmp_path: Path) -> None:
    volumes = FileVolumes("local", tmp_path / "gone")
    (tmp_path / "gone" / "volumes").rmdir()
    with pytest.raises(errors.Unknown):
        volumes.create("v", 1)
    with pytest.raises(errors.Unknown):
        volumes.delete("v")
