"""The mails of a service for development, as a page for a browser on the same machine."""

import asyncio
import html

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from gwansang.core.exceptions import NotFound
from gwansang.dependencies.operators import is_local
from gwansang.dependencies.services import container_of
from gwansang.services.accounts.mail_transports import WrittenMail, read_mails

MAIL_PAGE = "/dev/mails"
router = APIRouter(include_in_schema=False)
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_SHOWN = 50
_PAGE = """<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mails</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; }}
article {{ border-top: 1px solid; margin: 2rem 0; }} pre {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>Mails</h1>
<p>{note}</p>
{mails}
</body>
</html>
"""


@router.get(MAIL_PAGE)
async def show_mails(request: Request) -> HTMLResponse:
    """Return the newest mails; raises NotFound for everyone but a browser that calls this machine by its local name.

    The name is checked because a site could have its own name lead to this machine, and read the codes.
    """
    folder = container_of(request).edge.mail_page_folder
    if folder is None or not is_local(request) or request.url.hostname not in _LOCAL_NAMES:
        raise NotFound("There is nothing at this address.")
    mails = await asyncio.to_thread(read_mails, folder, _SHOWN)
    note = "The newest first. Only a service for development without a mail server shows them, and only on its machine."
    page = _PAGE.format(note=note, mails="\n".join(map(_article, mails)) or "<p>None yet.</p>")
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _article(mail: WrittenMail) -> str:
    subject, to, text = (html.escape(part) for part in (mail.subject, mail.to, mail.text))
    return f"<article><h2>{subject}</h2><p>{to} · {mail.written_at:%H:%M:%S}</p><pre>{text}</pre></article>"
