"""Volumes as raw files in a directory, for hypervisors on the same machine or a shared file system."""

from moorage.drivers.files.backend import FileVolumes

__all__ = ["FileVolumes"]
