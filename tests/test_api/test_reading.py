"""Readings through the whole service: fields, overlays, languages, and determinism."""

import base64
import datetime as dt
import json
from typing import Any

import httpx
import pytest

from gwansang.texts import DEFAULT_LOCALE, LOCALES, load
from gwansang.vision.quality import QualityWarning
from tests.support.photos import drawn_portrait, evaluation_photos
from tests.support.serving import JSON_CALL, UPLOAD_CALL, Server

TOPIC_FIELDS = ("name", "text", "strength", "caution", "today")
UNIQUE_FIELDS = ("analysis_id", "created_at")
PARTS = {
    "face_shape", "forehead", "eyebrows", "glabella", "eyes", "nose", "philtrum", "mouth", "lips", "cheekbones", "jaw",
}  # fmt: skip


def read(client: httpx.Client, photo: bytes, birth_year: int | None = None, **parameters: str) -> dict[str, Any]:
    form = {"file": ("x.jpg", photo)}
    data = {} if birth_year is None else {"birth_year": str(birth_year)}
    answer = client.post(UPLOAD_CALL, files=form, data=data, params=parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def without_unique_fields(reading: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in reading.items() if key not in UNIQUE_FIELDS}


@pytest.fixture(scope="module")
def reading(server: Server) -> dict[str, Any]:
    with server.client() as client:
        return read(client, drawn_portrait())


def test_a_reading_has_all_documented_fields(reading: dict[str, Any]) -> None:
    assert set(reading) >= {
        "analysis_id", "overall_score", "energy_scores", "parts_analysis", "today_fortune", "fortune", "element",
        "zones", "palaces", "ages", "quality", "engine_version", "content_version", "locale", "disclaimer",
        "created_at",
    }  # fmt: skip
    assert 0 <= reading["overall_score"] <= 100
    assert set(reading["energy_scores"]) == {"wealth", "love", "health", "social"}
    assert all(type(score) is int and 1 <= score <= 5 for score in reading["energy_scores"].values())
    assert set(reading["parts_analysis"]) >= PARTS
    assert reading["locale"] == "ko"
    assert reading["created_at"].endswith("Z")


def test_a_reading_has_a_title_a_story_of_three_sentences_and_five_topics(reading: dict[str, Any]) -> None:
    assert reading["title"].endswith("상")
    assert reading["story"].count(". ") == 2
    assert len(reading["story"]) <= 400
    assert [topic["id"] for topic in reading["topics"]] == ["wealth", "love", "work", "vigour", "people"]
    assert all(
        topic[field] for topic in reading["topics"] for field in ("name", "text", "strength", "caution", "today")
    )


def test_a_shorter_reading_has_some_of_the_fields_of_the_whole_one(server: Server, reading: dict[str, Any]) -> None:
    always = {"analysis_id", "created_at", "locale", "content_version", "title", "disclaimer", "kept"}
    with server.client() as client:
        short, story = (read(client, drawn_portrait(), detail=detail) for detail in ("short", "story"))
        refused = client.post(UPLOAD_CALL, files={"file": ("x.jpg", drawn_portrait())}, params={"detail": "long"})
    assert set(short) == always | {"overall_score", "energy_scores", "energy_values"}
    assert set(story) == always | {"story", "topics"}
    for shorter in (short, story):
        assert all(shorter[key] == reading[key] for key in without_unique_fields(shorter))
    assert refused.status_code == 422


def test_a_minor_is_told_nothing_of_love(server: Server) -> None:
    year = dt.datetime.now(dt.UTC).year
    with server.client() as client:
        minor, adult = (read(client, drawn_portrait(), birth_year=year - age) for age in (19, 21))
    assert [topic["id"] for topic in minor["topics"]] == ["wealth", "work", "vigour", "people"]
    assert len(adult["topics"]) == 5
    partner = next(palace for palace in minor["palaces"] if palace["id"] == "partner")
    assert (partner["status"], partner["z"]) == ("not_measured", None)


def test_the_fortune_is_that_of_the_day_in_the_time_zone_of_the_caller(server: Server) -> None:
    with server.client() as client:
        east, west = (
            read(client, drawn_portrait(), timezone=zone)["fortune"]["date"] for zone in ("Etc/GMT-14", "Etc/GMT+12")
        )
        refused = client.post(UPLOAD_CALL, files={"file": ("x.jpg", drawn_portrait())}, params={"timezone": "Asia"})
    assert dt.date.fromisoformat(east) - dt.date.fromisoformat(west) >= dt.timedelta(days=1)
    assert refused.status_code == 422


def test_the_positions_of_the_years_name_this_year_and_the_side(server: Server) -> None:
    with server.client() as client:
        ages = read(client, drawn_portrait(), birth_year=1990)["ages"]["positions"]
    assert [place["current"] for place in ages] == [False, False, True, False, False]
    assert {place["side"] for place in ages} <= {"left", "right", "centre"}


def test_every_part_has_reasons_with_overlays_within_the_photo(reading: dict[str, Any]) -> None:
    for name, part in reading["parts_analysis"].items():
        assert part["shape"], name
        assert part["meaning"], name
        assert 0 <= part["score"] <= 100, name
        assert part["reasons"], name
        for reason in part["reasons"]:
            assert reason["overlay"] == reason["overlays"][0]
            assert all(
                0 <= side <= 1 for overlay in reason["overlays"] for point in overlay["points"] for side in point
            )


def test_archetype_shares_sum_to_a_hundred_and_cite_measured_shapes(
    reading: dict[str, Any],
) -> None:
    archetypes = reading["archetypes"]
    assert sum(archetypes["shares"].values()) == 100
    assert set(archetypes["shares"]) == {"king", "scholar", "general", "merchant", "artist"}
    assert archetypes["top"] == archetypes["callings"][0]["id"]
    for reason in archetypes["callings"][0]["reasons"]:
        assert reason["measure"] in {other["measure"] for other in reading["parts_analysis"][reason["part"]]["reasons"]}
    assert len(archetypes["figures"]) == 3
    assert archetypes["note"]


def test_warnings_come_with_advice(reading: dict[str, Any]) -> None:
    quality = reading["quality"]
    assert [advice["code"] for advice in quality["advice"]] == quality["warnings"]
    assert all(advice["text"] for advice in quality["advice"])


def test_numbers_are_rounded_and_none_is_nan(client: httpx.Client) -> None:
    text = client.post(UPLOAD_CALL, files={"file": ("x.jpg", drawn_portrait())}).text
    numbers: list[str] = []
    json.loads(text, parse_float=numbers.append, parse_constant=numbers.append)
    assert numbers
    assert [number for number in numbers if len(number.partition(".")[2]) > 4] == []


def test_the_same_photo_gives_the_same_reading_by_upload_and_as_json(client: httpx.Client) -> None:
    photo = drawn_portrait()
    first, second = read(client, photo), read(client, photo)
    inline = client.post(JSON_CALL, json={"image": base64.b64encode(photo).decode()}).json()
    assert without_unique_fields(first) == without_unique_fields(second) == without_unique_fields(inline)
    assert first["analysis_id"] != second["analysis_id"]


@pytest.mark.parametrize(
    ("query", "header", "body", "locale"),
    [
        (None, None, None, "ko"),
        (None, None, "en", "en"),
        (None, "en", None, "en"),
        (None, "en", "ko", "ko"),
        ("en", "ko", "ko", "en"),
        ("ja", "en", "ko", "ja"),
    ],
)
def test_the_locale_of_the_query_overrides_the_body_and_the_body_the_header(
    query: str | None, header: str | None, body: str | None, locale: str, client: httpx.Client
) -> None:
    answer = client.post(
        JSON_CALL,
        params={} if query is None else {"locale": query},
        headers={} if header is None else {"Accept-Language": header},
        json={"image": base64.b64encode(drawn_portrait()).decode(), "locale": body},
    )
    assert answer.json()["locale"] == locale


def test_only_the_texts_depend_on_the_language(client: httpx.Client) -> None:
    korean, *others = (read(client, drawn_portrait(), locale=locale) for locale in LOCALES)
    for other in others:
        assert korean["overall_score"] == other["overall_score"]
        assert korean["energy_scores"] == other["energy_scores"]
    assert len({reading["disclaimer"] for reading in (korean, *others)}) == len(LOCALES)


def test_every_quality_warning_has_an_advice_text() -> None:
    assert set(load("advice", DEFAULT_LOCALE, dict[str, str])) == {warning.value for warning in QualityWarning}


def test_real_portraits_are_read(client: httpx.Client) -> None:
    photos = evaluation_photos("london")[::10]
    readings = [without_unique_fields(read(client, photo.read_bytes())) for photo in photos]
    assert len(readings) >= 8
    assert len({json.dumps(reading["parts_analysis"]) for reading in readings}) == len(readings)
