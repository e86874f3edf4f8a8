"""Mounts the endpoint modules of version 1; each names its full path, which is also what the access log shows."""

from fastapi import APIRouter

from gwansang.api.v1.endpoints import analysis

router = APIRouter()
router.include_router(analysis.router)
