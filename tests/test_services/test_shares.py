"""Links end by themselves, and texts with markup in them stay texts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gwansang.container import Accounts
from gwansang.reading.composer import compose
from gwansang.reading.model import Topic
from gwansang.reading.retelling import retell
from gwansang.services.readings.share_service import SharedReading, ShareNotFoundError
from gwansang.texts import LOCALES
from gwansang.web.shared_readings import _shown, _template
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
    assert [one.id for one in await accounts.shares.list(user_id, made.analysis_id)] == [long.info.id]
    assert (await accounts.retention.run())["shares"] == 1
    assert (await accounts.shares.open(long.token)).expires_at == long.info.expires_at


def test_markup_in_texts_is_shown_as_text() -> None:
    reading = compose(measures_at(), IDEAL, A_DAY, "ko")
    topics = tuple(Topic(topic.id, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE) for topic in reading.topics)
    hostile = replace(reading, title=HOSTILE, story=HOSTILE, topics=topics, disclaimer=HOSTILE)
    shown = _shown(SharedReading(hostile, NOON))
    page = _template("shared.html").render(**shown, path="/s/x", address="https://a", query="")
    assert "<script" not in page
    assert "<img src=x" not in page
    assert page.count("alert(1)") > 20


@pytest.mark.parametrize("z", [{}, {"MC": 1.5, "BE": 1.5}, {"LF": -3.0, "U": 3.0}, {"JW": 3.0, "JA": -3.0}])
def test_a_reading_is_retold_as_it_would_be_composed(z: dict[str, float]) -> None:
    composed = {locale: compose(measures_at(**z), IDEAL, A_DAY, locale, 1990) for locale in LOCALES}
    for locale in LOCALES:
        for other in LOCALES:
            retold = retell(composed[locale], other)
            assert (retold.title, retold.story, retold.topics, retold.disclaimer, retold.locale) == (
                composed[other].title,
                composed[other].story,
                composed[other].topics,
                composed[other].disclaimer,
                other,
            )


def test_a_reading_of_shapes_that_exist_no_more_stays_in_its_language() -> None:
    reading = compose(measures_at(), IDEAL, A_DAY, LOCALES[0], 1990)
    old = replace(reading, parts=(replace(reading.parts[0], shape_id="of_another_release"), *reading.parts[1:]))
    assert retell(old, LOCALES[1]) == old
    untitled = replace(reading, title="")
    assert retell(untitled, LOCALES[1]) == untitled
