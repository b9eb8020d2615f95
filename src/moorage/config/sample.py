"""A commented ``moorage.conf`` with every option, made by oslo.config's own generator."""

from __future__ import annotations

import io

from oslo_config import cfg, generator


def sample() -> str:
    """The text of ``docs/reference/moorage.conf.sample``."""
    out = io.StringIO()
    conf = cfg.ConfigOpts()
    generator.register_cli_opts(conf)
    conf(["--namespace", "moorage", "--wrap-width", "100"], project="moorage", default_config_files=[])
    generator.generate(conf, out)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
