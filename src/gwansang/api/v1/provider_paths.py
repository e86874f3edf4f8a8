"""Addresses that providers and the page know of a sign-in with a provider."""

from typing import Final

PROVIDERS: Final = "/api/v1/auth/providers"


def callback_address(public_address: str, provider: str) -> str:
    """Return the address that a provider returns a browser to; it is registered there."""
    return f"{public_address}{PROVIDERS}/{provider}/callback"


def page_address(code: str) -> str:
    """Return the screen of the page that exchanges a code, which a fragment keeps from every server and log."""
    return f"/#/signedin/{code}"
