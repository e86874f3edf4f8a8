"""API models of tasks."""

import datetime as dt
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, FiniteFloat, JsonValue
from typing_extensions import TypeAliasType

from gwansang.schemas.analysis import EnergiesOut, FaceReading
from gwansang.schemas.numbers import Fraction

Status = Literal["queued", "processing", "done", "failed", "cancelled"]


class FailureOut(BaseModel):
    """The error of a failed task, as the same request would have been answered without one."""

    code: str = Field(description="For programs.", examples=["NO_FACE"])
    message: str = Field(description="For people, in the language of this call.")
    details: dict[str, JsonValue] | None = None


class BatchPhotoOut(BaseModel):
    """The result of one photo of a batch, as a summary."""

    number: int = Field(ge=1, description="Number of the photo in the form, counted from 1.", examples=[1])
    name: str = Field(description="File name from the form.", examples=["minji.jpg"])
    status: Literal["read", "failed"] = Field(examples=["read"])
    analysis_id: UUID | None = Field(None, examples=["5615001e-3bef-52f1-9ba0-6919bd50540a"])
    overall_score: int | None = Field(None, ge=0, le=100, examples=[84])
    element: str | None = Field(None, examples=["wood"])
    energy_scores: EnergiesOut | None = Field(None, examples=[{"wealth": 4, "love": 3, "health": 5, "social": 4}])
    quality_score: Fraction | None = Field(None, examples=[0.86])
    error: FailureOut | None = Field(None, examples=[None])


class BatchPhotoReading(BatchPhotoOut):
    """The result of one photo of a batch, with the whole reading."""

    reading: FaceReading | None = None


class BatchOut(BaseModel):
    """The photos of a batch in their order; each whole reading is at `/analysis/tasks/{task_id}/photos/{number}`."""

    read: int = Field(ge=0, examples=[49])
    failed: int = Field(ge=0, examples=[1])
    photos: list[BatchPhotoOut]
    disclaimer: str = Field(description="The notice to show with the results.", examples=["…"])


class ImportedPictureOut(BaseModel):
    """The result of one picture of an import."""

    file: str = Field(examples=["홍길동_Hong Gildong/1.jpg"])
    name_ko: str = Field(examples=["홍길동"])
    name_en: str = Field(examples=["Hong Gildong"])
    fate: Literal["added", "renewed", "duplicate", "unusable"] = Field(
        description="`renewed`: its embedding was of an older release. `duplicate`: it is in the gallery already.",
        examples=["added"],
    )
    error: FailureOut | None = Field(None, description="The reason if it is unusable.", examples=[None])


class ImportOut(BaseModel):
    """The results of the pictures of an import, in the order of their files."""

    added: int = Field(ge=0, examples=[970])
    renewed: int = Field(ge=0, examples=[0])
    duplicate: int = Field(ge=0, examples=[20])
    unusable: int = Field(ge=0, examples=[10])
    pictures: list[ImportedPictureOut]


class TaskSummary(BaseModel):
    """A task as its owner sees it."""

    task_id: UUID = Field(validation_alias="id", examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])
    kind: str = Field(examples=["face"])
    status: Status = Field(examples=["processing"])
    stage: str | None = Field(description="The current stage of the work.", examples=["reading"])
    progress: Fraction = Field(description="Never goes down.", examples=[0.4])
    version: int = Field(description="Grows with every change; `?after=` of the events.", examples=[7])
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    started_at: dt.datetime | None = Field(examples=["2026-11-23T03:00:01Z"])
    finished_at: dt.datetime | None = Field(examples=[None])
    expires_at: dt.datetime | None = Field(description="Time at which task and result are deleted.", examples=[None])
    error: FailureOut | None = Field(description="The reason if it failed.", examples=[None])


TaskResult = TypeAliasType("TaskResult", FaceReading | BatchOut | ImportOut)  # with a name of its own in clients


class TaskOut(TaskSummary):
    """A task with its result."""

    result: TaskResult | None = Field(
        description=(
            "Once the task is done: for the kinds `face` and `video` a reading, for `batch` and `import` the result of "
            "each photo."
        ),
        examples=[None],
    )


class TaskEvent(BaseModel):
    """A message to watchers of a task: its state after each change, and at the end the whole task."""

    type: Literal["progress", "result", "failed", "cancelled"]
    version: int
    status: Status
    stage: str | None
    progress: FiniteFloat
    task: TaskOut | None = Field(None, description="With the last event.")
