"""The stack of a cluster: the real Heat accepts it, whatever the node groups are called, and no name is given twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moorage.clusters.model import Cluster, NodeGroup
from moorage.clusters.refusals import InvalidReference
from moorage.clusters.sizes import RootSource, root_gib
from moorage.stacks.hot.check import check as embedded_check
from tests.clusters.shapes import IMAGE, cluster, files_as_text, group, rendered
from tests.support import heat

AWKWARD = [
    "port",
    "inst",
    "boot_volume".replace("_", "-"),
    "floating-ip",
    "nodes",
    "wait-handle",
    "a",
    "a-volume",
    "data-volume-a",
    "node-a",
]
NAMES = st.sampled_from(AWKWARD) | st.from_regex(r"\A[a-z]([a-z0-9-]{0,10}[a-z0-9])?\Z")


@st.composite
def node_groups(draw: st.DrawFn, name: str) -> NodeGroup:
    next_index = draw(st.integers(0, 6))
    removed = sorted(draw(st.sets(st.integers(0, max(next_index - 1, 0)), max_size=next_index)))
    boots = draw(st.booleans())
    data = draw(st.integers(0, 2))
    fields: dict[str, Any] = {
        "next_index": next_index, "removed": removed, "boot_from_volume": boots,
        "root_gib": draw(st.integers(1, 500)) if boots else None,
        "boot_volume_type": draw(st.none() | st.just("fast")),
        "boot_volume_availability_zone": draw(st.none() | st.just("nova")),
        "availability_zone": draw(st.none() | st.just("nova")),
        "volumes_per_node": data, "volumes_size": 1 if data else 0, "volume_type": draw(st.none() | st.just("slow")),
        "node_processes": draw(st.sampled_from([["worker"], ["manager"], ["manager", "worker"]])),
    }  # fmt: skip
    return group(name, next_index - len(removed), **fields)


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    return cluster(
        *(draw(node_groups(name)) for name in names), user_keypair_id=draw(st.none() | st.just("key")),
        anti_affinity=draw(st.sampled_from([[], ["worker"]])), keeps_boot_volumes=draw(st.booleans()),
    )  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(clusters())
def test_heat_and_the_embedded_executor_accept_every_cluster(shape: Cluster) -> None:
    document = rendered(shape)
    files = files_as_text(document)
    assert heat.validate(document.template, files) is None
    embedded_check(document.template, files, {})


@settings(max_examples=200, deadline=None)
@given(clusters())
def test_every_node_group_with_nodes_is_one_resource_with_a_file_of_its_own(shape: Cluster) -> None:
    document = rendered(shape)
    groups = [each for each in shape.node_groups if each.count]
    resources = document.template["resources"]
    defined = {each.name: resources[f"nodes-{each.name}"]["properties"] for each in groups}
    assert {each.name: defined[each.name]["count"] for each in groups} == {each.name: each.count for each in groups}
    assert len({properties["resource_def"]["type"] for properties in defined.values()}) == len(groups)
    for each in groups:
        removed = defined[each.name]["removal_policies"][0]["resource_list"]
        assert removed == [str(index) for index in each.removed]


@settings(max_examples=100, deadline=None)
@given(clusters())
def test_a_server_on_a_volume_is_not_given_the_image_as_well(shape: Cluster) -> None:
    document = rendered(shape)
    for each in shape.node_groups:
        if not each.count:
            continue
        parts = document.files[f"file://node-{each.name}.yaml"]["resources"]
        server = parts["inst"]["properties"]
        assert ("image" in server) is not each.boot_from_volume
        assert ("boot_volume" in parts) is each.boot_from_volume
        if each.boot_from_volume:
            assert parts["boot_volume"]["properties"]["size"] == each.root_gib
            assert ("deletion_policy" in parts["boot_volume"]) is shape.keeps_boot_volumes
            (disk,) = server["block_device_mapping_v2"]
            assert disk == {
                "volume_id": {"get_resource": "boot_volume"},
                "boot_index": 0,
                "delete_on_termination": False,
            }


def test_the_same_rows_give_the_same_document() -> None:
    shape = cluster(group("w", 3), group("m", 1, node_processes=["manager"]))
    assert rendered(shape) == rendered(shape)


def source(disk: int = 0, min_disk: int = 0, image_bytes: int = 0) -> RootSource:
    return RootSource(
        flavor_id="2", flavor_disk_gib=disk, image_id=IMAGE, min_disk_gib=min_disk, image_bytes=image_bytes
    )


@pytest.mark.parametrize(
    ("field", "config", "given", "size"),
    [
        (40, 30, source(disk=20), 40),
        (None, 30, source(disk=20), 30),
        (None, "30", source(disk=20), 30),
        (None, 0, source(disk=20), 20),
        (None, None, source(disk=20), 20),
        (None, None, source(min_disk=25), 25),
        (None, None, source(image_bytes=(11 << 30) + 1), 12),
        (None, None, source(), 10),
    ],
)
def test_field_before_config_before_flavor_before_what_the_image_needs(
    field: int | None, config: Any, given: RootSource, size: int
) -> None:
    configs = {} if config is None else {"general": {"Boot volume size": config}}
    assert root_gib(group("w", boot_volume_size=field, node_configs=configs), given, 10) == size


@pytest.mark.parametrize(("field", "given"), [(5, source(min_disk=6)), (None, source(disk=1, image_bytes=2 << 30))])
def test_a_size_below_what_the_image_needs_is_refused(field: int | None, given: RootSource) -> None:
    with pytest.raises(InvalidReference, match="needs"):
        root_gib(group("w", boot_volume_size=field), given, 10)
