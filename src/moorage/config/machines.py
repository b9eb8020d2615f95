"""Which CPCs does ``moorage.conf`` name? One in ``[dpm]``, or several with a section ``[dpm:<name>]`` each."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg

from moorage import errors
from moorage.drivers import dpm


def dpm_of(conf: Any, *, is_checked: bool) -> dpm.DpmDriver | dpm.DpmMachines:
    """One CPC as it is, or several that look like one driver; ConfigError for what does not fit, if it is checked."""
    if not conf.dpm.cpcs:
        driver = dpm.DpmDriver(dpm.DpmSettings.from_section(conf.dpm), conf.host)
        if is_checked:
            driver.check_at_start()
        return driver
    return dpm.DpmMachines({f"{conf.host}-{name}": _machine(conf, name, is_checked) for name in conf.dpm.cpcs})


def _machine(conf: Any, name: str, is_checked: bool) -> dpm.DpmDriver:
    section = f"dpm:{name}"
    try:
        driver = dpm.DpmDriver(dpm.DpmSettings.from_section(_Inherited(conf, section)), f"{conf.host}-{name}")
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
