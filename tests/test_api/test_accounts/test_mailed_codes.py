"""Mailed codes that verify an address or reset a password."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.support.people import Person, mailed_codes, mails_in, person

pytestmark = pytest.mark.anyio


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    return await person(client, "minji", proven=False)


async def test_the_code_sent_at_sign_up_verifies_the_address_once(
    client: httpx.AsyncClient, minji: Person, mail_folder: Path
) -> None:
    (code,) = await mailed_codes(mail_folder, 1)
    assert (await minji.call("GET", "/users/me")).json()["email_verified"] is False
    proved = await client.post("/api/v1/auth/verify-email", json={"token": code})
    assert proved.json()["email_verified"] is True
    again = await client.post("/api/v1/auth/verify-email", json={"token": code})
    assert (again.status_code, again.json()["error"]["code"]) == (400, "MAIL_TOKEN_INVALID")


async def test_earlier_codes_stay_valid_until_one_is_used(
    client: httpx.AsyncClient, minji: Person, mail_folder: Path
) -> None:
    await mailed_codes(mail_folder, 1)
    assert (await minji.call("POST", "/auth/verify-email/request")).status_code == 202
    first, second = await mailed_codes(mail_folder, 2)
    assert (await client.post("/api/v1/auth/verify-email", json={"token": first})).status_code == 200
    assert (await client.post("/api/v1/auth/verify-email", json={"token": second})).status_code == 400


async def test_a_password_reset_with_a_mailed_code_ends_every_sign_in(
    client: httpx.AsyncClient, minji: Person, mail_folder: Path
) -> None:
    await mailed_codes(mail_folder, 1)
    asked = await client.post("/api/v1/auth/reset-password/request", json={"email": minji.email.upper()})
    assert (asked.status_code, asked.json()) == (202, {"status": "accepted"})
    _, code = await mailed_codes(mail_folder, 2)
    chosen = {"token": code, "password": "a brand-new one"}
    assert (await client.post("/api/v1/auth/reset-password", json=chosen)).status_code == 204
    assert (await client.post("/api/v1/auth/reset-password", json=chosen)).status_code == 400
    assert (await minji.call("GET", "/users/me")).status_code == 401
    assert (await minji.login("a brand-new one")).status_code == 200


async def test_a_reset_for_an_unknown_address_gets_the_same_response_and_sends_no_mail(
    client: httpx.AsyncClient, minji: Person, mail_folder: Path
) -> None:
    await mailed_codes(mail_folder, 1)
    known = await client.post("/api/v1/auth/reset-password/request", json={"email": minji.email})
    unknown = await client.post("/api/v1/auth/reset-password/request", json={"email": "nobody@example.com"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    await mailed_codes(mail_folder, 2)
    await asyncio.sleep(0.1)
    assert len(mails_in(mail_folder)) == 2
