"""In which order is an HMC examined? First what everything else needs: an answer, a session, a CPC.

Nothing is sent but GET requests, the log-on and the log-off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import zhmcclient

from moorage import errors
from moorage.drivers.dpm import faults, start_checks
from moorage.drivers.dpm.doctor import groups, habits
from moorage.drivers.dpm.doctor.model import Finding, Verdict
from moorage.drivers.dpm.notices import JobNotices
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.sessions import Hmc, SessionPool

Check = Callable[[Hmc, DpmSettings], Iterator[Finding]]


def examine(settings: DpmSettings) -> list[Finding]:
    """Raises ``errors.Unknown`` when the HMC does not answer, ``errors.Refused`` when it does not let the user in."""
    pool = SessionPool(settings)
    try:
        with faults.translated("examination of the HMC"), pool.lease() as hmc:
            found = [_session(hmc), *_section(hmc, settings), *_notices(hmc, settings)]
            if found[1].verdict is not Verdict.FAILED:
                for check in (*habits.CHECKS, *groups.CHECKS):
                    found += _answered(check, hmc, settings)
    finally:
        pool.close()
    return found


def _session(hmc: Hmc) -> Finding:
    version = hmc.get("/api/version")
    level = f"{version.get('api-major-version')}.{version.get('api-minor-version')}"
    said = f"HMC {version.get('hmc-name')} version {version.get('hmc-version')}, API {level}, certificate checked"
    return Finding(name="session", verdict=Verdict.OK, said=said)


def _section(hmc: Hmc, settings: DpmSettings) -> Iterator[Finding]:
    try:
        section = start_checks.check_section(hmc, settings)
    except errors.ConfigError as error:
        yield Finding(name="section", verdict=Verdict.FAILED, said=error.message)
        return
    ports = len(section.port_uris)
    yield Finding(name="section", verdict=Verdict.OK, said=f"[dpm] fits the CPC, with {ports} storage ports")
    cpc = start_checks.read_cpc(hmc, settings)
    model = "storage groups" if section.has_groups else "HBAs"
    said = f"CPC {cpc.get('name')}, SE {cpc.get('se-version')}, status {cpc.get('status')}, with {model}"
    yield Finding(name="storage-model", verdict=Verdict.OK, said=said)


def _notices(hmc: Hmc, settings: DpmSettings) -> Iterator[Finding]:
    notices = JobNotices(settings)
    try:
        is_heard = notices.listen(hmc.session)
    finally:
        notices.close()
    port = settings.hmc_notification_port
    if is_heard:
        yield Finding(name="notices", verdict=Verdict.OK, said=f"the job topic can be listened to on port {port}")
    else:
        said = f"port {port} does not answer: jobs and states are polled, which is slower"
        yield Finding(name="notices", verdict=Verdict.DIFFERS, said=said)


def _answered(check: Check, hmc: Hmc, settings: DpmSettings) -> list[Finding]:
    """A question the HMC refuses is a finding, not the end."""
    try:
        return list(check(hmc, settings))
    except zhmcclient.HTTPError as error:
        name = check.__name__.replace("_", "-")
        said = f"{error.request_method} {error.request_uri} was refused: {error.http_status},{error.reason}"
        return [Finding(name=name, verdict=Verdict.FAILED, said=f"{said}: {error.message}")]
