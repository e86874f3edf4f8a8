"""Query parameters that many calls share: a language, a page."""

from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.requests import HTTPConnection

from gwansang.core.language import preferred
from gwansang.core.paging import MAX_PAGE, MAX_SIZE, PageRequest
from gwansang.reading.model import Locale
from gwansang.services.ml.face_analyzer import LOCALES


async def _page(
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, examples=[1])] = 1,
    size: Annotated[int, Query(ge=1, le=MAX_SIZE, examples=[20])] = 20,
) -> PageRequest:
    return PageRequest(page, size)


PageParams = Annotated[PageRequest, Depends(_page)]


def chosen_locale(connection: HTTPConnection, body_locale: str | None = None) -> Locale:
    """Return the language of `?locale=`, else of the body, else of Accept-Language, else Korean."""
    requested = (connection.query_params.get("locale"), body_locale)
    return preferred(LOCALES, requested, connection.headers.get("accept-language"))


LocaleParameter = Annotated[
    str | None,
    Query(max_length=35, description="Language of texts: ko or en; anything else falls back.", examples=["ko"]),
]


async def _locale(request: Request, locale: LocaleParameter = None) -> Locale:
    return chosen_locale(request)


ChosenLocale = Annotated[Locale, Depends(_locale)]
