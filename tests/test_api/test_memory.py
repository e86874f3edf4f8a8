"""Profiles over HTTP: several photos at once, the next reading, and comparisons of two readings."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from gwansang.reading.measurements import MEASURE_VERSION
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings import profile_service
from gwansang.texts import LOCALES, Locale, load
from tests.support.content_policy import violations
from tests.support.many_faces import ME, ME_AGAIN, NOBODY, STRANGER, SeededVision, landmarks_of
from tests.support.people import Person, person
from tests.support.photos import drawn_portrait, model_dir
from tests.support.serving import UPLOAD_CALL, application

TEXTS = {locale: load("memory", locale, dict[str, str]) for locale in LOCALES}

pytestmark = pytest.mark.anyio
UPLOAD = "/analysis/face/upload"


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(SeededVision, database_url=database_url) as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    """Return a user who consents to a history."""
    someone = await person(client, "minji")
    await someone.agree("history")
    return someone


def form(*photos: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", ("me.jpg", photo)) for photo in photos]


async def read(someone: Person, *photos: bytes) -> dict[str, object]:
    answer = await someone.call("POST", UPLOAD, files=form(*photos))
    assert answer.status_code == 200, answer.text
    reading: dict[str, object] = answer.json()
    return reading


async def exported_profile(someone: Person) -> dict[str, object] | None:
    return (await someone.call("GET", "/users/me/export")).json()["profile"]


# --- several photos at once -------------------------------------------------------------------------------------------


async def test_several_photos_of_one_face_give_one_reading_with_smaller_errors(client: httpx.AsyncClient) -> None:
    single = (await client.post(UPLOAD_CALL, files=form(ME))).json()
    three = (await client.post(UPLOAD_CALL, files=form(ME, ME_AGAIN, ME))).json()
    assert (single["quality"]["photos"], three["quality"]["photos"]) == (1, 3)
    assert three["profile"] is None
    errors = [
        {
            reason["measure"]: reason["error"]
            for part in reading["parts_analysis"].values()
            for reason in part["reasons"]
        }
        for reading in (single, three)
    ]
    assert all(errors[1][name] < error for name, error in errors[0].items())
    best = (await client.post(UPLOAD_CALL, files=form((ME, ME_AGAIN, ME)[three["quality"]["best_photo"] - 1]))).json()
    assert [age["points"] for age in three["palaces"]] == [age["points"] for age in best["palaces"]]


@pytest.mark.parametrize(
    ("photos", "status", "code", "details"),
    [
        ((ME,) * 5, 200, None, None),
        ((ME,) * 6, 422, "TOO_MANY_FILES", {"max_files": 5}),
        ((ME, NOBODY, ME), 422, "NO_FACE", {"file": 2}),
        ((NOBODY, ME), 422, "NO_FACE", {"file": 1}),
        ((NOBODY,), 422, "NO_FACE", None),
        ((ME, ME, STRANGER), 422, "DIFFERENT_FACES", {"file": 3}),
        ((ME, b"x" * 3000), 413, "FILE_TOO_LARGE", {"file": 2, "max_bytes": 2000}),
        ((b"x" * 3000,), 413, "FILE_TOO_LARGE", {"max_bytes": 2000}),
        ((b"x" * 2000,) * 3 + (b"x" * 80_000,), 413, "BODY_TOO_LARGE", {"max_bytes": 6000 + 65536}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_error_about_one_of_several_photos_has_its_number(
    photos: tuple[bytes, ...], status: int, code: str | None, details: object, database_url: str
) -> None:
    changes = {"max_upload_bytes": 2000, "max_form_bytes": 6000, "database_url": database_url}
    async with application(SeededVision, **changes) as client:
        answer = await client.post(UPLOAD_CALL, files=form(*photos))
    assert answer.status_code == status
    if code is not None:
        assert (answer.json()["error"]["code"], answer.json()["error"]["details"]) == (code, details)


# --- the next reading -------------------------------------------------------------------------------------------------


async def test_a_second_reading_reports_its_agreement_with_the_first(minji: Person) -> None:
    first = await read(minji, ME)
    second = await read(minji, ME_AGAIN)
    assert first["profile"] is None
    profile = second["profile"]
    assert (profile["photos"], profile["same_face"]) == (2, True)
    changed = [
        part
        for part, reading in second["parts_analysis"].items()
        if reading["shape_id"] != first["parts_analysis"][part]["shape_id"]
    ]
    assert [part for part in profile["changed_parts"] if part != "element"] == changed
    assert f"{round(100 * profile['same_as_last_time'])}%" in profile["text"]
    assert (await exported_profile(minji))["photos"] == 2


async def test_several_photos_count_as_several(minji: Person) -> None:
    await read(minji, ME, ME_AGAIN, ME)
    assert (await read(minji, ME, ME))["profile"]["photos"] == 5


async def test_a_photo_of_another_face_is_read_and_leaves_the_profile_unchanged(minji: Person) -> None:
    await read(minji, ME)
    before = await exported_profile(minji)
    reading = await read(minji, STRANGER)
    assert reading["profile"] == {
        "photos": 1,
        "same_as_last_time": None,
        "changed_parts": [],
        "same_face": False,
        "measured_anew": False,
        "text": TEXTS["ko"]["another_face"],
    }
    assert await exported_profile(minji) == before
    assert (await minji.call("GET", "/analysis")).json()["total"] == 2


async def test_a_profile_of_an_older_measuring_starts_anew_and_says_why(
    minji: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(profile_service, "MEASURE_VERSION", MEASURE_VERSION - 1)
        await read(minji, ME, ME)
    first, second = [(await read(minji, ME))["profile"] for _ in range(2)]
    assert (first["measured_anew"], first["same_face"], first["photos"]) == (True, True, 1)
    assert first["text"] == TEXTS["ko"]["measured_anew"].format(percent=round(100 * first["same_as_last_time"]))
    assert "재는 방법" in first["text"]
    assert (second["measured_anew"], second["photos"]) == (False, 2)


async def test_no_profile_is_stored_for_guests_and_without_consent(client: httpx.AsyncClient) -> None:
    someone = await person(client)
    for _ in range(2):
        assert (await read(someone, ME))["profile"] is None
        assert (await client.post(UPLOAD_CALL, files=form(ME))).json()["profile"] is None
    assert await exported_profile(someone) is None


async def test_a_reading_by_api_key_uses_the_profile_of_its_owner(client: httpx.AsyncClient, minji: Person) -> None:
    await read(minji, ME)
    answer = await client.post(UPLOAD_CALL, files=form(ME), headers=await minji.key("analyze"))
    assert answer.json()["profile"]["photos"] == 2


async def test_landmarks_update_the_profile_like_photos(minji: Person) -> None:
    await read(minji, ME)
    body = {"landmarks": landmarks_of(ME).tolist(), "image_width": 1000, "image_height": 1000}
    assert (await minji.call("POST", "/analysis/face", json=body)).json()["profile"]["same_as_last_time"] == 1.0


async def test_concurrent_uploads_all_update_the_profile(minji: Person) -> None:
    await read(minji, ME)
    readings = await asyncio.gather(*(read(minji, photo) for photo in (ME, ME_AGAIN) * 8))
    assert sorted(reading["profile"]["photos"] for reading in readings) == list(range(2, 18))
    assert (await exported_profile(minji))["photos"] == 17
    assert (await minji.call("GET", "/analysis")).json()["total"] == 17


async def test_concurrent_first_uploads_all_update_the_profile(minji: Person) -> None:
    await asyncio.gather(*(read(minji, ME) for _ in range(4)))
    assert (await exported_profile(minji))["photos"] == 4


async def test_readings_and_the_profile_are_deleted_independently(minji: Person) -> None:
    first = await read(minji, ME)
    await minji.call("DELETE", f"/analysis/{first['analysis_id']}")
    assert (await read(minji, ME))["profile"]["photos"] == 2
    assert [(await minji.call("DELETE", "/analysis/profile")).status_code for _ in range(2)] == [204, 204]
    assert await exported_profile(minji) is None
    assert (await minji.call("GET", "/analysis")).json()["total"] == 1
    assert (await read(minji, ME))["profile"] is None


async def test_deleting_a_profile_needs_the_scope_and_affects_only_the_caller(
    client: httpx.AsyncClient, minji: Person
) -> None:
    await read(minji, ME)
    stranger = await person(client, "stranger")
    assert (await stranger.call("DELETE", "/analysis/profile")).status_code == 204
    reader = await minji.key("analyze", "history:read")
    assert (await client.delete("/api/v1/analysis/profile", headers=reader)).status_code == 403
    assert (await client.delete("/api/v1/analysis/profile")).status_code == 401
    assert (await exported_profile(minji))["photos"] == 1


async def test_withdrawing_consent_deletes_the_profile_at_once(minji: Person) -> None:
    await read(minji, ME)
    await minji.call("DELETE", "/consents/history")
    assert await exported_profile(minji) is None
    await minji.agree("history")
    assert (await read(minji, ME))["profile"] is None


async def test_a_profile_has_neither_points_nor_a_photo(minji: Person) -> None:
    await read(minji, ME)
    profile = await exported_profile(minji)
    assert set(profile) == {
        "photos", "updated_at", "measures", "shapes", "norms_id", "engine_version"
    }  # fmt: skip
    assert not re.search(r"(-?\d+\.\d+, ){5}", json.dumps(profile))  # no coordinates


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_two_drawn_portraits_are_one_face_to_the_real_networks(database_url: str) -> None:
    def build() -> NetworkVision:
        return NetworkVision(model_dir())

    async with application(build, database_url=database_url) as client:
        someone = await person(client)
        await someone.agree("history")
        await read(someone, drawn_portrait())
        again = await read(someone, drawn_portrait(width=800, height=800, face_width=330.0))
    assert again["profile"]["same_face"]
    assert again["profile"]["same_as_last_time"] >= 0.9


# --- comparisons of two readings -------------------------------------------------------------------------------------


async def compare(someone: Person, a: object, b: object, **params: str) -> httpx.Response:
    return await someone.call("POST", "/analysis/compare", json={"a": str(a), "b": str(b)}, params=params)


async def test_a_reading_compared_with_itself_has_no_changes(minji: Person) -> None:
    reading = await read(minji, ME)
    answer = (await compare(minji, reading["analysis_id"], reading["analysis_id"])).json()
    assert answer["agreement"] == 1.0
    assert not any(part["changed"] for part in (*answer["parts"].values(), answer["element"]))
    assert {measure["in_errors"] for measure in answer["measures"].values()} == {0.0}
    assert not any(condition["differs"] for condition in answer["conditions"].values())
    assert answer["text"] == TEXTS["ko"]["alike"]


async def test_a_comparison_of_two_faces_lists_the_differences(minji: Person) -> None:
    mine, other = await read(minji, ME), await read(minji, STRANGER)
    answer = (await compare(minji, mine["analysis_id"], other["analysis_id"], locale="en")).json()
    for part, compared in answer["parts"].items():
        shapes = [reading["parts_analysis"][part]["shape_id"] for reading in (mine, other)]
        assert [compared["a"]["shape_id"], compared["b"]["shape_id"]] == shapes
        assert compared["changed"] == (shapes[0] != shapes[1])
    for measure in answer["measures"].values():
        assert measure["difference"] == pytest.approx(measure["b"]["value"] - measure["a"]["value"], abs=2e-4)
        assert measure["more_than_noise"] == (abs(measure["in_errors"]) > 3)
    assert any(measure["more_than_noise"] for measure in answer["measures"].values())
    assert answer["overall"]["difference"] == other["overall_score"] - mine["overall_score"]
    assert set(answer["energies"]) == {"wealth", "love", "health", "social"}
    assert answer["agreement"] < 0.7
    assert not re.search(
        "[가-힣]", answer["text"] + answer["parts"]["eyes"]["name"] + answer["parts"]["eyes"]["a"]["shape"]
    )


async def test_only_the_callers_own_readings_can_be_compared(client: httpx.AsyncClient, minji: Person) -> None:
    stranger = await person(client, "stranger")
    await stranger.agree("history")
    own, mine = (await read(minji, ME))["analysis_id"], (await read(stranger, ME))["analysis_id"]
    for pair in ((mine, own), (own, mine), (mine, uuid4()), (own, own)):
        answer = await compare(stranger, *pair)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ANALYSIS_NOT_FOUND")
    key = await minji.key("analyze")
    refused = await client.post("/api/v1/analysis/compare", json={"a": own, "b": own}, headers=key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "SCOPE_MISSING")


@pytest.mark.parametrize("body", [{}, {"a": "x", "b": "y"}, [], None, {"a": str(UUID(int=7))}], ids=str)
async def test_a_comparison_with_invalid_ids_is_rejected(body: object, minji: Person) -> None:
    assert (await minji.call("POST", "/analysis/compare", json=body)).status_code == 422


@pytest.mark.parametrize("locale", LOCALES)
async def test_memory_texts_follow_the_content_policy(locale: Locale) -> None:
    for name, text in TEXTS[locale].items():
        assert violations(text) == (), name
        assert bool(re.search("[가-힣]", text)) == (locale == "ko" and name != "comma"), name
