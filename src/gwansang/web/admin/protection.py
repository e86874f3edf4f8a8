"""Protection of data: consents, retention, the audit log and the master keys."""

import re
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from gwansang.core.paging import PageRequest
from gwansang.dependencies.services import Audit, Consents, Retention, Rotation
from gwansang.services.protection.audit import AuditCheck, AuditLog
from gwansang.texts import load
from gwansang.web.admin.forms import AdminAct, AdminPage, AdminRoute, AdminView
from gwansang.web.admin.views import PREFIX

router = APIRouter(prefix=PREFIX, include_in_schema=False, route_class=AdminRoute)
_PAGE: Final = 50
_PSEUDONYM: Final = re.compile("[0-9a-f]{32}")


@router.get("/privacy")
async def show_privacy(view: AdminPage, consents: Consents, retention: Retention) -> Response:
    """Show how many consents there are, the retention schedule, and what its next run deletes."""
    purposes = load("page", view.locale, dict[str, Any])["privacy"]["purposes"]
    return view.page(
        "privacy",
        consents=await consents.counts(),
        purposes=purposes,
        due=await retention.preview(),
        schedule=retention.schedule(view.locale),
    )


@router.get("/audit")
async def show_audit(view: AdminPage, audit: Audit, subject: str = "", after: str | None = None) -> Response:
    """List the audit log, newest first, or what it has about one pseudonym."""
    return await _audit_page(view, audit, subject=subject.strip(), after=after)


@router.post("/audit/verify")
async def verify_audit(act: AdminAct, audit: Audit) -> Response:
    """Verify the hash chain and show the result."""
    return await _audit_page(act, audit, check=await audit.verify_for(act.admin.user_id))


async def _audit_page(
    view: AdminView, audit: AuditLog, *, subject: str = "", after: str | None = None, check: AuditCheck | None = None
) -> Response:
    pseudonym = subject if _PSEUDONYM.fullmatch(subject) else None
    page = await audit.page(PageRequest(size=_PAGE, after=after), pseudonym)
    return view.page("audit", entries=page, subject=pseudonym or "", check=check)


@router.get("/keys")
async def show_keys(view: AdminPage, rotation: Rotation) -> Response:
    """Show the master keys in use, and how many users' keys each wraps."""
    return view.page("keys", usage=await rotation.usage())


@router.post("/keys/rotate")
async def rotate_keys(act: AdminAct, rotation: Rotation) -> Response:
    """Wrap every user's key with the first master key."""
    await rotation.run(by=act.admin.user_id)
    return act.moved("/keys", done="rotated")
