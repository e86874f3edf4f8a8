"""The account book of `benchmarks.chaos` reports what is not as promised; each fault is planted here."""

import time
from collections.abc import Callable

import pytest
from benchmarks.chaos.accounting import Found, enter_accounts
from benchmarks.chaos.book import Book
from benchmarks.chaos.ledger import Account, Ledger, Request, TaskPromise

KEPT, OTHER, TASK = "reading-1", "reading-2", "task-1"
CONTENT = {"overall_score": 80}


def account() -> Found:
    """Return an account that shows what it was promised: a kept reading, and a task with another one."""
    promised = Account("a@example.com", "a", "a password", made=True, proven=True, history=True, kept={KEPT: CONTENT})
    promised.tasks = [TaskPromise("key", "face", 1, TASK, seen="result")]
    done = {"status": "done", "result": {"analysis_id": OTHER}, "error": None}
    return Found(promised, True, [KEPT, OTHER], {KEPT: CONTENT}, {TASK: done}, [TASK])


def faults(found: Found) -> list[str]:
    book = Book()
    enter_accounts(book, Ledger(), [found])
    return [entry.name for entry in book.entries if entry.wrong]


def test_what_was_promised_balances() -> None:
    assert faults(account()) == []


PLANTED: dict[str, tuple[Callable[[Found], object], str]] = {
    "lost": (lambda found: found.ids.remove(KEPT), "kept readings are in the history, as they were"),
    "changed": (
        lambda found: found.readings.update({KEPT: {"overall_score": 81}}),
        "kept readings are in the history, as they were",
    ),
    "twice": (lambda found: found.ids.append(KEPT), "no reading is in the history twice"),
    "unexplained": (lambda found: found.ids.append("reading-3"), "no reading is there without a request"),
    "undeleted": (lambda found: found.account.deleted.add(KEPT), "deleted readings are gone"),
    "stuck": (
        lambda found: found.tasks[TASK].update(status="processing"),  # type: ignore[attr-defined]  # a plain dict here
        "accepted tasks have ended, rightly",
    ),
    "task without a request": (
        lambda found: found.listed_tasks.append("task-2"),
        "no task is there without a request",
    ),
    "not kept by its task": (lambda found: found.ids.remove(OTHER), "accepted tasks have ended, rightly"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_in_the_book(name: str) -> None:
    found = account()
    plant, entry = PLANTED[name]
    plant(found)
    assert faults(found) == [entry]


def test_a_reading_whose_request_was_not_answered_may_be_there_or_not() -> None:
    found = account()
    found.ids.append("reading-3")
    found.account.doubtful = 1
    assert faults(found) == []


def test_only_documented_errors_and_requests_that_were_cut_are_right() -> None:
    ledger, now = Ledger(), time.monotonic()
    ledger.requests = [
        Request("GET /a", now, now, 503, "DATABASE_UNAVAILABLE", retry_after=True),
        Request("GET /b", now, now, 503, "DATABASE_UNAVAILABLE"),
        Request("GET /c", now, now, 500, "INTERNAL_ERROR"),
        Request("GET /d", now, now, 0, "ReadError"),
        Request("GET /e", now - 100, now - 90, 0, "ReadError"),
    ]
    with ledger.cutting():
        assert [one.route for one in ledger.unanswered()] == ["GET /e"]
    assert [one.route for one in ledger.undocumented()] == ["GET /b", "GET /c"]
