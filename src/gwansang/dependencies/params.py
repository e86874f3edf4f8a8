"""Query parameters that many calls share: a language, a page."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Depends, Query, Request, Response
from pydantic import AfterValidator
from starlette.requests import HTTPConnection

from gwansang.core.locale_negotiation import negotiate_locale
from gwansang.core.paging import MAX_PAGE, MAX_SIZE, PageRequest
from gwansang.dependencies.services import container_of
from gwansang.texts import DEFAULT_LOCALE, LOCALE_CHOICE, Locale


async def _page(
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, examples=[1])] = 1,
    size: Annotated[int, Query(ge=1, le=MAX_SIZE, examples=[20])] = 20,
    after: Annotated[
        str | None,
        Query(
            max_length=500, description="`next` of the page before; instead of `page`.", examples=["WyIyMDI2LTExLTIz…"]
        ),
    ] = None,
) -> PageRequest:
    return PageRequest(page, size, after)


PageParams = Annotated[PageRequest, Depends(_page)]


def chosen_locale(connection: HTTPConnection, body_locale: str | None = None) -> Locale:
    """Return the language of `?locale=`, else of the body, else of Accept-Language, else the default."""
    requested = (connection.query_params.get("locale"), body_locale)
    return negotiate_locale(requested, connection.headers.get("accept-language"))


LocaleParameter = Annotated[
    str | None,
    Query(
        max_length=35,
        description=f"Language of texts: {LOCALE_CHOICE}; anything else falls back.",
        examples=[DEFAULT_LOCALE],
    ),
]


async def _locale(request: Request, response: Response, locale: LocaleParameter = None) -> Locale:
    chosen = chosen_locale(request)
    response.headers["Content-Language"] = chosen
    response.headers["Vary"] = "Accept-Language"
    return chosen


ChosenLocale = Annotated[Locale, Depends(_locale)]


async def _requested_locale(request: Request, locale: LocaleParameter = None) -> Locale | None:
    return None if locale is None else chosen_locale(request)


RequestedLocale = Annotated[Locale | None, Depends(_requested_locale)]
"""The language of the parameter alone, None without it."""


async def _public_address(request: Request) -> str:
    configured: str | None = container_of(request).edge.public_url
    return configured or str(request.base_url).rstrip("/")


PublicAddress = Annotated[str, Depends(_public_address)]  # such as https://example.com, for links to send on


def _check_zone(name: str | None) -> str | None:
    """Raise ValueError if there is no time zone of this name."""
    try:
        return name and ZoneInfo(name).key
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:  # OSError: a folder of zones, such as Asia
        raise ValueError("it is not a time zone name such as Asia/Seoul") from error


TimezoneParameter = Annotated[
    str | None,
    Query(
        max_length=64,
        description="Time zone in which the day of the fortune is taken; the default is that of the service.",
        examples=["Asia/Seoul"],
    ),
    AfterValidator(_check_zone),
]
Detail = Literal["short", "story", "full"]
ChosenDetail = Annotated[
    Detail,
    Query(
        description="Length of the reading: `short` has title and scores, `story` has title, story and topics; both "
        "leave out all other fields.",
        examples=["story"],
    ),
]
