"""A language is a folder of texts and its code in one line; nothing of it is read before it is needed."""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import gwansang
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.services.protection.consent_texts import ConsentText
from gwansang.texts import DEFAULT_LOCALE, LOCALE_CHOICE, LOCALES, join_sentences, load
from tests.support.serving import serving
from tests.support.texts import leaves

PACKAGE = Path(gwansang.__file__).parent
THIRD = "eo"  # a language that the product will hardly ship
ESPERANTO = {
    "fortune": {"disclaimer": "Legaĵo laŭ la tradicio de vizaĝlegado."},
    "problems": {"INVALID_BASE64": "La bildo ne estis legebla."},
    "notice": {"title": "Sciigo"},
}
FIELDS_BY_LANGUAGE = {
    ("fortune", "/relations/peer/reason"),
    ("lookalike", "/person"),
    *(("elements", f"/{relation}") for relation in ("feeding", "shaping")),
}
READING = {"landmarks": canonical_landmarks().tolist()}


@pytest.fixture(scope="module")
def in_esperanto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The running service with a third language: a folder with three sentences, and its code in the list."""
    folder = tmp_path_factory.mktemp("third")
    texts = shutil.copytree(PACKAGE, folder / "src" / "gwansang") / "texts"
    line = f"Locale = Literal[{', '.join(json.dumps(locale) for locale in LOCALES)}]"
    source = (texts / "__init__.py").read_text()
    assert source.count(line) == 1
    (texts / "__init__.py").write_text(source.replace(line, f"{line[:-1]}, {json.dumps(THIRD)}]"))
    (texts / THIRD).mkdir()
    for name, sentences in ESPERANTO.items():
        (texts / THIRD / f"{name}.json").write_text(json.dumps(sentences))
    with serving(folder, PYTHONPATH=str(folder / "src")) as server, server.client() as client:
        yield client


def test_a_third_language_is_offered_in_the_api_document(in_esperanto: httpx.Client) -> None:
    document = in_esperanto.get("/api/v1/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert [schemas[name]["properties"]["locale"]["enum"] for name in ("FaceReading", "LookalikeOut")] == [
        [*LOCALES, THIRD],
        [*LOCALES, THIRD],
    ]
    assert f'"{LOCALE_CHOICE} or {THIRD}; anything else falls back."' in json.dumps(document)


def test_a_reading_has_the_sentence_of_the_third_language_and_falls_back_for_the_rest(
    in_esperanto: httpx.Client,
) -> None:
    esperanto, korean = (
        in_esperanto.post("/api/v1/analysis/face", params={"locale": locale}, json=READING).json()
        for locale in (THIRD, "ko")
    )
    assert (esperanto["locale"], esperanto["disclaimer"]) == (THIRD, ESPERANTO["fortune"]["disclaimer"])
    assert korean["disclaimer"] != esperanto["disclaimer"]
    for field in ("title", "story", "topics", "parts_analysis", "element", "archetypes", "zones", "palaces", "quality"):
        assert esperanto[field] == korean[field]
    assert esperanto["fortune"] == {**korean["fortune"], "disclaimer": ESPERANTO["fortune"]["disclaimer"]}


def test_an_error_has_the_sentence_of_the_third_language_or_falls_back(in_esperanto: httpx.Client) -> None:
    headers = {"Accept-Language": f"{THIRD}, en;q=0.5"}
    unreadable = in_esperanto.post("/api/v1/analysis/face", headers=headers, json={"image": "!"}).json()
    assert unreadable["detail"] == ESPERANTO["problems"]["INVALID_BASE64"]
    empty = in_esperanto.post("/api/v1/analysis/face", headers=headers, json={}).json()
    assert empty["detail"] == load("problems", "ko", dict[str, str])["NOTHING_TO_READ"]


def test_the_notice_has_the_title_of_the_third_language_and_falls_back_for_the_rest(
    in_esperanto: httpx.Client,
) -> None:
    esperanto, korean = (
        in_esperanto.get("/api/v1/privacy/notice", headers={"Accept-Language": locale}).json()
        for locale in (THIRD, "ko")
    )
    assert esperanto == {**korean, "locale": THIRD, "title": ESPERANTO["notice"]["title"]}


@pytest.mark.parametrize("name", sorted(path.stem for path in (PACKAGE / "texts" / DEFAULT_LOCALE).glob("*.json")))
def test_every_shipped_language_has_the_same_texts_with_the_same_fields(name: str) -> None:
    forms = [form(name, (PACKAGE / "texts" / locale / f"{name}.json").read_text()) for locale in LOCALES]
    assert forms == [forms[0]] * len(LOCALES)


def form(name: str, content: str) -> list[tuple[str, set[str] | None]]:
    """Return the path of each text with the fields in braces that it fills, if they have to be the same everywhere."""
    return [
        (path, None if (name, path) in FIELDS_BY_LANGUAGE else set(re.findall(r"{(\w*)}", text)))
        for path, text in leaves(json.loads(content))
    ]


def test_a_consent_without_a_translation_is_shown_and_recorded_in_the_default_language() -> None:
    text = ConsentText(version=2, valid_from=1, translations={DEFAULT_LOCALE: "새 글"})
    assert text.language("en") == DEFAULT_LOCALE
    assert text.text("en") == "새 글"
    assert text.sha256("en") == text.sha256(DEFAULT_LOCALE)


@pytest.mark.parametrize(
    ("sentences", "text"),
    [
        (["하나입니다.", "둘입니다."], "하나입니다. 둘입니다."),
        (["It is one.", "“Two?”", "Three."], "It is one. “Two?” Three."),
        (["ひとつです。", "二つですか？", "三つ"], "ひとつです。二つですか？三つ"),
        ([], ""),
    ],
)
def test_sentences_are_joined_as_their_marks_ask(sentences: list[str], text: str) -> None:
    assert join_sentences(sentences) == text


def test_texts_that_no_language_has_are_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        load("absent", "en", dict[str, str])


def test_no_code_depends_on_a_language() -> None:
    """Outside the list of languages, their codes occur only in the examples of the schemas."""
    modules = [path for path in PACKAGE.rglob("*.py") if path.parent.name not in ("texts", "schemas")]
    named = {
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in LOCALES
    }
    assert named == set()


def test_importing_the_application_reads_no_data_of_the_package() -> None:
    script = f"""
import sys
opened = []
def note(event, arguments):
    if event == "open" and str(arguments[0]).startswith({str(PACKAGE)!r}):
        opened.append(str(arguments[0]))
sys.addaudithook(note)
import gwansang.main, gwansang.cli, gwansang.worker
print([path for path in opened if not path.endswith((".py", ".pyc"))])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stdout
