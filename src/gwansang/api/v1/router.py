"""Mounts the endpoint modules of version 1; each names its full path, which is also what the access log shows."""

from fastapi import APIRouter

from gwansang.api.v1.endpoints import (
    analysis,
    auth,
    cards,
    celebrity,
    files,
    history,
    keys,
    live,
    privacy,
    promises,
    tasks,
    users,
)

router = APIRouter()
for module in (analysis, tasks, history, cards, files, celebrity, auth, users, keys, privacy, promises, live):
    router.include_router(module.router)
