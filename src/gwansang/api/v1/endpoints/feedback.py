"""맞아요, 아니에요: answers to parts of a kept reading."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, SIGNED_IN
from gwansang.dependencies.callers import HistoryReader, HistoryWriter
from gwansang.dependencies.services import Feedback
from gwansang.schemas.feedback import FeedbackOut, FeedbackRequest
from gwansang.services.accounts.consent_service import ConsentRequiredError
from gwansang.services.readings.feedback_service import PartNotToldError
from gwansang.services.readings.history_service import AnalysisNotFoundError

router = APIRouter(prefix="/api/v1/analysis", tags=["kept readings"])
AnalysisId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])]


@router.put(
    "/{analysis_id:uuid}/feedback",
    responses=problem_responses(ConsentRequiredError, AnalysisNotFoundError, PartNotToldError, *SIGNED_IN, *BODY),
)
async def answer_parts(
    analysis_id: AnalysisId, body: FeedbackRequest, caller: HistoryWriter, feedback: Feedback
) -> FeedbackOut:
    """Say of parts of a kept reading whether they fit; needs the consent to `improve`.

    Answers are counted by part, shape and content version, without the user. A changed answer moves the count.
    """
    answers = {part: None if answer is None else answer == "fits" for part, answer in body.answers.items()}
    return _present(await feedback.answer(caller.user_id, analysis_id, answers))


@router.get("/{analysis_id:uuid}/feedback", responses=problem_responses(AnalysisNotFoundError, *SIGNED_IN, *PARAMETERS))
async def read_answers(analysis_id: AnalysisId, caller: HistoryReader, feedback: Feedback) -> FeedbackOut:
    """Return one's own answers to a kept reading."""
    return _present(await feedback.answers(caller.user_id, analysis_id))


def _present(answers: Mapping[str, bool]) -> FeedbackOut:
    return FeedbackOut(answers={part: "fits" if fits else "not" for part, fits in answers.items()})
