"""What an endpoint may ask for."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from gwansang.container import Container
from gwansang.core.language import preferred
from gwansang.reading.model import Locale
from gwansang.services.analysis_service import AnalysisService
from gwansang.services.ml.face_analyzer import LOCALES, FaceVision
from gwansang.services.ml.inference_pool import InferencePool


def _container(connection: HTTPConnection) -> Container:
    container: Container = connection.state.container  # put there by the lifespan
    return container


def _analyses(container: Annotated[Container, Depends(_container)]) -> AnalysisService:
    return container.analyses


def _pool(container: Annotated[Container, Depends(_container)]) -> InferencePool[FaceVision]:
    return container.pool


def _max_upload_bytes(container: Annotated[Container, Depends(_container)]) -> int:
    return container.max_upload_bytes


Analyses = Annotated[AnalysisService, Depends(_analyses)]
Pool = Annotated[InferencePool[FaceVision], Depends(_pool)]
UploadLimit = Annotated[int, Depends(_max_upload_bytes)]


def chosen_locale(connection: HTTPConnection, inside_body: str | None = None) -> Locale:
    """`?locale=`, then what the body says, then Accept-Language, then Korean."""
    asked = (connection.query_params.get("locale"), inside_body)
    return preferred(LOCALES, asked, connection.headers.get("accept-language"))


LocaleParameter = Annotated[
    str | None,
    Query(max_length=35, description="Language of texts: ko or en; anything else falls back.", examples=["ko"]),
]
