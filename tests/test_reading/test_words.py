"""What readings say together: variety, contradictions, particles, lengths."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import combinations, pairwise

import pytest

from gwansang.reading.composer import compose
from gwansang.reading.model import CaptureConditions, Reading
from gwansang.reading.norms import default_norms, standardize
from gwansang.reading.shapes import classify_measured
from gwansang.reading.texts import (
    ages_text,
    archetypes_text,
    elements_text,
    fortune_text,
    places_text,
    shapes_text,
    story_text,
    topics_text,
)
from gwansang.reading.topics import PARTS_OF_TOPIC
from gwansang.reading.variety import (
    last_word,
    measure_variety,
    repeated_part_texts,
    shared_part_texts,
    simulate_people,
    split_sentences,
    texts_of_reading,
)
from gwansang.texts import LOCALES, Locale
from tests.support.content_policy import violations
from tests.support.contradictions import claims_of, contradictions
from tests.support.factories import IDEAL, measures_at, simulate_faces
from tests.support.particles import fits, particle_at
from tests.test_reading.days import A_DAY

PEOPLE = 100
FACES_THAT_MEET = 1500


@cache
def readings(locale: Locale) -> tuple[Reading, ...]:
    """Readings of a hundred simulated people of different years, each on a day of its own."""
    faces = simulate_people(PEOPLE, default_norms(), seed=3)
    return tuple(
        compose(face, CaptureConditions(), A_DAY + timedelta(days=number), locale, 1930 + number * 2 // 3)
        for number, face in enumerate(faces)
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_a_hundred_readings_vary(locale: Locale) -> None:
    variety = measure_variety(readings(locale))
    assert variety.sentence_share <= 0.5, variety.sentence
    assert variety.ending_share <= 0.1, variety.ending
    assert variety.worst_ending <= 0.2
    assert variety.shared <= 0.1
    assert variety.shared_p95 <= 0.25


@pytest.mark.parametrize("locale", ["ko", "ja"])  # characters; a letter of English says less
def test_a_story_is_short_and_a_whole_reading_can_be_read(locale: Locale) -> None:
    told = readings(locale)
    assert max(len(reading.story) for reading in told) <= 400
    assert max(len(reading.title) for reading in told) <= 60
    assert max(sum(map(len, texts_of_reading(reading))) for reading in told) <= 2500
    assert {len(split_sentences(reading.story)) for reading in told} == {3}


@pytest.mark.parametrize("locale", LOCALES)
def test_titles_and_stories_hardly_return(locale: Locale) -> None:
    assert len({reading.title for reading in readings(locale)}) >= 0.9 * PEOPLE
    assert len({reading.story for reading in readings(locale)}) >= 0.95 * PEOPLE


@pytest.mark.parametrize("locale", LOCALES)
def test_no_reading_has_a_sentence_twice_or_a_forbidden_word(locale: Locale) -> None:
    for reading in readings(locale):
        meanings = [part.meaning for part in reading.parts]
        told = [one for text in (reading.story, *meanings) for one in split_sentences(text)]
        assert len(set(told)) == len(told)
        assert [text for text in texts_of_reading(reading) if violations(text)] == []


def test_a_text_follows_steady_measures_and_not_the_noise_of_a_photo() -> None:
    faces = list(simulate_faces(60, seed=8))
    usual, shaken = ([compose(measures_at(IDEAL, errors, **z), IDEAL, A_DAY) for z in faces] for errors in (1.0, 1.3))
    pairs = [repeated_part_texts(a.parts, b.parts) for a, b in zip(usual, shaken, strict=True)]
    same, shapes = (sum(pair[index] for pair in pairs) for index in (0, 1))
    assert same == shapes
    assert shared_part_texts(usual[0].parts, usual[0].parts) == 1.0


def texts_of_shape(part: str, shape: str, locale: Locale) -> Iterator[str]:
    """Yield everything that a reading can say of a shape."""
    text = shapes_text(locale)["parts"][part]["classes"][shape]
    yield from (text["name"], text["short"], text["story"], *text["meanings"])
    for topic, (main, second) in PARTS_OF_TOPIC.items():
        if part == main:
            yield from topics_text(locale)[topic]["main"][shape].values()
        if part == second:
            yield topics_text(locale)[topic]["second"][shape]
    for calling in archetypes_text(locale)["archetypes"].values():
        yield from filter(None, [calling["parts"].get(part, {}).get(shape)])


@cache
def shapes_that_meet() -> frozenset[tuple[tuple[str, str], tuple[str, str]]]:
    """Every pair of shapes, as part and id, that one of many simulated faces has."""
    met: set[tuple[tuple[str, str], tuple[str, str]]] = set()
    for z in simulate_faces(FACES_THAT_MEET, seed=11):
        standard = standardize(measures_at(IDEAL, **z), default_norms())
        shapes = classify_measured(standard.z, standard.noise)
        met.update(combinations([(part, one.shape.id) for part, one in shapes.items()], 2))
    return frozenset(met)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_two_texts_that_can_meet_contradict_each_other(locale: Locale) -> None:
    claims = {one: list(claims_of(texts_of_shape(*one, locale), locale)) for pair in shapes_that_meet() for one in pair}
    assert len(claims) == sum(len(part["classes"]) for part in shapes_text(locale)["parts"].values())
    assert sum(map(len, claims.values())) >= 200  # enough is claimed for the test to be worth its name
    found = {told for one, other in shapes_that_meet() for told in contradictions([*claims[one], *claims[other]])}
    assert sorted(found) == []


@pytest.mark.parametrize(
    ("locale", "one", "other"),
    [
        ("ko", "턱이 넓습니다.", "갸름한 턱입니다."),
        ("en", "The jaw is broad.", "A narrow jaw, it is said."),
        ("ja", "あごが広めです。", "ほっそりしたあごです。"),
    ],
)
def test_a_contradiction_is_found(locale: Locale, one: str, other: str) -> None:
    assert list(contradictions(claims_of([one, other], locale)))


def test_the_zones_agree_with_the_shape_of_the_three_zones() -> None:
    levels = {zone: texts for zone, texts in zip(("upper", "middle", "lower"), zone_levels(), strict=True)}
    for reading in readings("ko"):
        told = {zone.id: levels[zone.id][zone.meaning] for zone in reading.zones}
        assert [zone for zone, level in told.items() if level == "high"] == (
            [] if reading.zones_type == "even" else [reading.zones_type]
        )
        assert reading.zones_type != "even" or set(told.values()) == {"middle"}


def zone_levels() -> Iterator[dict[str, str]]:
    for zone in places_text("ko")["zones"].values():
        yield {
            text: level
            for level, texts in (("high", zone["high"]), ("middle", zone["middle"]), ("low", zone["low"]))
            for text in texts
        }


def test_every_word_that_is_inserted_has_the_right_particle_behind_it() -> None:
    checked = 0
    for template, words in insertions():
        bare = re.sub(r"\([^)]*\)", "", template)
        for field, after in pairwise(re.split(r"(?={\w+})|(?<=})", bare)):
            values = words.get(field.strip("{}"), ()) if field.startswith("{") else ()
            particle = particle_at(after)
            if particle is not None:
                checked += len(values)
                assert [word for word in values if not fits(word, particle)] == [], template
    for name, element in elements_text("ko")["elements"].items():
        assert fits(element["name"], element["subject"][-1]), name
        assert fits(element["name"], element["object"][-1]), name
    assert checked >= 5  # most templates avoid particles


def insertions() -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield every Korean template with the words that can fill its fields."""
    shapes, ages, archetypes = shapes_text("ko"), ages_text("ko"), archetypes_text("ko")
    classes = [shape for part in shapes["parts"].values() for shape in part["classes"].values()]
    short = [shape["short"] for shape in classes]
    for template in (*shapes["mixed"], *shapes["mixed_half"]):
        yield template, {"second": short}
    subjects = [calling["subject"] for calling in archetypes["archetypes"].values()]
    yield archetypes["summary"], {"first": subjects, "second": subjects}
    places = [year["place"] for year in ages["years"].values()]
    for template in (ages["now"], ages["other"]):
        yield template, {"place": places, "position": list(ages["positions"].values())}
    yield ages["shape"], {"part": [part["name"] for part in shapes["parts"].values()], "shape": short}
    names = [element["name"] for element in elements_text("ko")["elements"].values()]
    for template in (elements_text("ko")["feeding"], elements_text("ko")["shaping"]):
        yield template, {"first": names, "second": names}
    for relation in fortune_text("ko")["relations"].values():
        yield relation["reason"], {"day": names, "own": names}
    for template in story_text("ko")["titles"]:
        yield template, {"0": short, "1": short, "calling": subjects}


@pytest.mark.parametrize(
    ("word", "particle", "right"),
    [("얼굴", "과", True), ("얼굴", "와", False), ("코", "는", True), ("목(木)", "이", True), ("길", "로", True)],
)
def test_a_wrong_particle_is_found(word: str, particle: str, right: bool) -> None:
    assert fits(word, particle) == right


@pytest.mark.parametrize("locale", LOCALES)
def test_a_minor_is_told_nothing_of_love(locale: Locale) -> None:
    day = date(2026, 11, 23)
    for year, topics in ((2007, 4), (2008, 4), (2006, 5)):
        reading = compose(measures_at(FL=1.0, ET=-1.5), IDEAL, day, locale, year)
        assert len(reading.topics) == topics
    young = compose(measures_at(FL=1.0, ET=-1.5), IDEAL, day, locale, 2008)
    words = re.compile(r"연애|사랑|결혼|부부의|\b[Ll]ove\b|marri|romance|恋|結婚|夫婦")
    told = [text for text in texts_of_reading(young) if words.search(text)]
    assert told == []


def test_the_last_word_and_the_sentences_of_a_text() -> None:
    assert split_sentences("하나입니다. 둘인가요? 셋.") == ["하나입니다.", "둘인가요?", "셋."]
    assert last_word("‘좋은 말’이라 합니다.") == "합니다"


def test_the_last_word_and_the_sentences_of_a_text_without_spaces() -> None:
    assert split_sentences("ひとつ。「二つ。」三つですか？四つ。") == [
        "ひとつ。",
        "「二つ。」",
        "三つですか？",
        "四つ。",
    ]
    assert [last_word(text) for text in ("額が広い人です。", "福を招くといいます。", "「口」といいます。")] == [
        "です",
        "いいます",
        "いいます",
    ]
