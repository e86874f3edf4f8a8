"""What callers get of a face that is partly covered, from the answer to the history."""

import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.people import Person, person
from tests.support.serving import application
from tests.test_api.test_tasks import wait_until_ended

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
FACE = {"landmarks": canonical_landmarks().tolist(), "landmark_looks": 2, "birth_year": 1990}
MASK = ("nose", "mouth", "cheeks", "jaw")


@pytest.fixture
async def minji(database_url: str) -> AsyncIterator[Person]:
    async with application(database_url=database_url) as client:
        someone = await person(client, "minji")
        await someone.agree("history")
        yield someone


async def read(someone: Person, *covered: str, path: str = "/analysis/face") -> dict[str, Any]:
    answer = await someone.call("POST", path, json={**FACE, "covered": list(covered)})
    assert answer.status_code in (200, 202), answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_what_the_client_could_not_see_is_told_as_not_seen(minji: Person) -> None:
    told = await read(minji, "mouth")
    quality = told["quality"]
    assert quality["covered"] == ["mouth"]
    assert "MOUTH_OCCLUDED" in quality["warnings"]
    assert [advice["code"] for advice in quality["advice"]] == quality["warnings"]
    mouth, eyes = (told["parts_analysis"][part] for part in ("mouth", "eyes"))
    assert (mouth["shape_id"], mouth["covered"], mouth["decided"], mouth["reasons"]) == ("unseen", ["mouth"], False, [])
    assert (eyes["covered"], eyes["shape_id"] != "unseen", len(eyes["reasons"])) == ([], True, 3)


async def test_a_task_and_the_history_tell_covers_as_the_answer_does(minji: Person) -> None:
    submitted = await read(minji, *MASK, path="/analysis/face/async")
    done = (await wait_until_ended(minji, submitted["task_id"]))["result"]
    answered = await read(minji, *MASK)
    kept = (await minji.call("GET", f"/analysis/{answered['analysis_id']}")).json()
    for told in (done, kept):
        assert told["quality"] == answered["quality"]
        assert {part: one["covered"] for part, one in told["parts_analysis"].items()} == {
            part: one["covered"] for part, one in answered["parts_analysis"].items()
        }
    fortune = await minji.call("GET", f"/analysis/{answered['analysis_id']}/fortune", params={"date": "2026-11-30"})
    assert fortune.status_code == 200
    card = await minji.call("GET", f"/analysis/{answered['analysis_id']}/card.svg")
    assert card.status_code == 200


async def test_a_remembered_face_is_told_behind_a_mask_and_nothing_has_changed(minji: Person) -> None:
    bare = await read(minji)
    masked = await read(minji, *MASK)
    assert masked["quality"]["covered"] == list(MASK)
    assert masked["profile"]["changed_parts"] == []
    assert masked["profile"]["same_face"]
    assert masked["parts_analysis"]["mouth"]["shape_id"] == bare["parts_analysis"]["mouth"]["shape_id"]


async def test_a_comparison_leaves_out_what_one_photo_hides(minji: Person) -> None:
    masked = await read(minji, *MASK)  # first, so that nothing is remembered of what it hides
    bare = await read(minji)
    body = {"a": masked["analysis_id"], "b": bare["analysis_id"]}
    compared = (await minji.call("POST", "/analysis/compare", json=body)).json()
    assert not compared["parts"]["mouth"]["changed"]
    assert compared["parts"]["mouth"]["a"]["shape"] == "가려져 보이지 않음"
    assert "mouth_width" not in compared["measures"]
    assert "eye_tilt" in compared["measures"]


async def test_an_export_tells_the_reading_and_the_measures_that_were_seen(minji: Person) -> None:
    told = await read(minji, *MASK)
    answer = await minji.call("GET", "/users/me/export", params={"format": "zip"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        texts = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".txt"))
    assert "- eye_tilt: " in texts
    assert told["title"] in texts
    assert told["story"] in texts
    assert all(topic["text"] in texts for topic in told["topics"])
    assert "- mouth_width: " not in texts


async def test_an_unknown_region_is_refused(minji: Person) -> None:
    answer = await minji.call("POST", "/analysis/face", json={**FACE, "covered": ["beard"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
