"""Mounts the endpoint modules of version 1; each names its full path, which is also what the access log shows."""

from fastapi import APIRouter

from gwansang.api.v1.endpoints import (
    analysis,
    auth,
    cards,
    celebrity,
    consents,
    files,
    history,
    keys,
    live,
    privacy,
    tasks,
    users,
)

router = APIRouter()
for module in (analysis, tasks, history, cards, files, celebrity, auth, users, keys, consents, privacy, live):
    router.include_router(module.router)
