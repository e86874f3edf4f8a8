"""Kinds of long work, described by the data that other parts need of them. Light to import: no code of a job.

A new kind is described here, its job is built in `container/assembly.py`, and its endpoint stands in
`api/v1/endpoints/tasks.py`. A new type of result is also presented in `api/v1/presenters/tasks.py`, with its shape in
`schemas/tasks.py`. Consent, submission, limits and metrics follow from the description.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from gwansang.core.usage import UsageKind
from gwansang.services.protection.audit import AuditEvent
from gwansang.services.protection.consent_texts import Purpose

SizeSetting = Literal["max_json_bytes", "max_upload_bytes", "max_batch_bytes", "max_video_bytes"]


class ResultType(StrEnum):
    """Shapes of results, each presented in its own way."""

    READING = "reading"
    BATCH = "batch"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of long work.

    purpose: the consent that its tasks need and are deleted with, None for none; max_files: files of one request;
    file_limit and body_limit: the settings that limit the size of a file and of the whole request. The
    endpoint of the kind passes body_limit to `@body_limit`, which adds 64 KiB for the framing of a form. usage: what
    its readings count as in the usage of a month, None if it makes none. keeps_inputs: whether the inputs of a failed
    task stay until it expires, so that it can be tried again; never for what shows a user, nor with `usage`, because a
    failure gives the readings back. recorded_as: the audit event
    of a submission, None for none.
    """

    name: str
    purpose: Purpose | None
    result: ResultType
    max_files: int
    file_limit: SizeSetting
    body_limit: SizeSetting
    usage: UsageKind | None = None
    keeps_inputs: bool = False
    recorded_as: AuditEvent | None = None

    def readings(self, inputs: int) -> int:
        """Return how many readings a task with so many inputs makes at most; the last input is the request."""
        return inputs - 1 if self.result is ResultType.BATCH else 1


FACE: Final = JobKind("face", "reading", ResultType.READING, 1, "max_upload_bytes", "max_json_bytes", "face")
VIDEO: Final = JobKind("video", "reading", ResultType.READING, 1, "max_video_bytes", "max_video_bytes", "video")
BATCH: Final = JobKind("batch", "reading", ResultType.BATCH, 50, "max_upload_bytes", "max_batch_bytes", "batch")
IMPORT: Final = JobKind(
    *("import", None, ResultType.IMPORT, 1, "max_batch_bytes", "max_batch_bytes"),
    keeps_inputs=True,
    recorded_as="import_submitted",
)


class JobKinds:
    """Every kind of long work of a service; only these can be submitted."""

    def __init__(self, *kinds: JobKind) -> None:
        self.by_name: Mapping[str, JobKind] = {kind.name: kind for kind in kinds}
        for kind in kinds:
            if kind.keeps_inputs and kind.usage is not None:
                raise ValueError(f"another try of a task of the kind {kind.name} would not be counted")

    def names_for_purpose(self, purpose: Purpose) -> tuple[str, ...]:
        """Return the kinds whose tasks rest on a consent."""
        return tuple(kind.name for kind in self.by_name.values() if kind.purpose == purpose)

    def names_keeping_inputs(self) -> tuple[str, ...]:
        """Return the kinds whose failed tasks keep their inputs."""
        return tuple(kind.name for kind in self.by_name.values() if kind.keeps_inputs)

    def check_complete(self, kinds: Iterable[JobKind]) -> None:
        """Raise ValueError unless these kinds, those of the jobs, are exactly the registered ones."""
        jobs = frozenset(kinds)
        if jobs != frozenset(self.by_name.values()):
            raise ValueError(f"jobs and registered kinds differ: {jobs.symmetric_difference(self.by_name.values())}")


JOB_KINDS: Final = JobKinds(FACE, VIDEO, BATCH, IMPORT)
