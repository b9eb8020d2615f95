"""Servers as QEMU guests on hosts with libvirt. Needs libvirt-python, the extra ``moorage[libvirt]``."""

from moorage.drivers.libvirt.driver import LibvirtDriver
from moorage.drivers.libvirt.options import LibvirtSettings

__all__ = ["LibvirtDriver", "LibvirtSettings"]
