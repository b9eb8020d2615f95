"""How do spans reach an OpenTelemetry collector? The only module that imports ``opentelemetry`` (extra ``otel``).

A trace is named by its request: the 32 hex digits of ``req-<uuid>`` are the trace id, so an operation that runs later,
in another thread or after a restart, lands in the trace of the request that asked for it, with nothing stored for it.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from moorage import __version__
from moorage.telemetry.scope import current


class OtelTracer:
    """Spans by the OpenTelemetry SDK."""

    def __init__(self, processor: SpanProcessor) -> None:
        resource = Resource.create({"service.name": "moorage", "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("moorage")

    @contextlib.contextmanager
    def span(self, name: str, attributes: dict[str, str]) -> Iterator[None]:
        ids = {f"moorage.{key}_id": value for key, value in current().items()}
        context = None
        if not trace.get_current_span().get_span_context().is_valid:
            context = _context_of(current().get("request", ""))
        with self._tracer.start_as_current_span(name, context, attributes={**attributes, **ids}):
            yield

    def stop(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def _context_of(request_id: str) -> Context | None:
    """The trace of a request, below a root that stands for what the client did."""
    try:
        number = uuid.UUID(request_id.removeprefix("req-")).int
    except ValueError:
        return None
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
    root = trace.SpanContext(number, number & (2**64 - 1), is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(trace.NonRecordingSpan(root))


def to_collector(endpoint: str) -> OtelTracer:
    """A tracer that sends batches by OTLP over HTTP to ``endpoint``, e.g. ``http://127.0.0.1:4318/v1/traces``."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - slow to import

    return OtelTracer(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=5)))
