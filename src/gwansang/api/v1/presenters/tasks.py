"""Long work as the wire shows it; what is told of errors is told in the language of who asks."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from gwansang.api.problem_texts import told_sentence
from gwansang.api.v1.presenters.readings import present_told
from gwansang.core.exceptions import NotFound
from gwansang.schemas import tasks as wire
from gwansang.schemas.analysis import EnergiesOut, FaceReading
from gwansang.services.jobs.batch_data import BatchPhoto, load_batch
from gwansang.services.jobs.batch_job import BATCH
from gwansang.services.jobs.face_data import load_snapshot
from gwansang.services.jobs.face_job import FACE
from gwansang.services.jobs.import_job import IMPORT, ImportedPicture, load_pictures
from gwansang.services.jobs.video_job import VIDEO
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.job import JsonObject
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.texts import Locale

Result = FaceReading | wire.BatchOut | wire.ImportOut


class BatchPhotoNotFoundError(NotFound):
    """No batch of this user that is done has a photo with this number."""

    code = "BATCH_PHOTO_NOT_FOUND"
    title = "There is no such photo in this batch"


def present_task(info: TaskInfo, locale: Locale) -> wire.TaskOut:
    """A task with its result."""
    result = None if info.result is None else _RESULTS[info.kind](info.result, locale)
    return wire.TaskOut(**present_summary(info, locale).model_dump(), result=result)


def present_summary(info: TaskInfo, locale: Locale) -> wire.TaskSummary:
    """A task without its result."""
    return wire.TaskSummary.model_validate(
        {
            "task_id": info.id,
            "kind": info.kind,
            "status": info.status,
            "stage": info.stage,
            "progress": round(info.progress, 4),
            "version": info.version,
            "created_at": info.created_at,
            "started_at": info.started_at,
            "finished_at": info.finished_at,
            "expires_at": info.expires_at,
            "error": _failure(info.error, locale),
        }
    )


def present_event(info: TaskInfo, locale: Locale) -> wire.TaskEvent:
    """What a watcher is sent of a task."""
    told = present_task(info, locale)
    return wire.TaskEvent(
        type="result" if told.status == "done" else told.status if told.status in _ENDS else "progress",
        version=told.version,
        status=told.status,
        stage=told.stage,
        progress=told.progress,
        task=told if info.ended else None,
    )


def present_batch_photo(info: TaskInfo, number: int, locale: Locale) -> wire.BatchPhotoReading:
    """One photo of a batch with its whole reading; raises BatchPhotoNotFoundError."""
    batch = load_batch(info.result) if info.kind == BATCH and info.result is not None else None
    if batch is None or not 1 <= number <= len(batch.photos):
        raise BatchPhotoNotFoundError("There is no photo with this number in a batch that is done.")
    photo = batch.photos[number - 1]
    short = _photo(number, batch.names[number - 1], photo, locale)
    return wire.BatchPhotoReading(
        **short.model_dump(), reading=present_told(load_snapshot(photo.told)) if photo.told is not None else None
    )


def _batch(result: JsonObject, locale: Locale) -> wire.BatchOut:
    batch = load_batch(result)
    photos = [
        _photo(number, name, photo, locale)
        for number, (name, photo) in enumerate(zip(batch.names, batch.photos, strict=True), start=1)
    ]
    read = sum(photo.status == "read" for photo in photos)
    return wire.BatchOut(read=read, failed=len(photos) - read, photos=photos)


def _photo(number: int, name: str, photo: BatchPhoto, locale: Locale) -> wire.BatchPhotoOut:
    if photo.short is None:
        return wire.BatchPhotoOut(number=number, name=name, status="failed", error=_failure(photo.failure, locale))
    short = photo.short
    return wire.BatchPhotoOut(
        number=number,
        name=name,
        status="read",
        analysis_id=short.analysis_id,
        overall_score=short.overall_score,
        element=short.element,
        energy_scores=EnergiesOut(**{str(energy): steps for energy, steps in short.energy_scores.items()}),
        quality_score=round(short.quality_score, 4),
    )


def _face(result: JsonObject, _: Locale) -> FaceReading:
    return present_told(load_snapshot(result["told"]))


def _import(result: JsonObject, locale: Locale) -> wire.ImportOut:
    pictures = load_pictures(result)
    fates = Counter(picture.fate for picture in pictures)
    return wire.ImportOut(
        added=fates["added"],
        renewed=fates["renewed"],
        duplicate=fates["duplicate"],
        unusable=fates["unusable"],
        pictures=[_picture(picture, locale) for picture in pictures],
    )


def _picture(picture: ImportedPicture, locale: Locale) -> wire.ImportedPictureOut:
    return wire.ImportedPictureOut(
        file=picture.file,
        name_ko=picture.name_ko,
        name_en=picture.name_en,
        fate=picture.fate,
        error=_failure(picture.failure, locale),
    )


def _failure(failure: Failure | None, locale: Locale) -> wire.FailureOut | None:
    if failure is None:
        return None
    message = told_sentence(failure.code, failure.details, locale) or failure.message
    return wire.FailureOut(code=failure.code, message=message, details=failure.details or None)


_ENDS: Final = ("failed", "cancelled")
_RESULTS: Final[Mapping[str, Callable[[JsonObject, Locale], Result]]] = {
    FACE: _face,
    VIDEO: _face,
    BATCH: _batch,
    IMPORT: _import,
}
