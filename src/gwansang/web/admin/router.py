"""All admin pages under one prefix, and their style sheet."""

from fastapi import APIRouter, Response

from gwansang.web.admin import gallery, protection, sign_in, tasks, users
from gwansang.web.admin.views import PREFIX, STYLE
from gwansang.web.rendering import style

router = APIRouter(include_in_schema=False)
_STYLE_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Robots-Tag": "noindex"}


@router.get(PREFIX + "/style.{digest}.css")
async def read_admin_style(digest: str) -> Response:
    """Return the style of the pages; its URL changes with its content."""
    return Response(style(STYLE), media_type="text/css", headers=_STYLE_HEADERS)


for _part in (sign_in, users, gallery, tasks, protection):
    router.include_router(_part.router, prefix=PREFIX)
