"""Metrics for operators."""

from fastapi import APIRouter, Response

from gwansang.core.meters import MEDIA_TYPE
from gwansang.dependencies.operators import OperatorOnly
from gwansang.dependencies.services import Metrics

router = APIRouter()


@router.get("/metrics", include_in_schema=False, dependencies=[OperatorOnly])
async def metrics(service: Metrics) -> Response:
    """Return the metrics in Prometheus' text format."""
    return Response(await service.render(), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})
