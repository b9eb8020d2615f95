"""``[networks]``: what is read, and what a wrong value is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from moorage import errors
from moorage.config.load import load
from moorage.config.networks import networks_of
from moorage.networks.model import Networks

GOOD = """\
[networks]
names = prod, lab
[network:prod]
cidr = 10.1.0.0/24
gateway = 10.1.0.254
dns = 10.1.0.2, 10.1.0.3
vlan = 7
allocation_pool = 10.1.0.10-10.1.0.20
virtual_switches = aaa, bbb
[network:lab]
cidr = 192.168.5.0/30
bridges = br0
"""


def read(tmp_path: Path, text: str) -> Networks:
    path = tmp_path / "moorage.conf"
    path.write_text(text)
    return networks_of(load(path))


def test_networks_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    prod, lab = read(tmp_path, GOOD)
    assert (prod.name, prod.cidr, prod.gateway, prod.dns) == (
        "prod", "10.1.0.0/24", "10.1.0.254", ["10.1.0.2", "10.1.0.3"],
    )  # fmt: skip
    assert (prod.vlan, prod.mtu, prod.physical) == (7, 1500, {"virtual_switches": ["aaa", "bbb"]})
    assert list(prod.pool())[:2] == ["10.1.0.10", "10.1.0.11"]
    assert len(list(prod.pool())) == 11
    assert list(lab.pool()) == ["192.168.5.1", "192.168.5.2"]
    assert lab.physical == {"bridges": ["br0"]}


def test_no_networks_is_what_there_is_without_the_section(tmp_path: Path) -> None:
    assert len(read(tmp_path, "")) == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("10.1.0.0/24", "10.1.0.1/24", r"\[network:prod\] cidr = 10.1.0.1/24: must be a subnet"),
        ("10.1.0.254", "10.2.0.254", r"\[network:prod\] gateway = 10.2.0.254: is not in cidr 10.1.0.0/24"),
        ("10.1.0.3", "three", r"\[network:prod\] dns = three: is no IP address"),
        ("10.1.0.10-10.1.0.20", "10.1.0.20-10.1.0.10", r"\[network:prod\] allocation_pool = .*lower address first"),
        ("10.1.0.10-10.1.0.20", "10.1.0.20", r"\[network:prod\] allocation_pool = 10.1.0.20: must be <first>-<last>"),
        ("vlan = 7", "vlan = 5000", r"\[network:prod\] vlan = 5000: "),
        ("names = prod, lab", "names = prod", r"\[network:lab\]: there is no such section; \[networks\] names"),
        ("names = prod, lab", "names = prod, lab, prod", r"\[networks\] names = prod: must be"),
        ("names = prod, lab", "names = prod, l/b", r"\[networks\] names = l/b: must be"),
        ("bridges", "brigdes", r"\[network:lab\] brigdes = br0: there is no such option; did you mean bridges\?"),
        ("cidr = 192.168.5.0/30", "", r"\[network:lab\] cidr = : must be a subnet"),
    ],
)  # fmt: skip
def test_a_wrong_value_names_section_option_value_and_reason(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(errors.ConfigError, match=told):
        read(tmp_path, GOOD.replace(old, new))
