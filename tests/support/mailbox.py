"""The mails that a service wrote to a folder, and the calls that use their codes."""

import asyncio
import email
import email.policy
import time
from pathlib import Path

import httpx

from tests.support.people import code_of, mails_in

OTHER_PASSWORD = "staple 맞는 말 42"
SUBJECTS = {
    "verify": "이메일 주소를 확인해 주세요",
    "change": "새 이메일 주소를 확인해 주세요",
    "undo": "계정의 이메일 주소를 바꾸려고 해요",
    "reset": "비밀번호를 새로 정해 주세요",
    "password_changed": "비밀번호가 바뀌었어요",
    "restored": "이메일 주소를 되돌렸어요",
    "address_changed": "계정의 이메일 주소가 바뀌었어요",
    "address_changed_by_admin": "관리자가 이메일 주소를 바꾸었어요",
}


class Mailbox:
    """The mails of a folder, by address and purpose."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def purposes(self, address: str) -> list[str]:
        """Return the purposes of the mails to an address, oldest first."""
        return [purpose for to, purpose, _ in self._mails() if to == address]

    async def codes(self, address: str, purpose: str, count: int = 1) -> list[str]:
        """Wait for mails of a purpose to an address and return their codes, oldest first."""
        paths = await self.wait(address, purpose, count)
        return [code_of(path) for path in paths]

    async def wait(self, address: str, purpose: str, count: int = 1) -> list[Path]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = [path for to, kind, path in self._mails() if (to, kind) == (address, purpose)]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"{count} mails {purpose} did not arrive")

    def _mails(self) -> list[tuple[str, str, Path]]:
        purposes = {subject: purpose for purpose, subject in SUBJECTS.items()}
        parsed = [
            (email.message_from_bytes(path.read_bytes(), policy=email.policy.default), path)
            for path in mails_in(self._folder)
        ]
        return [(str(mail["To"]), purposes[str(mail["Subject"])], path) for mail, path in parsed]


async def reset_password(client: httpx.AsyncClient, code: str, password: str = OTHER_PASSWORD) -> int:
    chosen = {"token": code, "password": password}
    return (await client.post("/api/v1/auth/reset-password", json=chosen)).status_code


async def prove(client: httpx.AsyncClient, code: str) -> httpx.Response:
    return await client.post("/api/v1/auth/verify-email", json={"token": code})


async def undo_change(client: httpx.AsyncClient, code: str) -> httpx.Response:
    return await client.post("/api/v1/auth/undo-email", json={"token": code})
