"""What the openstack command asks of an extension. This one has no service: it mends when it is loaded."""

from __future__ import annotations

import argparse

from moorage_osc import mending

API_NAME = "moorage_osc"
API_VERSION_OPTION = "os_moorage_osc_version"
DEFAULT_API_VERSION = "1"


def make_client(_instance: object) -> None:
    """There is no service to talk to."""


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """No options."""
    return parser


mending.apply()
