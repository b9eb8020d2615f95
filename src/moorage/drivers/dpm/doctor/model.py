"""What does an examination find, and what is left to try by hand?"""

from __future__ import annotations

import enum

import msgspec


class Verdict(enum.StrEnum):
    OK = "ok"
    """As the driver assumes it."""
    DIFFERS = "differs"
    """Not as the driver assumes it."""
    UNSEEN = "unseen"
    """Nothing on this HMC shows it."""
    FAILED = "failed"
    """Needed for the driver to work, and it does not."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One answer."""

    name: str
    verdict: Verdict
    said: str


BY_HAND = {
    "has-wwpns-at-creation": "create a group, read it every second until it has its WWPNs",
    "has-validated-wwpns": "create a group and read the status of its WWPNs before anything is zoned",
    "has-port-at-fulfillment": "fulfil the boot volume of an attached group, list its virtual storage resources again",
    "has-path-check-at-fulfillment": "fulfil with a LUN that is not masked",
    "has-fulfillment-at-once": "fulfil, read the volume every second",
    "has-repeated-fulfillment": "fulfil twice, with another target",
    "has-wwpns-back-on-detach": "compare the WWPNs of a group before it is attached and after it was detached",
    "has-wwpns-back-on-deletion": "delete a partition with its group attached, compare the group's WWPNs",
    "has-deletion-while-attached": "the same attempt",
    "has-reservation-error-when-incomplete": "start a partition whose boot volume is not fulfilled",
    "has-overprovisioned-for-undeclared": "mask one LUN more than is declared, start a discovery, read the group",
    "has-name-clash-as-400": "create two groups of one name",
    "has-image-beside-storage": "boot a server with user data from a volume, look in it for the drive config-2",
}
"""Inference -> the experiment that decides it, which changes something and is therefore not made here."""
