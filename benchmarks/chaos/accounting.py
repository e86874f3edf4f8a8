"""Entries about single accounts, asked over the API as their owners would."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.chaos.book import Book
from benchmarks.chaos.ledger import DOCUMENTED, Account, Ledger, TaskPromise
from benchmarks.chaos.visitors import Visitor, content_of

_AT_ONCE = 4
_PAGE = 100
_FAILURES = DOCUMENTED | {"JOB_INTERRUPTED"}
_TOLD = {"result": "done", "failed": "failed", "cancelled": "cancelled"}
Json = Mapping[str, Any]


@dataclass
class Found:
    """What an account shows at the end: ids and contents of its history, and its tasks by id."""

    account: Account
    signed_in: bool
    ids: list[str] = field(default_factory=list)
    readings: dict[str, Json] = field(default_factory=dict)
    tasks: dict[str, Json] = field(default_factory=dict)
    listed_tasks: list[str] = field(default_factory=list)


async def look(visitors: Sequence[Visitor]) -> list[Found]:
    """Return what the accounts show that were made and not erased."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def look_at(visitor: Visitor) -> Found:
        async with slots:
            try:
                return await _look_at(visitor)
            finally:
                await visitor.close()

    staying = [one for one in visitors if one.account.made and not one.account.erasing]
    return list(await asyncio.gather(*map(look_at, staying)))


async def _look_at(visitor: Visitor) -> Found:
    found = Found(visitor.account, await visitor.sign_in())
    if not found.signed_in:
        return found
    found.ids = [one["analysis_id"] for one in await _list_all(visitor, "/analysis")]
    found.listed_tasks = [one["task_id"] for one in await _list_all(visitor, "/analysis/tasks")]
    for analysis_id in visitor.account.kept:
        answer = await visitor.insist("GET", f"/analysis/{analysis_id}", route="/analysis/{id}")
        if answer is not None and answer.status_code == 200:
            found.readings[analysis_id] = content_of(answer.json())
    for promise in visitor.account.tasks:
        if promise.task_id:
            answer = await visitor.insist("GET", f"/analysis/tasks/{promise.task_id}", route="/analysis/tasks/{id}")
            if answer is not None and answer.status_code == 200:
                found.tasks[promise.task_id] = answer.json()
    return found


async def _list_all(visitor: Visitor, path: str) -> list[Json]:
    items: list[Json] = []
    while True:
        page = len(items) // _PAGE + 1
        answer = await visitor.insist("GET", f"{path}?page={page}&size={_PAGE}", route=path)
        if answer is None or answer.status_code != 200:
            return items
        content = answer.json()
        items += content["items"]
        if not content["items"] or len(items) >= content["total"]:
            return items


def enter_accounts(book: Book, ledger: Ledger, found: Sequence[Found]) -> None:
    """Enter accounts, readings and tasks."""
    lost = [one.account.email for one in found if not one.signed_in]
    book.add("accounts that were made can sign in", len(found), lost)
    found = [one for one in found if one.signed_in]
    unproven = [one.account.email for one in found if not one.account.proven and not _left_early(one.account)]
    book.add("addresses are proven, or their visitors left first", len(found), [], f"{len(unproven)} got no code")
    kept = sum(len(one.account.kept) for one in found)
    note = f"{ledger.counts['readings given and not kept']} given and not kept"
    book.add("kept readings are in the history, as they were", kept, _lost_readings(found), note)
    history = sum(len(one.ids) for one in found)
    book.add("no reading is in the history twice", history, _twice(found))
    doubtful = sum(one.account.doubtful for one in found)
    book.add("no reading is there without a request", history, _unexplained(found), f"{doubtful} without an answer")
    deleted = sum(len(one.account.deleted) for one in found)
    book.add("deleted readings are gone", deleted, _undeleted(found))
    promises = [promise for one in found for promise in one.account.tasks if promise.task_id]
    ends = Counter(
        _end(one.tasks.get(promise.task_id)) for one in found for promise in one.account.tasks if promise.task_id
    )
    note = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    book.add("accepted tasks have ended, rightly", len(promises), _wrong_tasks(found), note)
    book.add("no task is there without a request", len(promises), _extra_tasks(found))


def _left_early(account: Account) -> bool:
    return not account.history and not account.tasks


def _lost_readings(found: Sequence[Found]) -> Iterable[str]:
    for one in found:
        for analysis_id, content in one.account.kept.items():
            if analysis_id in one.account.deleted | one.account.undecided:
                continue
            if analysis_id not in one.ids:
                yield f"{one.account.email}: {analysis_id} is not in the history"
            elif one.readings.get(analysis_id) != content:
                yield f"{one.account.email}: {analysis_id} differs"


def _twice(found: Sequence[Found]) -> Iterable[str]:
    for one in found:
        yield from (f"{one.account.email}: {name}" for name, count in Counter(one.ids).items() if count > 1)


def _unexplained(found: Sequence[Found]) -> Iterable[str]:
    for one in found:
        account = one.account
        of_tasks = {name for task in one.tasks.values() for name in _readings_of(task)}
        extra = set(one.ids) - account.kept.keys() - account.unkept - of_tasks
        unanswered = account.doubtful + sum(promise.photos for promise in account.tasks if not promise.task_id)
        if len(extra) > unanswered:
            yield f"{account.email}: {len(extra)} readings for {unanswered} unanswered requests"


def _undeleted(found: Sequence[Found]) -> Iterable[str]:
    for one in found:
        yield from (f"{one.account.email}: {name}" for name in one.account.deleted if name in one.ids)


def _wrong_tasks(found: Sequence[Found]) -> Iterable[str]:
    for one in found:
        for promise in one.account.tasks:
            fault = _task_fault(promise, one) if promise.task_id else ""
            if fault:
                yield f"{one.account.email}: {promise.kind} {promise.task_id}: {fault}"


def _task_fault(promise: TaskPromise, found: Found) -> str:
    task = found.tasks.get(promise.task_id)
    if task is None:
        return "it is gone"
    status = task["status"]
    if promise.seen and _TOLD[promise.seen] != status:
        return f"its socket told {promise.seen}, but it is {status}"
    if status == "done":
        return _result_fault(promise, task, found)
    ended_rightly = (status == "cancelled" and promise.cancelled) or (
        status == "failed" and task["error"]["code"] in _FAILURES
    )
    return "" if ended_rightly else f"it is {_end(task)}"


def _result_fault(promise: TaskPromise, task: Json, found: Found) -> str:
    read = _readings_of(task)
    if len(read) != promise.photos:
        return f"it has {len(read)} readings of {promise.photos}"
    missing = [name for name in read if name not in found.ids]
    if missing and found.account.history and found.account.proven:
        return f"{len(missing)} of its readings are not in the history"
    return ""


def _extra_tasks(found: Sequence[Found]) -> Iterable[str]:
    for one in found:
        promised = [promise.task_id for promise in one.account.tasks]
        extra = set(one.listed_tasks) - set(promised)
        if len(extra) > promised.count("") or len(set(one.listed_tasks)) != len(one.listed_tasks):
            yield f"{one.account.email}: {len(extra)} tasks for {promised.count('')} unanswered requests"


def _readings_of(task: Json) -> list[str]:
    result = task["result"]
    if not result:
        return []
    if "photos" in result:
        return [photo["analysis_id"] for photo in result["photos"] if photo["status"] == "read"]
    return [result["analysis_id"]]


def _end(task: Json | None) -> str:
    if task is None:
        return "gone"
    status = str(task["status"])
    return f"{status} ({task['error']['code']})" if status == "failed" else status
