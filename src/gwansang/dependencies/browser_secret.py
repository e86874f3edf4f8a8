"""The cookie that binds a sign-in with a provider to the browser that began it."""

from typing import Annotated, Final

from fastapi import Depends, Request, Response

from gwansang.dependencies.params import PublicAddress

_NAME: Final = "gwansang-sign-in"
_PREFIX: Final = "__Host-"  # browsers take such a cookie over TLS from this very host only
_MAX_CHARACTERS: Final = 200


def _name(address: str) -> str:
    return f"{_PREFIX}{_NAME}" if address.startswith("https:") else _NAME


async def _browser_secret(request: Request, address: PublicAddress) -> str:
    return request.cookies.get(_name(address), "")[:_MAX_CHARACTERS]


BrowserSecret = Annotated[str, Depends(_browser_secret)]  # "" without one


def keep_browser_secret(response: Response, address: str, secret: str, max_age_s: int) -> None:
    """Give the browser a secret that comes back with navigations from other sites, and that no script can read."""
    secure = address.startswith("https:")
    response.set_cookie(_name(address), secret, max_age=max_age_s, httponly=True, secure=secure, samesite="lax")


def forget_browser_secret(response: Response, address: str) -> None:
    """Delete the secret of the browser."""
    secure = address.startswith("https:")
    response.delete_cookie(_name(address), httponly=True, secure=secure, samesite="lax")
