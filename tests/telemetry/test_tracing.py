"""Spans of a request and of the operation it asked for are one trace; off, there is nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from moorage.telemetry import tracing
from moorage.telemetry.otel import OtelTracer
from moorage.telemetry.outside import outside_call
from moorage.telemetry.scope import scope
from tests.support.inside import inside


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    kept = InMemorySpanExporter()
    tracer = OtelTracer(SimpleSpanProcessor(kept))
    tracing.use(tracer)
    yield kept
    tracing.use(None)
    tracer.stop()


def test_request_operation_step_and_driver_call_are_one_trace_named_by_the_request(
    tmp_path: Path, exporter: InMemorySpanExporter
) -> None:
    with inside(tmp_path) as site:
        token = site.token()
        answer = site.server(token, site.volume(token))
        assert answer.status_code == 202, answer.text
        site.until(token, "compute", f"/servers/{answer.json()['server']['id']}", "ACTIVE")
    request_id = answer.headers["x-openstack-request-id"]
    spans = [span for span in exporter.get_finished_spans() if trace_of(span) == request_id]
    names = {span.name for span in spans}
    assert {"compute POST", "operation boot", "step boot_guest"} <= names, names
    (step,) = [span for span in spans if span.name == "step boot_guest"]
    assert step.attributes is not None
    assert step.attributes["moorage.server_id"] == answer.json()["server"]["id"]
    assert step.attributes["moorage.request_id"] == request_id
    (operation,) = [span for span in spans if span.name == "operation boot"]
    assert step.parent is not None
    assert operation.context is not None
    assert step.parent.span_id == operation.context.span_id


def test_a_call_outside_is_a_span_below_what_made_it(exporter: InMemorySpanExporter) -> None:
    request_id = "req-0f8fad5b-d9cb-469f-a165-70867728950e"
    with scope(request=request_id), tracing.span("step x"), outside_call("storage", "files", "create"):
        pass
    call, step = exporter.get_finished_spans()
    assert (call.name, step.name) == ("storage create", "step x")
    assert call.parent is not None
    assert step.context is not None
    assert call.parent.span_id == step.context.span_id
    assert trace_of(step) == request_id


def test_off_it_makes_nothing_and_imports_nothing() -> None:
    assert tracing.span("a", b="c") is tracing.span("d")
    code = (
        "import sys; import moorage.server, moorage.api.surface; from moorage.cli import serve, observing; "
        "sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def trace_of(span: ReadableSpan) -> str:
    """The request that names the trace."""
    assert span.context is not None
    digits = f"{span.context.trace_id:032x}"
    return f"req-{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
