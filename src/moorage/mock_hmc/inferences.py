"""Which readings of the documentation does the mock follow where a real HMC has not been asked?

Each switch is one inference; both of its readings can be tested. The defaults are the readings held likelier.
``docs/howto/mock-hmc-inferences.md`` says how each is checked on real hardware.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from moorage.errors import ConfigError


@dataclass(frozen=True)
class Inferences:
    """What is assumed of storage groups and their partitions, and of what systems in those see."""

    has_wwpns_at_creation: bool = True
    """A new group has its WWPNs at once; else they come a start delay later, and attaching waits for them."""
    has_validated_wwpns: bool = False
    """New WWPNs are already known to the fabric; else only after a discovery that found the volumes."""
    has_port_at_attach: bool = True
    """Attaching gives a validated WWPN its port; else the port is null whatever the WWPN's status."""
    has_port_at_fulfillment: bool = True
    """Telling a boot volume's path moves a virtual storage resource without port to the port told."""
    has_path_check_at_fulfillment: bool = False
    """A path that does not answer is refused when told; else only the start finds out."""
    has_fulfillment_at_once: bool = True
    """A volume is complete as soon as its path was told; else a start delay later."""
    has_repeated_fulfillment: bool = True
    """A complete volume may be told another path."""
    has_wwpns_back_on_detach: bool = True
    """Detached WWPNs are the group's unassigned ones again; else new ones take their place."""
    has_wwpns_back_on_deletion: bool = True
    """The same for a partition deleted with its groups attached."""
    has_deletion_while_attached: bool = True
    """A partition with groups attached can be deleted, which detaches them."""
    has_reservation_error_when_incomplete: bool = False
    """Starting with an unfulfilled boot volume ends in ``reservation-error``; else the load fails."""

    has_overprovisioned_for_undeclared: bool = True
    """A LUN found that nobody declared makes the group ``overprovisioned``; else ``pending-with-mismatches``."""
    has_name_clash_as_400: bool = True
    """A name in use is 400,8; else 409,8."""
    has_image_beside_storage: bool = True
    """A system booted from storage can read the mounted ISO image; else it sees none."""

    def with_option(self, text: str) -> Inferences:
        """``NAME=yes|no`` with hyphens in the name. Raises ConfigError."""
        name, _, value = text.partition("=")
        if name not in inference_names() or value not in ("yes", "no"):
            known = ", ".join(inference_names())
            raise ConfigError(f"--infer: '{text}' is not NAME=yes|no with a name of {known}")
        changes = {name.replace("-", "_"): value == "yes"}
        return replace(self, **changes)


def inference_names() -> list[str]:
    """The switches as they are written in options."""
    return [field.name.replace("_", "-") for field in fields(Inferences)]
