"""Read ``moorage.conf``; a wrong option stops the start with one line that names option, value and reason."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from oslo_config import cfg

from moorage import errors
from moorage.config.options import FAMILIES, GROUPS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def load(path: Path | None) -> cfg.ConfigOpts:
    """The options of a file over their defaults; ConfigError if one of them is unknown or has a wrong value."""
    if path is not None and not path.is_file():
        raise errors.ConfigError(f"--config-file {path}: there is no such file")
    conf = cfg.ConfigOpts()
    for group, options in GROUPS.items():
        conf.register_opts(options, group=None if group == "DEFAULT" else group)
    try:
        conf([], project="moorage", default_config_files=[str(path)] if path else [], default_config_dirs=[])
        named = _named(conf)
    except (cfg.Error, ValueError) as problem:
        raise errors.ConfigError(f"{path}: {_one_line(problem)}") from None
    for section, options in named.items():
        conf.register_opts(options, group=section)
    raw = _raw(path) if path else {}
    known = {**GROUPS, **named}
    _check_names(raw, known)
    _check_values(conf, raw, known)
    return conf


Sections = dict[str, list[cfg.Opt]]


def _named(conf: cfg.ConfigOpts) -> Sections:
    """The sections ``[<kind>:<name>]`` that other options name."""
    found: Sections = {}
    for kind, (section, option, options) in FAMILIES.items():
        names = conf[section][option]
        for name in names:
            if not _NAME.fullmatch(name) or names.count(name) > 1:
                raise errors.ConfigError(
                    f"[{section}] {option} = {name}: must be of letters, digits, dots, dashes and underscores, and once"
                )
            found[f"{kind}:{name}"] = options
    return found


def _raw(path: Path) -> dict[str, dict[str, list[str]]]:
    sections: dict[str, dict[str, list[str]]] = {}
    cfg.ConfigParser(str(path), sections).parse()
    return sections


def _check_names(raw: dict[str, dict[str, list[str]]], sections: Sections) -> None:
    for section, entries in raw.items():
        if section not in sections:
            raise errors.ConfigError(f"[{section}]: there is no such section{_hint(section, list(sections))}")
        known = [option.name for option in sections[section]]
        for name, values in entries.items():
            if name not in known:
                shown = f"[{section}] {name} = {values[0]}"
                raise errors.ConfigError(f"{shown}: there is no such option{_nearest(name, known)}")


def _check_values(conf: cfg.ConfigOpts, raw: dict[str, dict[str, list[str]]], sections: Sections) -> None:
    for group, options in sections.items():
        section = conf if group == "DEFAULT" else conf[group]
        for option in options:
            try:
                section[option.dest]
            except (cfg.ConfigFileValueError, ValueError) as problem:
                values = raw.get(group, {}).get(option.name, ["?"])
                value = "****" if option.secret else ", ".join(values)
                reason = re.sub(r"^Value for option .*? is not valid: ", "", _one_line(problem))
                raise errors.ConfigError(f"[{group}] {option.name} = {value}: {reason}") from None


def _hint(section: str, known: list[str]) -> str:
    kind, colon, name = section.partition(":")
    if colon and kind in FAMILIES:
        return f"; [{FAMILIES[kind][0]}] {FAMILIES[kind][1]} does not name {name}"
    return _nearest(section, known)


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())
