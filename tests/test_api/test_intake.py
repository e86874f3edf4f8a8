"""What all request bodies hold together stays bounded, and somebody always gets through."""

import asyncio

import pytest

from gwansang.core.middleware.intake import Intake, IntakeFullError

pytestmark = pytest.mark.anyio


async def test_while_there_is_room_everybody_reads() -> None:
    intake = Intake(max_bytes=100, patience_s=0.05)
    with intake.share() as first, intake.share() as second:
        intake.add(first, 60, last=False)
        await intake.turn(second)
        intake.add(second, 30, last=False)
        await intake.turn(first)
    assert intake.held_bytes == 0


async def test_in_a_full_room_the_oldest_go_on_and_the_youngest_is_refused_in_the_end() -> None:
    intake = Intake(max_bytes=100, patience_s=0.05)
    with intake.share() as a, intake.share(), intake.share(), intake.share(), intake.share() as youngest:
        intake.add(a, 100, last=False)
        await intake.turn(a)
        with pytest.raises(IntakeFullError) as refused:
            await intake.turn(youngest)
    assert refused.value.context["retry_after_s"] > 0


async def test_complete_bodies_at_work_hold_back_all_new_ones_so_that_the_room_never_overflows() -> None:
    intake = Intake(max_bytes=100, patience_s=0.05)
    with intake.share() as a, intake.share() as b, intake.share() as c, intake.share() as d, intake.share() as late:
        for share in (a, b, c, d):
            intake.add(share, 25, last=True)
        with pytest.raises(IntakeFullError):
            await intake.turn(late)


async def test_whoever_waits_goes_on_when_somebody_is_done() -> None:
    intake = Intake(max_bytes=10, patience_s=5)
    shares = [intake.share() for _ in range(5)]
    entered = [share.__enter__() for share in shares]
    for share in entered[:4]:
        intake.add(share, 10, last=True)
    waiting = asyncio.create_task(intake.turn(entered[4]))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    shares[0].__exit__(None, None, None)
    await asyncio.wait_for(waiting, 1)
    for share in shares[1:]:
        share.__exit__(None, None, None)
    assert intake.held_bytes == 0


async def test_big_bodies_go_one_after_the_other_where_one_at_work_is_enough() -> None:
    intake = Intake(max_bytes=50, patience_s=0.05, at_work=1)
    with intake.share() as later:
        with intake.share() as film:
            intake.add(film, 50, last=True)
            with pytest.raises(IntakeFullError):
                await intake.turn(later)
        await intake.turn(later)


async def test_what_was_put_away_makes_room_for_others_though_its_request_goes_on() -> None:
    intake = Intake(max_bytes=10, patience_s=5)
    shares = [intake.share() for _ in range(6)]
    storing, *others, late = [share.__enter__() for share in shares]
    for share in (storing, *others):
        intake.add(share, 2, last=share is not storing)
    waiting = asyncio.create_task(intake.turn(late))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    intake.give_back(storing)
    await asyncio.wait_for(waiting, 1)
    for share in shares:
        share.__exit__(None, None, None)
    assert intake.held_bytes == 0
