"""All admin pages, and their style sheet."""

from typing import Final

from fastapi import APIRouter, Response

from gwansang.web.admin import gallery, protection, sign_in, tasks, users
from gwansang.web.admin.views import PREFIX, STYLE
from gwansang.web.rendering import style

_styles = APIRouter(prefix=PREFIX, include_in_schema=False)
ROUTERS: Final = (_styles, sign_in.router, users.router, gallery.router, tasks.router, protection.router)
_STYLE_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable", "X-Robots-Tag": "noindex"}


@_styles.get("/style.{digest}.css")
async def read_admin_style(digest: str) -> Response:
    """Return the style of the pages; its URL changes with its content."""
    return Response(style(STYLE), media_type="text/css", headers=_STYLE_HEADERS)
