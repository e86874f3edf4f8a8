"""Links end by themselves, and texts with markup in them stay texts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gwansang.container import Accounts
from gwansang.reading.composer import compose
from gwansang.reading.model import Topic
from gwansang.services.readings.share_service import SharedReading, ShareNotFoundError
from gwansang.web.rendering import template
from gwansang.web.shared_readings import _shown
from tests.support.factories import IDEAL, measures_at
from tests.support.fakes import NOON, MovingClock
from tests.test_reading.days import A_DAY
from tests.test_services.test_history import make_analysis, user_with_history

pytestmark = pytest.mark.anyio
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


async def test_a_link_ends_by_itself_and_its_row_is_deleted(accounts: Accounts, clock: MovingClock) -> None:
    user_id, made = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, made)
    short = await accounts.shares.create(user_id, made.analysis_id, 24, "ko")
    long = await accounts.shares.create(user_id, made.analysis_id, 720, "ko")
    clock.now += timedelta(hours=23, minutes=59)
    assert (await accounts.shares.open(short.token)).reading.title == made.reading.title
    assert (await accounts.retention.run())["shares"] == 0
    clock.now += timedelta(minutes=1)
    with pytest.raises(ShareNotFoundError):
        await accounts.shares.open(short.token)
    assert [one.id for one in (await accounts.shares.page(user_id, made.analysis_id)).items] == [long.info.id]
    assert (await accounts.retention.run())["shares"] == 1
    assert (await accounts.shares.open(long.token)).expires_at == long.info.expires_at


def test_markup_in_texts_is_shown_as_text() -> None:
    reading = compose(measures_at(), IDEAL, A_DAY, "ko")
    topics = tuple(Topic(topic.id, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE) for topic in reading.topics)
    hostile = replace(reading, title=HOSTILE, story=HOSTILE, topics=topics, disclaimer=HOSTILE)
    shown = _shown(SharedReading(hostile, NOON))
    page = template("shared.html").render(**shown, path="/s/x", address="https://a", query="")
    assert "<script" not in page
    assert "<img src=x" not in page
    assert page.count("alert(1)") > 20
