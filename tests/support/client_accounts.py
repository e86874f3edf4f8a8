"""Accounts at a service, used through the Python client."""

from functools import cache
from uuid import uuid4

from gwansang_client import (
    GwansangClient,
)
from tests.support.cameras import drawn_face, hand_held
from tests.support.serving import Server

PASSWORD = "correct horse 배터리 42"
ADMIN = ("chief@example.com", "an administrator's password")


def client_of(service: Server, **options: object) -> GwansangClient:
    return GwansangClient(service.url, trust_env=False, locale="en", **options)


def signed_up(service: Server, **options: object) -> GwansangClient:
    """Return a client that is signed in to a new account, whose address nobody has proven."""
    client, email = client_of(service, **options), f"{uuid4()}@example.com"
    client.register(email=email, username="minji", password=PASSWORD, locale="ko")
    client.sign_in(email, PASSWORD)
    return client


@cache
def filmed() -> list[bytes]:
    """Return three seconds of a steady face."""
    return hand_held(drawn_face(), 90)
