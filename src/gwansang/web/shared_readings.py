"""The public pages of shared readings: words only, without script, not for search engines.

An unknown link, one that has ended or expired, and one whose reading was deleted have the same answer.
"""

import asyncio
from dataclasses import dataclass
from functools import cache
from typing import Final

from fastapi import APIRouter, Response

from gwansang.dependencies.callers import AddressLimit
from gwansang.dependencies.params import ChosenLocale, PublicAddress, RequestedLocale
from gwansang.dependencies.services import Pngs, Shares
from gwansang.drawing.qr_code import qr_code
from gwansang.drawing.story_card import SIZES, story_card
from gwansang.reading.model import ENERGIES
from gwansang.services.readings.share_service import SharedReading, ShareNotFoundError
from gwansang.texts import Locale, load
from gwansang.web.rendering import style, style_digest, template

router = APIRouter(prefix="/s", include_in_schema=False, dependencies=[AddressLimit])
_STYLE: Final = "shared.css"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS: Final = {
    "Cache-Control": "private, no-store",  # so that nothing is shown after the link has ended
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": _POLICY,
}
_STYLE_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class _ShownEnergy:
    """An energy as the page shows it."""

    name: str
    steps: int


@router.get("/style.{digest}.css")
async def read_style(digest: str) -> Response:
    """Return the style of the pages; its URL changes with its content."""
    return Response(style(_STYLE), media_type="text/css", headers=_STYLE_HEADERS)


@router.get("/{token}")
async def read_shared_reading(
    token: str, shares: Shares, address: PublicAddress, locale: ChosenLocale, requested: RequestedLocale
) -> Response:
    """Show title, story, topics, energies, element and notice of a shared reading."""
    try:
        shared = await shares.open(token, requested)
    except ShareNotFoundError:
        return _gone(locale)
    query = f"?locale={shared.reading.locale}" if requested else ""
    page = template("shared.html").render(**_shown(shared), path=f"/s/{token}", address=address, query=query)
    return _page(page, 200, shared.reading.locale)


@router.get("/{token}/card.png")
async def read_shared_card(
    token: str, shares: Shares, pngs: Pngs, locale: ChosenLocale, requested: RequestedLocale
) -> Response:
    """Return the preview of a shared reading, 1200 by 630."""
    try:
        shared = await shares.open(token, requested)
    except ShareNotFoundError:
        return _gone(locale)
    drawing = await asyncio.to_thread(story_card, shared.reading, "og")
    return Response(await pngs.render(drawing), media_type="image/png", headers=_HEADERS)


@router.get("/{token}/qr.svg")
async def read_qr_code(token: str, shares: Shares, address: PublicAddress, locale: ChosenLocale) -> Response:
    """Return the link of a shared reading as a QR code."""
    try:
        await shares.check(token)
    except ShareNotFoundError:
        return _gone(locale)
    return Response(qr_code(f"{address}/s/{token}"), media_type="image/svg+xml", headers=_HEADERS)


def _shown(shared: SharedReading) -> dict[str, object]:
    """Return what the page shows of a reading."""
    reading = shared.reading
    width, height = SIZES["og"]
    labels, names = load("report", reading.locale, dict[str, dict[str, str]]), _texts("reading_card", reading.locale)
    return {
        "lang": reading.locale,
        "texts": _texts("share", reading.locale),
        "labels": labels["topic"],
        "title": reading.title or reading.element.name,
        "story": reading.story or reading.element.meaning,
        "topics": reading.topics,
        "energies": [_ShownEnergy(names[energy], reading.energy_scores[energy]) for energy in ENERGIES],
        "element": names["element"].format_map({"name": reading.element.name}),
        "notice": reading.disclaimer,
        "until": _texts("share", reading.locale)["until"].format_map({"date": f"{shared.expires_at:%Y-%m-%d}"}),
        "style": _style_path(),
        "card": {"width": width, "height": height},
    }


def _gone(locale: Locale) -> Response:
    page = template("gone.html").render(lang=locale, texts=_texts("share", locale), style=_style_path())
    return _page(page, 404, locale)


def _page(page: str, status: int, locale: Locale) -> Response:
    return Response(page, status, media_type="text/html", headers={**_HEADERS, "Content-Language": locale})


def _texts(name: str, locale: Locale) -> dict[str, str]:
    return load(name, locale, dict[str, str])


@cache
def _style_path() -> str:
    return f"/s/style.{style_digest(_STYLE)}.css"
