"""Mounts the endpoint modules of version 1."""

from fastapi import APIRouter

from gwansang.api.v1.endpoints import analysis

router = APIRouter(prefix="/api/v1")
router.include_router(analysis.router)
