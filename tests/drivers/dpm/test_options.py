"""The [dpm] section: names, defaults, and what is refused before the HMC is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from oslo_config import cfg

from moorage import errors
from moorage.drivers.dpm import GROUP, OPTIONS, DpmSettings

SECTION = """
[dpm]
hmc = hmc1.example.org, hmc2.example.org
hmc_username = moorage
hmc_password = s3cret-word
cpc_object_id = aaaa
max_processors = 4
max_memory = 8192
physical_storage_adapter_mappings = bbbb:0
physical_storage_adapter_mappings = cccc:1
target_wwpn_ignore_list = 5005076802100001, 0x5005076802100002
"""


def settings_of(text: str, tmp_path: Path) -> DpmSettings:
    file = tmp_path / "moorage.conf"
    file.write_text(text)
    conf = cfg.ConfigOpts()
    conf.register_opts(OPTIONS, group=GROUP)
    conf(["--config-file", str(file)], project="moorage")
    return DpmSettings.from_section(conf.dpm)


def test_section_of_nova_dpm_is_understood(tmp_path: Path) -> None:
    settings = settings_of(SECTION, tmp_path)
    assert settings.hmc == ("hmc1.example.org", "hmc2.example.org")
    assert settings.physical_storage_adapter_mappings == ("bbbb:0", "cccc:1")
    assert settings.target_wwpn_ignore_list == ("5005076802100001", "0x5005076802100002")
    assert (settings.hmc_port, settings.hmc_notification_port) == (6794, 61612)


def test_certificate_is_checked_unless_told_otherwise(tmp_path: Path) -> None:
    assert settings_of(SECTION, tmp_path).certificate_check is True
    assert settings_of(SECTION + "ca_file = /etc/hmc.pem\n", tmp_path).certificate_check == "/etc/hmc.pem"
    assert settings_of(SECTION + "verify_cert = false\nca_file = /etc/hmc.pem\n", tmp_path).certificate_check is False


def test_password_is_not_in_the_text_of_the_settings(tmp_path: Path) -> None:
    assert "s3cret-word" not in repr(settings_of(SECTION, tmp_path))
    assert next(option for option in OPTIONS if option.name == "hmc_password").secret


def test_every_option_says_what_it_is_for() -> None:
    assert [option.name for option in OPTIONS if not option.help] == []


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("hmc =", "hmc"),
        ("hmc_password =", "hmc_password"),
        ("cpc_object_id =", "cpc_object_id"),
        ("start_timeout_s = 60", "start_timeout_s"),
    ],
)
def test_unusable_value_is_one_line_naming_its_option(line: str, names: str, tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        settings_of(SECTION + line + "\n", tmp_path)
    assert caught.value.message.startswith(f"[dpm] {names}: ")
    assert "\n" not in caught.value.message


def test_memory_below_the_minimum_of_a_partition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(cfg.ConfigFileValueError, match="max_memory"):
        settings_of(SECTION.replace("8192", "511"), tmp_path).max_memory  # noqa: B018
