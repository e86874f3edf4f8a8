"""The documentation agrees with the repository: paths, links, names and log events."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.log_events import UnlistableEventError, documented_events, logged_events
from tests.support.photos import REPOSITORY

SOURCE = REPOSITORY / "src" / "gwansang"
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
ROOTS = (
    REPOSITORY,
    SOURCE.parent,
    SOURCE,
    SOURCE / "reading",
)  # paths in the documentation are relative to one of these
TOP_FOLDERS = {path.name for root in ROOTS for path in root.iterdir() if path.is_dir()}
FILE_SUFFIXES = (".py", ".md", ".json", ".toml", ".yaml", ".svg", ".npz", ".html")
# Files that commands of the examples write or read, and modules that a decision plans.
OF_USERS = {
    *("norms.json", "readings.jsonl", "people/", "MEASURES.npz", "GROUPS.npz"),
    *("truth.json", "scores.json", "gate.json", "belief.py", "photo_errors.py", "gate.py", "score_fit.py"),
}


def code_spans(text: str) -> Iterator[str]:
    """Yield the text of every `code` span outside of code blocks."""
    without_blocks = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", without_blocks)


def is_repository_path(span: str) -> bool:
    """Say whether a code span names a file or folder of the repository."""
    if span in OF_USERS or span.startswith("/") or not re.fullmatch(r"[\w.*/-]+", span):
        return False
    in_known_folder = "/" in span and span.split("/", maxsplit=1)[0] in TOP_FOLDERS
    return in_known_folder or span.endswith(FILE_SUFFIXES)


def path_exists(path: str) -> bool:
    """Say whether a path exists below one of the roots; without a folder, anywhere in the repository's own folders."""
    patterns = (path.rstrip("/"), f"{path}.py")
    if any(next(root.glob(pattern), None) for root in ROOTS for pattern in patterns):
        return True
    folders = ("src", "tests", "docs", "benchmarks", "calibration", "clients", "tools")
    return "/" not in path and any(next((REPOSITORY / folder).rglob(path), None) for folder in folders)


def missing_paths(text: str) -> list[str]:
    """Return the code spans that name a path of the repository which does not exist."""
    return [span for span in code_spans(text) if is_repository_path(span) and not path_exists(span)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_path_on_a_page_exists(page: Path) -> None:
    assert missing_paths(page.read_text()) == []


def test_a_path_that_does_not_exist_is_reported() -> None:
    text = "See `reading/scores.py`, `services/ml/face_analyzer`, `docs/api.md`, `GET /users` and `core/absent.py`."
    assert missing_paths(text) == ["core/absent.py"]
    assert missing_paths("```sh\ncat `core/absent.py`\n```\n`absent.json`") == ["absent.json"]


def unknown_names(text: str, source: str) -> list[str]:
    """Return the code spans that look like a class or a constant and do not occur in the source."""
    names = [span for span in code_spans(text) if re.fullmatch(r"[A-Z]\w*([a-z]\w*|_[A-Z]\w*)(\.\w+)?", span)]
    words = set(re.findall(r"\w+", source))
    return [name for name in names if not set(name.split(".")) <= words]


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md"])
def test_every_class_and_constant_on_a_page_exists(page: str) -> None:
    folders = (SOURCE, REPOSITORY / "docs", REPOSITORY / "tests")
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".json")]
    files += (REPOSITORY / "web" / "src").rglob("*.ts")
    settings = (REPOSITORY / ".env.example").read_text()
    source = "\n".join([settings, *(path.read_text() for path in files)])
    assert unknown_names((REPOSITORY / page).read_text(), source) == []


def test_a_class_or_constant_that_does_not_exist_is_reported() -> None:
    text = "`TaskRun`, `Job.step`, `Job.leap`, `MAX_SIZE`, `AbsentClass`, `GET /users`, `word`, `HTTP`, `Face`"
    assert unknown_names(text, "class TaskRun: ...\nclass Job:\n def step(): ...\nMAX_SIZE = 1\nclass Face: ...") == [
        "Job.leap",
        "AbsentClass",
    ]


def anchors(page: Path) -> list[str]:
    """Return the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings]


def broken_links(page: Path, text: str) -> list[str]:
    """Return the relative links whose file or heading does not exist."""
    broken = []
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        file, _, fragment = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if not path.exists() or (fragment and fragment not in anchors(path)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_on_a_page_has_a_target(page: Path) -> None:
    assert broken_links(page, page.read_text()) == []


def test_a_link_without_a_target_is_reported() -> None:
    text = "[a](docs/api.md) [b](docs/absent.md) [c](docs/operations.md#log-events) [d](docs/operations.md#absent)"
    assert broken_links(REPOSITORY / "README.md", text) == ["docs/absent.md", "docs/operations.md#absent"]


def test_the_table_of_log_events_is_that_of_the_code() -> None:
    sources = [path.read_text() for path in SOURCE.rglob("*.py")]
    assert documented_events((REPOSITORY / "docs" / "operations.md").read_text()) == logged_events(sources)


def test_events_are_found_in_code_and_in_the_table() -> None:
    code = '_log.info("task.ended", n=1)\nlog.exception("task.retry")\n_log.warning("task.ended")\nmath.log(2)'
    table = "| `task.ended` | info, warning | A task. |\n| `task.retry` | error | Again. |"
    assert logged_events([code]) == {"task.ended": {"info", "warning"}, "task.retry": {"error"}}
    assert documented_events(table) == logged_events([code])


@pytest.mark.parametrize("code", ['_log.info(f"task.{status}")', "log.warning(event)", '_log.info("Something ended")'])
def test_an_event_that_cannot_be_listed_is_reported(code: str) -> None:
    with pytest.raises(UnlistableEventError):
        logged_events([code])
