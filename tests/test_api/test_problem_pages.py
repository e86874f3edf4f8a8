"""The page about each code of an error, at the `type` of its problems."""

import html
import re

import pytest

from gwansang.texts import LOCALES, load
from tests.support.serving import application, send_request

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.anyio
@pytest.mark.parametrize("locale", LOCALES)
async def test_every_code_has_a_page_for_people_and_one_for_programs(locale: str) -> None:
    texts = load("problems", locale, dict[str, str])
    async with application() as client:
        listed = (await client.get("/problems", params={"locale": locale})).json()["items"]
        assert [item["code"] for item in listed] == sorted(texts)
        for item in listed:
            page = await client.get(item["type"], params={"locale": locale}, headers=BROWSER)
            assert page.status_code == 200
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert f"<code>{item['code']}</code>" in page.text
            assert f'<html lang="{locale}">' in page.text
            assert html.escape(item["text"]) in page.text
            assert not re.search(r"[{}]", item["text"])
            assert len(item["text"]) > 8


def test_the_type_of_a_problem_leads_to_its_page_in_the_language_of_the_caller() -> None:
    problem = send_request("POST", "/api/v1/analysis/face", json={"image": "!"}).json()
    for language in LOCALES:
        text = load("problems", language, dict[str, str])
        answer = send_request("GET", problem["type"], headers={"Accept-Language": language})
        assert answer.json() == {
            "type": "/problems/invalid-base64",
            "code": "INVALID_BASE64",
            "title": problem["title"],
            "status": problem["status"],
            "text": text["INVALID_BASE64"],
            "locale": language,
        }
        assert answer.headers["content-language"] == language
        assert answer.headers["vary"].startswith("Accept, Accept-Language")


def test_a_page_that_the_client_has_is_not_sent_again() -> None:
    first = send_request("GET", "/problems/no-face")
    again = send_request("GET", "/problems/no-face", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["no-such-code", "NO-FACE", "no_face%00", "<script>"])
def test_an_unknown_code_has_no_page(name: str) -> None:
    answer = send_request("GET", f"/problems/{name}", headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
