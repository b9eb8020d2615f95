"""Puts the parts together: rows, drivers, workflows, API. The only module that knows all of them."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moorage import errors
from moorage.api.operators import readiness
from moorage.api.operators.endpoints import Access, Endpoints
from moorage.api.services import Limits, Services
from moorage.api.surface import SERVICES, Port
from moorage.api.wire.admission import Admission, Bounds
from moorage.api.wire.policy import Policy
from moorage.api.wire.rules import rules
from moorage.audit.plan import Options
from moorage.compute.ports import KeepsTries, StateSource
from moorage.compute.service import flavors, services
from moorage.config import networks, secrets
from moorage.config.drivers import backends_of, hypervisor_of
from moorage.config.settings import Settings
from moorage.identity.service.bootstrap import bootstrap, has_accounts
from moorage.identity.service.tokens import TokenService
from moorage.images.service.recover import recover
from moorage.operations import figures as operation_figures
from moorage.operations.engine import Engine
from moorage.operations.runtime import Probe, Runtime
from moorage.operations.start_log import StoredStartLog
from moorage.operations.timer import Timer
from moorage.operations.worker import Worker
from moorage.store import Store, schema
from moorage.store import figures as store_figures
from moorage.store.engines import is_sqlite
from moorage.telemetry.outside import measured
from moorage.volumes.service import types
from moorage.workflows import due, periodic_audit, report_pools
from moorage.workflows.clusters import verification
from moorage.workflows.guest_watch import GuestWatch
from moorage.workflows.kinds import KINDS
from moorage.workflows.site import Site
from moorage.workflows.world import World

STOP_PATIENCE_S = 4.0
_log = logging.getLogger(__name__)


class Moorage:
    """One process on the database: the API, a worker that runs operations, or both."""

    def __init__(
        self, settings: Settings, probe: Probe | None = None, *, has_api: bool = True, has_worker: bool = True
    ) -> None:
        self.settings = settings
        self._is_all_in_one = has_api and has_worker
        self._lock = _lock(settings, self._is_all_in_one)
        if self._is_all_in_one or is_sqlite(settings.database_url):
            schema.upgrade(settings.database_url)
        schema.require(settings.database_url)
        self.store = Store(settings.database_url)
        driver = hypervisor_of(settings, is_checked=has_worker)
        if isinstance(driver, KeepsTries):
            driver.keep_tries(StoredStartLog(self.store))
        self.hypervisor = measured(driver, "hypervisor", driver.name)
        self.backends = {name: measured(made, "storage", name) for name, made in backends_of(settings).items()}
        self.networks = networks.networks_of(settings.conf)
        self.image_dir = settings.data_dir / "images"
        self.image_dir.mkdir(exist_ok=True)
        self.site = self._site()
        self.world = World(
            store=self.store, hypervisor=self.hypervisor, backends=self.backends, image_dir=self.image_dir,
            availability_zone=settings.conf.availability_zone, audit=audit_options(settings),
            networks=self.networks, site=self.site, public_url=settings.url,
        )  # fmt: skip
        self.audit_timer = Timer(settings.conf.audit.interval, [self._audit])
        self.guest_watch = self._guest_watch() if has_worker else None
        self.worker = self._worker(probe) if has_worker else None
        with self.store.write() as tx:
            types.ensure_defaults(tx, list(self.backends))
            flavors.ensure_defaults(tx)
        if has_worker:
            self._prepare_worker()
        self.admission = Admission(_bounds(settings.conf.api)) if has_api else None
        self.app: Any = self._application() if has_api else None

    def _worker(self, probe: Probe | None) -> Worker:
        conf = self.settings.conf
        engine = Engine(self.settings.journal_url, Runtime(self.store, self.world, probe), KINDS)
        timers = [
            Timer(conf.periodic_interval, [self._look_for_due_servers]),
            Timer(conf.clusters.verification_periodic_interval, [self._look_at_clusters]),
            Timer(conf.compute.reconcile_interval, [self._note_hosts, self._reconcile]),
            Timer(services.REPORT_S, [self._report]),
        ]
        if conf.audit.mode != periodic_audit.OFF:
            timers.append(self.audit_timer)
        return Worker(self.store, engine, conf.workers.concurrency, timers)

    def start(self) -> None:
        """Go on with what is left unfinished and take on new work."""
        if self.worker is not None:
            self.worker.start()
        if self.guest_watch is not None:
            self.guest_watch.start()

    def stop(self) -> bool:
        """Begin nothing new, let steps end, and leave the rest to others or the next start; whether all ended."""
        if self.guest_watch is not None:
            self.guest_watch.stop()
        if self.worker is not None and not self.worker.stop(STOP_PATIENCE_S):
            return False
        close: Callable[[], None] | None = getattr(self.hypervisor, "close", None)
        if close is not None:
            close()
        self.store.close()
        if self._lock is not None:
            os.close(self._lock)
        return True

    def _prepare_worker(self) -> None:
        """What workers know of the outside world: hosts and pools."""
        hosts = self.hypervisor.hosts()
        with self.store.write() as tx:
            services.register_hosts(tx, self.hypervisor.name, hosts)
        report_pools.refresh(self.world)

    def _prepare_api(self) -> None:
        """What must be there before the first request: accounts, ``clouds.yaml``, no upload that nobody runs."""
        directory = self.settings.data_dir
        with self.store.write() as tx:
            recover(tx, self.image_dir)
            if has_accounts(tx) and not (directory / "secrets.yaml").exists():
                _log.warning("%s: no secrets.yaml, so no clouds.yaml: the accounts were made elsewhere", directory)
                return
            keys = secrets.load_or_make(directory / "secrets.yaml")
            bootstrap(
                tx, admin_password=keys.admin_password, demo_password=keys.demo_password,
                service_password=keys.service_password,
            )  # fmt: skip
        secrets.write_clouds(directory / "clouds.yaml", self.settings.url, self.settings.conf.region_name, keys)

    def _site(self) -> Site:
        return Site(
            hypervisor_name=self.hypervisor.name, hypervisor=self.hypervisor.capabilities,
            protocols={name: backend.protocol for name, backend in self.backends.items()},
            availability_zone=self.settings.conf.availability_zone,
            shelved_offload_time_s=self.settings.conf.shelved_offload_time,
            reclaim_interval_s=self.settings.conf.reclaim_instance_interval,
            networks=self.networks,
            node_domain=self.settings.conf.clusters.node_domain,
            default_boot_volume_gib=self.settings.conf.clusters.default_boot_volume_size,
            is_direct_swap_allowed=self.settings.conf.compute.allow_direct_swap,
        )  # fmt: skip

    def _guest_watch(self) -> GuestWatch | None:
        """For drivers that can tell what their guests do, unless it is switched off."""
        wanted = self.settings.conf.compute.follow_guest_states
        return GuestWatch(self.store, self.hypervisor) if wanted and isinstance(self.hypervisor, StateSource) else None

    def _look_for_due_servers(self) -> None:
        due.submit(self.store, self.site)

    def _note_hosts(self) -> None:
        """Which hypervisors there are, and which of them answer."""
        hosts = self.hypervisor.hosts()
        with self.store.write() as tx:
            services.register_hosts(tx, self.hypervisor.name, hosts)

    def _report(self) -> None:
        with self.store.note() as tx:
            services.report_process(tx)

    def _reconcile(self) -> None:
        if self.guest_watch is not None:
            self.guest_watch.reconcile()

    def _look_at_clusters(self) -> None:
        verification.look_at_all(self.store)

    def _audit(self) -> None:
        conf = self.settings.conf.audit
        periodic_audit.fire(self.world, conf.mode, conf.interval, self.audit_timer.is_stopping)

    def _application(self) -> Port:
        self._prepare_api()
        conf = self.settings.conf
        assert self.admission is not None
        policy_file = Path(conf.api.policy_file) if conf.api.policy_file else None
        shared = Services(
            store=self.store, policy=Policy(rules(SERVICES), policy_file),
            tokens=TokenService(self.store, conf.token.expiration), hypervisor=self.hypervisor, backends=self.backends,
            image_dir=self.image_dir, site=self.site,
            region=conf.region_name, availability_zone=conf.availability_zone,
            public_url=conf.public_url,
            limits=_limits(conf.api), admission=self.admission,
        )  # fmt: skip
        return Port(shared, self._endpoints(self._access()))

    def figures_app(self) -> Endpoints:
        """What a port of its own serves: whoever reaches it may read the figures, unless a token is set."""
        return self._endpoints(Access(is_open=True, token=self.settings.conf.metrics.token))

    def _endpoints(self, access: Access) -> Endpoints:
        checks = {"database": readiness.database(self.store)}
        dispatcher = self.worker.dispatcher if self.worker else None
        if dispatcher is not None:
            checks["dispatcher"] = readiness.dispatcher(dispatcher)
        collectors = [store_figures.collector(self.store), operation_figures.collector(self.store, dispatcher)]
        if self.admission is not None:
            collectors.append(self.admission.figures)
        return Endpoints(readiness.Readiness(checks), collectors, access)

    def _access(self) -> Access:
        """Who may read the figures on the port of the API."""
        conf = self.settings.conf.metrics
        return Access(is_served=not conf.listen, token=conf.token)


def _limits(conf: Any) -> Limits:
    return Limits(
        max_body_bytes=conf.max_body_bytes, max_image_bytes=conf.max_image_gib << 30, body_patience_s=conf.body_patience
    )


def _bounds(conf: Any) -> Bounds:
    return Bounds(
        in_flight=conf.max_in_flight, waiting=conf.max_waiting, waiting_of_one=conf.max_waiting_of_project,
        patience_s=conf.wait_patience, streams=conf.max_streams, buffered_bytes=conf.max_buffered_mib << 20,
    )  # fmt: skip


def audit_options(settings: Settings) -> Options:
    """What audits may do unless a command says otherwise."""
    return Options(grace_s=settings.conf.audit.grace_period, blast_objects=settings.conf.audit.blast_limit)


def is_in_use(directory: Path) -> bool:
    """Whether a process holds the lock on a data directory."""
    if not (directory / "lock").exists():
        return False
    with (directory / "lock").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock(settings: Settings, is_all_in_one: bool) -> int | None:
    """On SQLite one process a data directory: two would each go on with the other's operations."""
    directory = settings.data_dir
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not is_sqlite(settings.database_url):
        return None
    if not is_all_in_one:
        raise errors.ConfigError("database_url is SQLite: several processes need PostgreSQL; here run moorage serve")
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise errors.ConfigError(f"data_dir = {directory}: another moorage serve is using it") from None
    return descriptor
