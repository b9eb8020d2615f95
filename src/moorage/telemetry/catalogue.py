"""Which figures does Moorage give, and what does each mean? The page ``docs/reference/metrics.md`` is made of this."""

from __future__ import annotations

import msgspec

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One family of figures."""

    name: str
    """As Prometheus shows it; counters end in ``_total``, times are in seconds."""
    kind: str
    help: str
    labels: tuple[str, ...] = ()


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"moorage_{name}_total", kind=COUNTER, help=text, labels=labels)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"moorage_{name}", kind=GAUGE, help=text, labels=labels)


def _seconds(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"moorage_{name}_seconds", kind=HISTOGRAM, help=text, labels=labels)


METRICS = [
    _counter("http_requests", "Requests answered; route is the template, empty if none fits.",
             "service", "method", "route", "code"),
    _seconds("http_request", "From the end of the headers to the answer.", "service", "method", "route"),
    _gauge("http_in_flight", "Requests that are being worked on."),
    _gauge("http_waiting", "Requests that wait for their turn."),
    _counter("http_refused", "Requests answered 429 or 503 because of too many others.", "reason"),
    _gauge("operations", "Operations that are pending or running.", "kind", "state"),
    _gauge("operations_oldest_seconds", "Age of the oldest operation of a kind and state.", "kind", "state"),
    _gauge("operations_troubled", "Unfinished operations with a step that is being repeated."),
    _counter("operations_ended", "Operations that ended in this process.", "kind", "result"),
    _seconds("operation", "From the start of an operation to its end in this process.", "kind"),
    _counter("step_retries", "Steps that did not succeed and were tried again.", "kind", "step"),
    _gauge("dispatcher_alive", "1 while the thread that starts operations lives."),
    _seconds("outside_call", "Calls of hypervisor, HMC and storage; result is ok, unknown, refused or error.",
             "system", "driver", "call", "result"),
    _counter("audit_passes", "Periodic audits of volume attachments.", "mode"),
    _counter("audit_findings", "What periodic audits found, by row of the table of cases.", "row", "action"),
    _counter("audit_repairs", "What repairs did.", "action", "result"),
    _gauge("database_connections", "Connections of a pool: in use, idle.", "pool", "state"),
    _counter("database_refused", "Transactions that the database could not carry out.", "reason"),
    _gauge("process_resident_memory_bytes", "Memory of this process that is in RAM."),
    _gauge("process_open_files", "Open file descriptors of this process."),
    _gauge("process_started_time_seconds", "When this process started, in seconds since 1970."),
]  # fmt: skip

BY_NAME = {metric.name: metric for metric in METRICS}
