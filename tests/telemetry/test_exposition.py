"""Prometheus reads what is rendered: checked with its own parser."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from moorage.telemetry import counters, durations
from moorage.telemetry.catalogue import COUNTER, METRICS
from moorage.telemetry.exposition import Sample, render


def families(*samples: Sample) -> dict[str, list[tuple[str, dict[str, str], float]]]:
    """Family → (series, labels, value)."""
    read = text_string_to_metric_families(render([lambda: samples]))
    return {family.name: [(s.name, s.labels, s.value) for s in family.samples] for family in read}


def test_large_counts_are_not_rounded() -> None:
    counters.count("step_retries", by=12_345_678, kind="test", step="large")
    assert (
        "moorage_step_retries_total", {"kind": "test", "step": "large"}, 12_345_678,
    ) in families()["moorage_step_retries"]  # fmt: skip


def test_a_duration_is_in_its_bucket_and_in_every_larger_one() -> None:
    for seconds in (0.002, 0.3, 1000.0):
        durations.observe("operation", seconds, kind="test-buckets")
    series = families()["moorage_operation_seconds"]
    mine = [(name, labels.get("le"), value) for name, labels, value in series if labels["kind"] == "test-buckets"]
    counts = {le: value for _, le, value in mine if le is not None}
    assert (counts["0.001"], counts["0.0025"], counts["0.25"], counts["0.5"]) == (0, 1, 1, 2)
    assert (counts["300"], counts["+Inf"]) == (2, 3)
    assert ("moorage_operation_seconds_sum", None, pytest.approx(1000.302)) in mine
    assert ("moorage_operation_seconds_count", None, 3) in mine


def test_labels_with_quotes_and_line_ends_survive() -> None:
    text = 'a "b" \\ c\nd'
    assert families(Sample("operations", 1, {"kind": text, "state": "x"}))["moorage_operations"] == [
        ("moorage_operations", {"kind": text, "state": "x"}, 1)
    ]


def test_a_figure_that_is_not_in_the_catalogue_is_refused() -> None:
    with pytest.raises(KeyError):
        render([lambda: [Sample("unheard_of", 1)]])


def test_names_follow_prometheus() -> None:
    for metric in METRICS:
        assert metric.name.startswith("moorage_")
        assert (metric.kind == COUNTER) == metric.name.endswith("_total")
        assert metric.help.endswith(".")
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_the_process_tells_its_memory_and_open_files() -> None:
    found = families()
    ((_, _, memory),) = found["moorage_process_resident_memory_bytes"]
    assert memory > 10 << 20
    ((_, _, files),) = found["moorage_process_open_files"]
    assert files >= 3
