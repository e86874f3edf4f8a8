"""Visitors: each signs up, proves the address, consents, does what users do, and leaves or stays."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from functools import partial

import httpx

from benchmarks.chaos import inputs
from benchmarks.chaos.calls import Caller, Headers
from benchmarks.chaos.ledger import Account, Content, Ledger, TaskPromise
from benchmarks.chaos.mailbox import Mailbox
from benchmarks.chaos.watching import watch

_PAUSE_S = (0.2, 1.0)  # between two acts
_ACTS = (6, 14)
_PATIENCE_S = 180.0  # for what has to be answered in the end, whatever the weather
_MAIL_S = 70.0  # the last try of a mail follows 36 s after the first
_JSON = {"Content-Type": "application/json"}


class Visitor:
    """One account and its acts."""

    def __init__(self, caller: Caller, mailbox: Mailbox, ledger: Ledger, chance: random.Random, name: str) -> None:
        self._call = caller
        self._mailbox = mailbox
        self._ledger = ledger
        self._chance = chance
        self._token = ""
        self.account = Account(f"{name}@example.com", f"visitor {name}", f"a good password of {name}")
        self._me = {"username": self.account.email, "password": self.account.password}

    @property
    def bearer(self) -> Headers:
        return {"Authorization": f"Bearer {self._token}"}

    async def visit(self, until: float) -> None:
        """Arrive, act for a while, and sometimes leave for good."""
        self._ledger.accounts.append(self.account)
        if not await self._arrive():
            return
        acts: list[tuple[Callable[[], Awaitable[object]], int]] = [
            (self._read_points, 6),
            (self._read_photo, 4),
            (self._read_as_guest, 1),
            (self._look_back, 3),
            (self._delete_one, 1),
            (partial(self._submit, "face"), 3),
            (partial(self._submit, "batch"), 2),
            (partial(self._submit, "video"), 1),
            (self._match, 1),
            (self._export, 1),
            (self._change_name, 1),
        ]
        choices, weights = zip(*acts, strict=True)
        for _ in range(self._chance.randint(*_ACTS)):
            if time.monotonic() > until:
                break
            await self._chance.choices(choices, weights)[0]()
            await asyncio.sleep(self._chance.uniform(*_PAUSE_S))
        if self._chance.random() < 0.5:
            await self.leave()

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        await self._call.close()

    async def sign_in(self) -> bool:
        """Sign in, however long that takes; return whether it worked."""
        answer = await self._call.insist(lambda: self._call.send("POST", "/auth/login", data=self._me), _PATIENCE_S)
        if answer is not None and answer.status_code == 200:
            self._token = answer.json()["access_token"]
            return True
        return False

    async def signed(
        self, method: str, path: str, *, route: str = "", headers: Headers | None = None, **request: object
    ) -> httpx.Response | None:
        """Send a request with the access token, once more with a new one if that has ended."""
        for _ in range(2):
            answer = await self._call.send(
                method, path, route=route, headers={**(headers or {}), **self.bearer}, **request
            )
            if answer is None or answer.status_code != 401 or not await self.sign_in():
                return answer
        return answer

    async def insist(self, method: str, path: str, **request: object) -> httpx.Response | None:
        """Send a request that can be repeated until it is answered."""
        return await self._call.insist(lambda: self.signed(method, path, **request), _PATIENCE_S)  # type: ignore[arg-type]  # any

    async def leave(self) -> None:
        """Erase the account; if an answer was lost, a sign-in tells whether it is gone."""
        self.account.erasing = True
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            answer = await self.signed("DELETE", "/users/me", json={"current_password": self.account.password})
            if answer is not None and answer.status_code in (204, 401, 404):
                self.account.erased = answer.status_code == 204 or not await self.sign_in()
                if self.account.erased:
                    return
            await asyncio.sleep(self._chance.uniform(1, 3))

    async def _arrive(self) -> bool:
        body = {"email": self.account.email, "username": self.account.name, "password": self.account.password}
        answer = await self._call.insist(lambda: self._call.send("POST", "/users", json=body), _PATIENCE_S)
        # 409: an earlier try was not answered, and made the account.
        self.account.made = answer is not None and answer.status_code in (201, 409)
        if not self.account.made or not await self.sign_in():
            return False
        self.account.proven = await self._prove_address()
        purposes = ["reading", "lookalike"]
        if self._chance.random() < 0.8:
            purposes += ["history", "retain_photo"]
        for purpose in purposes:
            answer = await self.insist("PUT", f"/consents/{purpose}")
            self.account.history |= purpose == "history" and answer is not None and answer.status_code == 200
        return True

    async def _prove_address(self) -> bool:
        for _ in range(3):
            code = await self._next_code()
            if code is not None:
                send = partial(self._call.send, "POST", "/auth/verify-email", json={"token": code})
                answer = await self._call.insist(send, _PATIENCE_S)
                # 4xx: an earlier try was not answered, and used the code.
                return answer is not None and answer.status_code < 500
            self._ledger.counts["codes asked for again"] += 1
            await self.insist("POST", "/auth/verify-email/request")
        return False

    async def _next_code(self) -> str | None:
        deadline = time.monotonic() + _MAIL_S
        while time.monotonic() < deadline:
            if codes := self._mailbox.codes(self.account.email):
                return codes[-1]
            await asyncio.sleep(0.2)
        return None

    async def _read_points(self) -> None:
        body = inputs.landmarks(self._chance)
        self._note_reading(await self.signed("POST", "/analysis/face", content=body, headers=_JSON))

    async def _read_photo(self) -> None:
        photo = inputs.photo(self._chance.randrange(4))
        self._note_reading(await self.signed("POST", "/analysis/face/upload", files={"file": ("me.jpg", photo)}))

    async def _read_as_guest(self) -> None:
        body = inputs.landmarks(self._chance)
        answer = await self._call.send("POST", "/analysis/face", content=body, headers=_JSON, route="(guest)")
        if answer is not None and answer.status_code == 200 and answer.json()["kept"]:
            self._ledger.faults.append("a reading of a guest was kept")

    def _note_reading(self, answer: httpx.Response | None) -> None:
        if answer is None or answer.status_code >= 500:
            self.account.doubtful += 1
        elif answer.status_code == 200:
            reading = answer.json()
            if reading["kept"]:
                self.account.kept[reading["analysis_id"]] = content_of(reading)
            else:
                self.account.unkept.add(reading["analysis_id"])
                expected = self.account.history and self.account.proven
                self._ledger.counts["readings given and not kept"] += expected
        elif answer.status_code != 401:  # of these the book tells
            self._ledger.faults.append(f"a reading was refused: {answer.status_code} {answer.text[:200]}")

    async def _look_back(self) -> None:
        await self.signed("GET", "/analysis")
        living = self._living()
        if not living:
            return
        chosen = self._chance.choice(living)
        answer = await self.signed("GET", f"/analysis/{chosen}", route="/analysis/{id}")
        if answer is not None and answer.status_code < 500:
            self._check(answer.status_code == 200, "a kept reading was not found", chosen)
        photo = await self.signed("GET", f"/analysis/{chosen}/photo", route="/analysis/{id}/photo")
        if photo is not None and photo.status_code == 200:
            content = await self._call.fetch(photo.json()["url"])
            self._ledger.counts["photos fetched"] += content is not None and content.startswith(b"\xff\xd8")

    async def _delete_one(self) -> None:
        living = self._living()
        if not living:
            return
        chosen = self._chance.choice(living)
        self.account.undecided.add(chosen)
        answer = await self.signed("DELETE", f"/analysis/{chosen}", route="/analysis/{id}")
        if answer is not None and answer.status_code == 204:
            self.account.deleted.add(chosen)
            self.account.undecided.discard(chosen)

    async def _submit(self, kind: str) -> None:
        number = self._chance.randrange(4)
        promise = TaskPromise(f"{self.account.email}-{len(self.account.tasks)}", kind, 1)
        photos = [("file", (f"{one}.jpg", inputs.photo(number + one))) for one in range(self._chance.randint(2, 4))]
        request: dict[str, object] = {"content": inputs.photo_json(number)}
        headers = {"Idempotency-Key": promise.key}
        if kind == "face":
            headers |= _JSON
        elif kind == "batch":
            request, promise.photos = {"files": photos}, len(photos)
        else:
            request = {"files": {"file": ("me.mp4", inputs.clip())}}
        path = "/analysis/face/async" if kind == "face" else f"/analysis/{kind}"
        self.account.tasks.append(promise)
        answer = await self.insist("POST", path, headers=headers, **request)
        if answer is None or answer.status_code != 202:
            if answer is not None and answer.status_code < 500:
                self._ledger.faults.append(f"a {kind} task was refused: {answer.status_code} {answer.text[:200]}")
            return
        promise.task_id = answer.json()["task_id"]
        await self._attend(promise, path, headers, request)

    async def _attend(self, promise: TaskPromise, path: str, headers: Headers, request: dict[str, object]) -> None:
        """Send the request again, watch the task, or cancel it."""
        chance = self._chance.random()
        if chance < 0.2:
            again = await self.insist("POST", path, headers=headers, **request)
            if again is not None and again.status_code == 202:
                self._check(again.json()["task_id"] == promise.task_id, "one key made two tasks", promise.key)
        elif chance < 0.6:
            promise.seen = await watch(self._call, promise.task_id, lambda: self.bearer, self._ledger)
        elif chance < 0.7:
            path = f"/analysis/tasks/{promise.task_id}"
            answer = await self.insist("DELETE", path, route="/analysis/tasks/{id}")
            promise.cancelled = answer is not None and answer.status_code == 204

    async def _match(self) -> None:
        photo = inputs.photo(self._chance.randrange(4))
        await self.signed("POST", "/celebrity/match/upload", files={"file": ("me.jpg", photo)})

    async def _export(self) -> None:
        promised = set(self._living())
        answer = await self.signed("GET", "/users/me/export")
        if answer is not None and answer.status_code == 200:
            exported = {one["analysis_id"] for one in answer.json()["analyses"]}
            self._check(promised <= exported, "an export lacks kept readings", self.account.email)

    async def _change_name(self) -> None:
        await self.signed("PATCH", "/users/me", json={"username": self.account.name})

    def _living(self) -> list[str]:
        gone = self.account.deleted | self.account.undecided
        return [one for one in self.account.kept if one not in gone]

    def _check(self, holds: bool, fault: str, what: str) -> None:
        if not holds:
            self._ledger.faults.append(f"{fault}: {what}")


def content_of(reading: dict[str, object]) -> Content:
    """Return what must be the same in an answer and in the history."""
    parts = reading["parts_analysis"]
    assert isinstance(parts, dict)  # noqa: S101 - by the schema
    return {
        **{name: reading[name] for name in ("overall_score", "energy_values", "element", "engine_version", "locale")},
        "parts": {name: (part["shape_id"], part["probability"], part["score"]) for name, part in parts.items()},
    }
