"""Which provider networks does ``moorage.conf`` name, and does what it says of them make sense?"""

from __future__ import annotations

import ipaddress
from typing import Any

from oslo_config import cfg

from moorage import errors
from moorage.networks.model import Address, Network, Networks

_PHYSICAL = ("virtual_switches", "adapter_ports", "bridges")
Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(conf: cfg.ConfigOpts) -> Networks:
    """The networks of ``[networks] names``; ConfigError names section, option, value and reason."""
    return Networks(_network(name, conf[f"network:{name}"]) for name in conf.networks.names)


def _network(name: str, section: Any) -> Network:
    subnet = _subnet(name, section.cidr)
    first, last = _pool(name, section.allocation_pool, subnet)
    gateway = _address(name, "gateway", section.gateway, subnet) if section.gateway else None
    return Network(
        name=name, cidr=str(subnet), gateway=str(gateway) if gateway else None,
        dns=[str(_address(name, "dns", text)) for text in section.dns],
        vlan=section.vlan, mtu=section.mtu, first=str(first), last=str(last), description=section.description,
        physical={word: list(section[word]) for word in _PHYSICAL if section[word]},
    )  # fmt: skip


def _subnet(name: str, text: str) -> Subnet:
    try:
        return ipaddress.ip_network(text)
    except ValueError as problem:
        raise _wrong(name, "cidr", text, f"must be a subnet, such as 10.1.0.0/16 ({problem})") from None


def _pool(name: str, text: str, subnet: Subnet) -> tuple[Address, Address]:
    """The ends of what is given out: all but the network's own and the broadcast address unless configured."""
    if not text:
        margin = 1 if subnet.num_addresses > 2 else 0
        return subnet[margin], subnet[-1 - margin]
    first_text, dash, last_text = text.partition("-")
    if not dash:
        raise _wrong(name, "allocation_pool", text, "must be <first>-<last>")
    first, last = (_address(name, "allocation_pool", end.strip(), subnet) for end in (first_text, last_text))
    if int(first) > int(last):
        raise _wrong(name, "allocation_pool", text, "must be <first>-<last>, the lower address first")
    return first, last


def _address(name: str, option: str, text: str, subnet: Subnet | None = None) -> Address:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise _wrong(name, option, text, "is no IP address") from None
    if subnet is not None and address not in subnet:
        raise _wrong(name, option, text, f"is not in cidr {subnet}")
    return address


def _wrong(name: str, option: str, value: str, reason: str) -> errors.ConfigError:
    return errors.ConfigError(f"[network:{name}] {option} = {value}: {reason}")
