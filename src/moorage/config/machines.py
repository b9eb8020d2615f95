"""Which CPCs does ``moorage.conf`` name? One in ``[dpm]``, or several with a section ``[dpm:<name>]`` each."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg

from moorage import errors
from moorage.drivers import dpm


def dpm_of(conf: Any, *, is_checked: bool) -> dpm.DpmDriver | dpm.DpmMachines:
    """One CPC as it is, or several that look like one driver; ConfigError for what does not fit, if it is checked."""
    if not conf.dpm.cpcs:
        driver = dpm.DpmDriver(sections_of(conf)["dpm"], conf.host)
        if is_checked:
            driver.check_at_start()
        return driver
    return dpm.DpmMachines({f"{conf.host}-{name}": _machine(conf, name, is_checked) for name in conf.dpm.cpcs})


def sections_of(conf: Any) -> dict[str, dpm.DpmSettings]:
    """Each CPC's settings by the name of its section; ConfigError names the section."""
    names = [f"dpm:{name}" for name in conf.dpm.cpcs] or ["dpm"]
    return {name: _section(conf, name) for name in names}


def _section(conf: Any, section: str) -> dpm.DpmSettings:
    try:
        return dpm.DpmSettings.from_section(_Inherited(conf, section))
    except errors.ConfigError as wrong:
        raise errors.ConfigError(wrong.message.replace("[dpm]", f"[{section}]")) from None


def _machine(conf: Any, name: str, is_checked: bool) -> dpm.DpmDriver:
    section = f"dpm:{name}"
    driver = dpm.DpmDriver(_section(conf, section), f"{conf.host}-{name}")
    try:
        if is_checked:
            driver.check_at_start()
    except errors.ConfigError as wrong:
        raise errors.ConfigError(wrong.message.replace("[dpm]", f"[{section}]")) from None
    return driver


class _Inherited:
    """A section that takes from ``[dpm]`` what it leaves out."""

    def __init__(self, conf: cfg.ConfigOpts, section: str) -> None:
        self._conf = conf
        self._section = section

    def __getattr__(self, name: str) -> Any:
        location = self._conf.get_location(name, self._section)
        is_set = location is not None and location.location is not cfg.Locations.opt_default
        return self._conf[self._section if is_set else "dpm"][name]
