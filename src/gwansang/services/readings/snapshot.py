"""Serialisable results of analyses, which are shown now or, of long work, later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from gwansang.reading.model import Reading
from gwansang.services.readings.analysis_service import AnalysisResult
from gwansang.services.readings.kept_content import KeptAnalysis, kept_measures

OverlayPoints = Mapping[int, tuple[float, float]]  # by vertex: x and y as fractions of the upright photo


@dataclass(frozen=True, slots=True)
class MemorySummary:
    """Comparison of a reading with the remembered face.

    photos: how many the profile now rests on; measured_anew: the remembered face was measured in another way before.
    """

    photos: int
    same_as_last_time: float | None
    same_face: bool
    changed: tuple[str, ...]
    measured_anew: bool = False  # absent in results of an older release


@dataclass(frozen=True, slots=True)
class AnalysisSnapshot:
    """An analysis with the points of its overlays; remembered: None for a face that was not known before."""

    kept: KeptAnalysis
    points: Annotated[OverlayPoints, Field(alias="places")]  # stored under the alias
    remembered: MemorySummary | None


def snapshot_of(result: AnalysisResult) -> AnalysisSnapshot:
    """Return the serialisable part of a result."""
    points = result.observation.points
    overlay = {vertex: (float(points[vertex, 0]), float(points[vertex, 1])) for vertex in _vertices(result.reading)}
    return AnalysisSnapshot(kept_analysis_of(result), overlay, _memory_summary(result))


def kept_analysis_of(result: AnalysisResult) -> KeptAnalysis:
    """Return the part of a result that may be kept: no points."""
    return KeptAnalysis(
        analysis_id=result.analysis_id,
        created_at=result.reading_input.seen_at,
        birth_year=result.reading_input.birth_year,
        reading=result.reading,
        measures=kept_measures(result.observation.measures),
        pose=result.observation.pose,
        quality=result.observation.quality,
    )


def _memory_summary(result: AnalysisResult) -> MemorySummary | None:
    remembered = result.reading_with_memory
    if remembered.previous is None:
        return None
    return MemorySummary(
        photos=remembered.profile.photos,
        same_as_last_time=remembered.same_as_last_time,
        same_face=remembered.same_face,
        changed=remembered.changed if remembered.same_face else (),
        measured_anew=remembered.measured_anew,
    )


def _vertices(reading: Reading) -> Iterator[int]:
    for part in reading.parts:
        for reason in part.reasons:
            for overlay in reason.overlays:
                yield from overlay.vertices
    for palace in reading.palaces:
        yield from palace.vertices
    for age in reading.ages:
        yield from age.vertices
