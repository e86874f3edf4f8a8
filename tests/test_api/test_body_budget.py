"""The bytes that all request bodies hold together stay bounded, and some bodies always complete."""

import asyncio
from contextlib import ExitStack

import pytest

from gwansang.core.middleware.body_budget import BodyBudget, BodyBudgetError

pytestmark = pytest.mark.anyio


async def test_every_body_is_read_while_there_is_room() -> None:
    budget = BodyBudget(max_bytes=100, timeout_s=0.05)
    with budget.reserve() as first, budget.reserve() as second:
        first.add(60, last=False)
        await second.wait()
        second.add(30, last=False)
        await first.wait()
    assert budget.held_bytes == 0


async def test_without_room_the_oldest_bodies_are_read_on_and_the_youngest_is_refused_after_its_timeout() -> None:
    budget = BodyBudget(max_bytes=100, timeout_s=0.05)
    with ExitStack() as stack:
        oldest, *_, youngest = [stack.enter_context(budget.reserve()) for _ in range(5)]
        oldest.add(100, last=False)
        await oldest.wait()
        with pytest.raises(BodyBudgetError) as refused:
            await youngest.wait()
    assert refused.value.context["retry_after_s"] > 0


async def test_complete_bodies_hold_back_all_new_ones_so_that_the_budget_is_never_exceeded() -> None:
    budget = BodyBudget(max_bytes=100, timeout_s=0.05)
    with ExitStack() as stack:
        *complete, late = [stack.enter_context(budget.reserve()) for _ in range(5)]
        for reservation in complete:
            reservation.add(25, last=True)
        with pytest.raises(BodyBudgetError):
            await late.wait()


async def test_a_waiting_body_is_read_on_when_another_request_ends() -> None:
    budget = BodyBudget(max_bytes=10, timeout_s=5)
    with ExitStack() as first, ExitStack() as others:
        first.enter_context(budget.reserve()).add(10, last=True)
        for _ in range(3):
            others.enter_context(budget.reserve()).add(10, last=True)
        late = others.enter_context(budget.reserve())
        waiting = asyncio.create_task(late.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        first.close()
        await asyncio.wait_for(waiting, 60)
    assert budget.held_bytes == 0


async def test_a_budget_of_one_body_takes_large_bodies_one_after_the_other() -> None:
    budget = BodyBudget(max_bytes=50, timeout_s=0.05, guaranteed=1)
    with budget.reserve() as later:
        with budget.reserve() as video:
            video.add(50, last=True)
            with pytest.raises(BodyBudgetError):
                await later.wait()
        await later.wait()


async def test_bytes_that_were_stored_make_room_although_their_request_goes_on() -> None:
    budget = BodyBudget(max_bytes=10, timeout_s=5)
    with ExitStack() as stack:
        storing, *others, late = [stack.enter_context(budget.reserve()) for _ in range(6)]
        for reservation in (storing, *others):
            reservation.add(2, last=reservation is not storing)
        waiting = asyncio.create_task(late.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        storing.release()
        await asyncio.wait_for(waiting, 60)
    assert budget.held_bytes == 0


async def test_small_bodies_take_no_place_of_the_oldest_large_ones_and_complete_ones_hold_none_back() -> None:
    budget = BodyBudget(max_bytes=100, timeout_s=0.05)
    with ExitStack() as stack:
        for complete in (True, False):
            for _ in range(4):
                stack.enter_context(budget.reserve(small=True)).add(1, last=complete)
        large = stack.enter_context(budget.reserve())
        large.add(100, last=False)
        await large.wait()


async def test_small_bodies_of_one_caller_share_a_quarter_of_the_reserve() -> None:
    budget = BodyBudget(max_bytes=1600, timeout_s=0.05)
    with ExitStack() as stack:
        mine = [stack.enter_context(budget.reserve(small=True)) for _ in range(6)]
        for reservation in mine:
            reservation.assign("user:1")
        for reservation in mine[:5]:
            reservation.add(10, last=False)
        with pytest.raises(BodyBudgetError):
            await mine[5].wait()
        stranger = stack.enter_context(budget.reserve(small=True))
        stranger.assign("user:2")
        await stranger.wait()
        mine[0].add(1, last=True)
        await mine[5].wait()


async def test_small_bodies_count_to_the_share_of_their_caller() -> None:
    budget = BodyBudget(max_bytes=100, timeout_s=0.05)
    with ExitStack() as stack:
        small, first, second = (stack.enter_context(budget.reserve(small=size)) for size in (True, False, False))
        for reservation in (small, first, second):
            reservation.assign("user:1")
        first.add(20, last=False)
        await second.wait()
        small.add(5, last=False)
        with pytest.raises(BodyBudgetError):
            await second.wait()
