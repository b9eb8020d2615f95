"""Requests take turns: none is lost, no caller keeps the others out, and what is too much is told at once."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from moorage.api.wire.admission import Admission, Bounds, Overloaded, TooManyRequests


class Work:
    """Requests that end when they are told to; ``begun`` has them in the order of their turns."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.begun: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, caller: str, name: str) -> asyncio.Task[None]:
        async def request() -> None:
            async with self.admission.turn(caller):
                self.begun.append(name)
                await self._ends[name].wait()

        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(request())
        await rest()
        return self._tasks[name]

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self._tasks[name]
        await rest()


async def rest() -> None:
    """Until nothing more happens by itself."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_no_more_than_the_bound_are_worked_on_and_the_rest_waits_in_order() -> None:
    async def story() -> None:
        work = Work(Admission(Bounds(in_flight=2)))
        for name in "abcd":
            await work.ask("one", name)
        assert work.begun == ["a", "b"]
        assert (work.admission.in_flight, work.admission.waiting) == (2, 2)
        await work.end("b")
        await work.end("a")
        assert work.begun == ["a", "b", "c", "d"]
        await work.end("c")
        await work.end("d")
        assert (work.admission.in_flight, work.admission.waiting) == (0, 0)

    asyncio.run(story())


def test_a_caller_with_many_requests_does_not_keep_another_waiting_behind_all_of_them() -> None:
    async def story() -> None:
        work = Work(Admission(Bounds(in_flight=1)))
        for name in ("a1", "a2", "a3", "a4"):
            await work.ask("a", name)
        await work.ask("b", "b1")
        await work.ask("b", "b2")
        for name in ("a1", "a2", "b1", "a3", "b2", "a4"):
            await work.end(name)
        assert work.begun == ["a1", "a2", "b1", "a3", "b2", "a4"]

    asyncio.run(story())


def test_past_its_share_a_caller_is_told_429_and_others_still_come_in() -> None:
    async def story() -> None:
        work = Work(Admission(Bounds(in_flight=1, waiting=10, waiting_of_one=2)))
        for name in ("a1", "a2", "a3"):
            await work.ask("a", name)
        with pytest.raises(TooManyRequests):
            await (await work.ask("a", "a4"))
        await work.ask("b", "b1")
        assert work.admission.waiting == 3

    asyncio.run(story())


def test_a_full_queue_is_told_503_and_has_room_again_later() -> None:
    async def story() -> None:
        work = Work(Admission(Bounds(in_flight=1, waiting=1)))
        await work.ask("a", "a1")
        await work.ask("a", "a2")
        with pytest.raises(Overloaded):
            await (await work.ask("b", "b1"))
        await work.end("a1")
        await work.ask("b", "b2")
        await work.end("a2")
        assert work.begun == ["a1", "a2", "b2"]

    asyncio.run(story())


def test_who_waits_too_long_is_told_503_and_gives_up_its_place() -> None:
    async def story() -> None:
        work = Work(Admission(Bounds(in_flight=1, patience_s=0.01)))
        await work.ask("a", "a1")
        with pytest.raises(Overloaded, match="in time"):
            await (await work.ask("a", "a2"))
        assert work.admission.waiting == 0
        await work.end("a1")
        assert work.admission.in_flight == 0

    asyncio.run(story())


def test_a_client_that_goes_away_while_it_waits_or_works_leaves_no_hole() -> None:
    async def story() -> None:
        work = Work(Admission(Bounds(in_flight=1)))
        first, second = await work.ask("a", "a1"), await work.ask("a", "a2")
        await work.ask("a", "a3")
        second.cancel()
        first.cancel()
        for task in (first, second):
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await rest()
        assert work.begun == ["a1", "a3"]
        await work.end("a3")
        assert (work.admission.in_flight, work.admission.waiting) == (0, 0)

    asyncio.run(story())


def test_bodies_and_streams_are_bounded_and_given_back() -> None:
    admission = Admission(Bounds(buffered_bytes=100, streams=1))
    admission.buffer(80)
    with pytest.raises(Overloaded):
        admission.buffer(30)
    admission.buffer(-80)
    admission.buffer(100)
    with admission.stream(), pytest.raises(Overloaded), admission.stream():
        pass
    with admission.stream():
        assert admission.streams == 1
