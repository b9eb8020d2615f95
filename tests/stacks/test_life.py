"""Stacks from beginning to end: what they make, what updates change, what deletion leaves."""

from __future__ import annotations

from tests.stacks.house import House, nodes


def test_a_stack_of_servers_on_volumes_of_their_own(house: House) -> None:
    with house.running():
        stack = house.make(nodes(2, data_volumes=1))
        assert stack.status == "CREATE_COMPLETE", stack.reason
        assert house.counts() == (2, 4)
        assert house.problems() == []
        found = house.resources(stack.id)
        assert {row.status for row in found.values()} == {"CREATE_COMPLETE"}
        instances = [found[f"workers/{index}/inst"].physical_id for index in "01"]
        assert [each["physical_id"] for each in stack.outputs["instances"]] == instances
        assert [each["name"] for each in stack.outputs["instances"]] == ["w-0", "w-1"]
        house.remove(stack.id)
        assert house.counts() == (0, 0)
        assert house.problems() == []
