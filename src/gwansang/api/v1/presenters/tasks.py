"""API models of tasks; errors come in the language of the request."""

from collections import Counter
from typing import Final, get_args

from gwansang.api.v1.presenters import fields_of
from gwansang.api.v1.presenters.readings import present_snapshot
from gwansang.core.exceptions import NotFound
from gwansang.core.jsonable import JsonObject
from gwansang.core.problem_texts import format_problem
from gwansang.reading.texts import fortune_text
from gwansang.schemas import tasks as wire
from gwansang.schemas.analysis import FaceReading
from gwansang.services.jobs.batch_data import BatchPhoto, load_batch
from gwansang.services.jobs.face_data import load_reading_result, load_snapshot
from gwansang.services.jobs.import_job import Outcome, load_pictures
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.kinds import ResultType
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.texts import Locale


class BatchPhotoNotFoundError(NotFound):
    """No finished batch of this user has a photo with this number."""

    code = "BATCH_PHOTO_NOT_FOUND"
    title = "There is no such photo in this batch"


def present_task(info: TaskInfo, locale: Locale) -> wire.TaskOut:
    """Return a task with its result."""
    return wire.TaskOut.model_validate({**_summary(info, locale), "result": _result(info, locale)})


def present_summary(info: TaskInfo, locale: Locale) -> wire.TaskSummary:
    """Return a task without its result."""
    return wire.TaskSummary.model_validate(_summary(info, locale))


def present_event(info: TaskInfo, locale: Locale) -> wire.TaskEvent:
    """Return the message for watchers of a task."""
    task = present_task(info, locale)
    return wire.TaskEvent(
        type="result" if task.status == "done" else task.status if task.status in _UNSUCCESSFUL else "progress",
        version=task.version,
        status=task.status,
        stage=task.stage,
        progress=task.progress,
        task=task if info.ended else None,
    )


def present_batch_photo(info: TaskInfo, number: int, locale: Locale) -> wire.BatchPhotoReading:
    """Return one photo of a batch with its whole reading; raises BatchPhotoNotFoundError."""
    batch = load_batch(info.result) if info.result_type == ResultType.BATCH and info.result is not None else None
    if batch is None or not 1 <= number <= len(batch.photos):
        raise BatchPhotoNotFoundError("There is no photo with this number in a batch that is done.")
    photo = batch.photos[number - 1]
    reading = None if photo.snapshot is None else present_snapshot(load_snapshot(photo.snapshot))
    summary = _photo(number, batch.names[number - 1], photo, locale)
    return wire.BatchPhotoReading.model_validate({**summary, "reading": reading})


def _result(info: TaskInfo, locale: Locale) -> FaceReading | wire.BatchOut | wire.ImportOut | None:
    if info.result is None:
        return None
    match info.result_type:
        case ResultType.READING:
            return present_snapshot(load_reading_result(info.result))
        case ResultType.BATCH:
            return _batch(info.result, locale)
        case ResultType.IMPORT:
            return _import(info.result, locale)
        case None:  # a newer release submitted it
            return None


def _summary(info: TaskInfo, locale: Locale) -> dict[str, object]:
    return {**fields_of(info), "error": _failure(info.error, locale)}


def _batch(result: JsonObject, locale: Locale) -> wire.BatchOut:
    batch = load_batch(result)
    numbered = enumerate(zip(batch.names, batch.photos, strict=True), start=1)
    photos = [_photo(number, name, photo, locale) for number, (name, photo) in numbered]
    read = sum(photo.summary is not None for photo in batch.photos)
    disclaimer = fortune_text(locale)["disclaimer"]
    return wire.BatchOut.model_validate(
        {"read": read, "failed": len(photos) - read, "photos": photos, "disclaimer": disclaimer}
    )


def _photo(number: int, name: str, photo: BatchPhoto, locale: Locale) -> dict[str, object]:
    if photo.summary is None:
        return {"number": number, "name": name, "status": "failed", "error": _failure(photo.failure, locale)}
    return {"number": number, "name": name, "status": "read", **fields_of(photo.summary)}


def _import(result: JsonObject, locale: Locale) -> wire.ImportOut:
    pictures = load_pictures(result)
    outcomes = Counter(picture.fate for picture in pictures)
    return wire.ImportOut.model_validate(
        {
            **{outcome: outcomes[outcome] for outcome in get_args(Outcome)},
            "pictures": [{**dict(picture), "error": _failure(picture.failure, locale)} for picture in pictures],
        }
    )


def _failure(failure: Failure | None, locale: Locale) -> wire.FailureOut | None:
    if failure is None:
        return None
    message = format_problem(failure.code, failure.details, locale) or failure.message
    return wire.FailureOut(code=failure.code, message=message, details=failure.details or None)


_UNSUCCESSFUL: Final = ("failed", "cancelled")
