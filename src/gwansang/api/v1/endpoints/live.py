"""Live guidance of a camera."""

from functools import partial

from fastapi import APIRouter

from gwansang.api.v1.sockets.connection import Acceptor
from gwansang.api.v1.sockets.live import guide
from gwansang.dependencies.services import Live

router = APIRouter(prefix="/api/v1/analysis")


@router.websocket("/live")
async def guide_live(acceptor: Acceptor, live: Live) -> None:
    """Receive frames or landmarks, send guidance, and in the end the reading; docs/live.md has the messages."""
    await acceptor.run(partial(guide, live=live), scope="analyze", allows_guests=True)
