"""Where things are and how the process runs: options and command line brought together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from oslo_config import cfg

from moorage import errors
from moorage.config.load import load
from moorage.store.engines import checked_url, is_sqlite, sqlite_url


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What ``serve`` and the commands beside it need to know."""

    conf: cfg.ConfigOpts
    data_dir: Path
    host: str
    port: int

    @property
    def database_url(self) -> str:
        url: str = self.conf.database_url
        return checked_url(url) if url else sqlite_url(self.data_dir / "moorage.db")

    @property
    def journal_url(self) -> str:
        """The engine's own file or schema, apart from the rows: there is no common transaction, by design."""
        return sqlite_url(self.data_dir / "journal.db") if is_sqlite(self.database_url) else self.database_url

    @property
    def array_file(self) -> Path:
        return Path(self.conf.volumes.fcarray_file or self.data_dir / "fcarray" / "array.db")

    @property
    def url(self) -> str:
        """The address clients use."""
        if self.conf.public_url:
            return str(self.conf.public_url).rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.conf.tls_cert_file else 'http'}://{host}:{self.port}"


def read(config_file: str | None, data_dir: str | None, listen: str | None = None) -> Settings:
    """Options of the file, the command line over them."""
    directory = Path(data_dir).expanduser().resolve() if data_dir else None
    path = Path(config_file) if config_file else None
    if path is None and (implied := (directory or default_data_dir()) / "moorage.conf").is_file():
        path = implied
    conf: Any = load(path)
    directory = directory or (Path(conf.data_dir).expanduser().resolve() if conf.data_dir else default_data_dir())
    host, port = address(listen or conf.listen)
    return Settings(conf=conf, data_dir=directory, host=host, port=port)


def default_data_dir() -> Path:
    """``$XDG_DATA_HOME/moorage``, usually ``~/.local/share/moorage``."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "moorage"


def address(text: str, option: str = "listen") -> tuple[str, int]:
    """Host and port of ``<address>:<port>``; IPv6 addresses stand in brackets."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise errors.ConfigError(f"{option} = {text}: must be <address>:<port>, such as 127.0.0.1:8780")
    return host.strip("[]"), int(port)
