"""The error table: every error of the product has one status, one code, two texts, and a place in OpenAPI."""

import importlib
import json
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from string import Formatter

import pytest

import gwansang
from gwansang.api import errors
from gwansang.core.exceptions import AppError
from gwansang.texts import LOCALES, Locale, load
from tests.support.photos import REPOSITORY
from tests.support.serving import send_request

TEXTS = {locale: load("problems", locale, dict[str, str]) for locale in LOCALES}
KOREAN = re.compile(r"[가-힣]")
KANA = re.compile("[ぁ-んァ-ヶ]")


def leaves_and_families(error: type[AppError] = AppError) -> Iterator[type[AppError]]:
    yield error
    for kind in error.__subclasses__():
        yield from leaves_and_families(kind)


def every_error() -> list[type[AppError]]:
    for module in pkgutil.walk_packages(gwansang.__path__, "gwansang."):
        importlib.import_module(module.name)
    ours = [error for error in leaves_and_families() if error.__module__.startswith("gwansang.")]
    return sorted(ours, key=lambda error: error.__qualname__)


EVERY_ERROR = every_error()


def test_codes_are_unique() -> None:
    assert [code for code, count in Counter(error.code for error in EVERY_ERROR).items() if count > 1] == []


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: error.__name__)
def test_an_error_has_a_status_and_a_text_in_every_language(error: type[AppError]) -> None:
    assert 400 <= errors.status_of(error) <= 599
    assert re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", error.code)
    assert [locale for locale in LOCALES if KOREAN.search(TEXTS[locale][error.code])] == ["ko"]
    assert [locale for locale in LOCALES if KANA.search(TEXTS[locale][error.code])] == ["ja"]


def test_there_is_no_text_without_an_error() -> None:
    assert set(TEXTS["ko"]) == {error.code for error in EVERY_ERROR}


def test_the_korean_texts_are_polite_and_end_in_a_request_or_a_fact() -> None:
    assert [code for code, text in TEXTS["ko"].items() if not re.search(r"(요|죠)\.$", text)] == []


def test_the_japanese_texts_are_polite_and_end_in_a_request_or_a_fact() -> None:
    polite = r"(?:です|ます|ません|ました|ませんでした|ください|ましょう|お願いします)。$"
    assert [code for code, text in TEXTS["ja"].items() if not re.search(polite, text)] == []


def test_every_code_is_documented_in_openapi() -> None:
    schema = send_request("GET", "/api/v1/openapi.json").json()
    committed = json.loads((REPOSITORY / "clients" / "openapi.json").read_text())  # made where little is imported
    for document in (schema, committed):
        documented = document["components"]["schemas"]["ErrorCode"]["enum"]
        assert documented == sorted({error.code for error in EVERY_ERROR})


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: error.__name__)
def test_an_error_without_its_facts_falls_back_to_the_plain_message(error: type[AppError]) -> None:
    answer = errors.error_response({"type": "http", "path": "/x", "headers": [], "query_string": b""}, error("Plain."))
    problem = json.loads(bytes(answer.body))
    assert problem["detail"]
    assert problem["error"] == {"code": error.code, "message": "Plain.", "details": None}


def test_facts_become_json_and_nan_becomes_null() -> None:
    facts = {"count": 2, "ratio": 0.123456, "off": float("nan"), "sizes": (1, 2), "inner": {"deep": float("inf")}}
    answer = errors.error_response(
        {"type": "http", "path": "/x", "headers": [], "query_string": b""}, AppError("Plain.", **facts)
    )
    details = json.loads(bytes(answer.body))["error"]["details"]
    assert details == {"count": 2, "ratio": 0.1235, "off": None, "sizes": [1, 2], "inner": {"deep": None}}


def test_a_problem_has_the_documented_shape() -> None:
    answer = send_request("POST", "/api/v1/analysis/face", json={"image": "!"}, headers={"X-Request-ID": "a-request"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/invalid-base64",
        "title": "The image is not valid base64",
        "status": 422,
        "detail": TEXTS["ko"]["INVALID_BASE64"],
        "instance": "/api/v1/analysis/face",
        "request_id": "a-request",
        "error": {
            "code": "INVALID_BASE64",
            "message": "The image must be base64, bare or as a data URL.",
            "details": {"field": "image"},
        },
    }


@pytest.mark.parametrize(
    ("query", "header", "locale"),
    [
        ("", None, "ko"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr;q=1, en;q=0.5, ko;q=0.4", "en"),
        ("", "ko;q=0.4, en;q=0.5", "en"),
        ("", "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("", "en;q=0", "ko"),
        ("", "../../x", "ko"),
        ("", "{{7*7}},{0.__class__},%n", "ko"),
        ("", "," * 5000, "ko"),
        ("?locale=en", "ko", "en"),
        ("?locale=en_US", None, "en"),
        ("?locale=../../etc/passwd", None, "ko"),
        ("?locale=xx", "en", "en"),
    ],
)
def test_the_detail_is_in_the_language_of_the_caller(query: str, header: str | None, locale: Locale) -> None:
    headers = {} if header is None else {"Accept-Language": header}
    answer = send_request("POST", f"/api/v1/analysis/face{query}", json={"image": "!"}, headers=headers)
    assert answer.json()["detail"] == TEXTS[locale]["INVALID_BASE64"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("GET", "/api/v1/analysis/face", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "/api/v1/analysis/face/upload", 405, "METHOD_NOT_ALLOWED"),
        ("TRACE", "/api/v1/analysis/face", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/v1/analysis/face%00", 404, "NOT_FOUND"),
        ("GET", "//api/v1/analysis/face", 404, "NOT_FOUND"),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "NOT_FOUND"),
        ("GET", "/docs/assets/..%2f..%2f..%2f__init__.py", 404, "NOT_FOUND"),
        ("POST", "/api/v1/analysis/face/", 404, "NOT_FOUND"),
    ],
)
def test_refusals_of_the_framework_are_problems_too(method: str, path: str, status: int, code: str) -> None:
    answer = send_request(method, path, headers={"X-HTTP-Method-Override": "POST"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (status != 405) or answer.headers["allow"] == "POST"


def test_the_allow_header_has_all_methods_of_a_path() -> None:
    assert send_request("PUT", "/api/v1/users/me").headers["allow"] == "HEAD, GET, PATCH, DELETE"
    assert send_request("PUT", "/api/v1/users/").headers["allow"] == "POST"
    assert send_request("PATCH", "/api/v1/users").headers["allow"] == "HEAD, GET, POST"


def fields_of(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
