"""A reading as it is told once: plain data, from which an answer is made now or, of long work, later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gwansang.reading.model import Reading
from gwansang.services.readings.analysis_service import AnalysisResult
from gwansang.services.readings.history_service import KeptAnalysis, kept_measures

OverlayPoints = Mapping[int, tuple[float, float]]  # by vertex: x and y as fractions of the upright photo


@dataclass(frozen=True, slots=True)
class MemorySummary:
    """How a reading goes with what was remembered of the face; `photos` is on how many that rests now."""

    photos: int
    same_as_last_time: float | None
    same_face: bool
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnalysisSnapshot:
    """An analysis with what is kept of it, the places that it speaks of, and the memory, None for a first look."""

    kept: KeptAnalysis
    places: OverlayPoints
    remembered: MemorySummary | None


def snapshot_of(result: AnalysisResult) -> AnalysisSnapshot:
    """What there is to tell of a result."""
    places = result.look.places
    drawn = {vertex: (float(places[vertex, 0]), float(places[vertex, 1])) for vertex in _vertices(result.reading)}
    return AnalysisSnapshot(kept_analysis(result), drawn, _remembered(result))


def kept_analysis(result: AnalysisResult) -> KeptAnalysis:
    """What may be kept of a result."""
    return KeptAnalysis(
        analysis_id=result.analysis_id,
        created_at=result.created_at,
        birth_year=result.birth_year,
        reading=result.reading,
        measures=kept_measures(result.look.measures),
        pose=result.look.pose,
        quality=result.look.quality,
    )


def _remembered(result: AnalysisResult) -> MemorySummary | None:
    told = result.told
    if told.before is None:
        return None
    return MemorySummary(
        photos=told.profile.photos,
        same_as_last_time=told.same_as_last_time,
        same_face=told.same_face,
        changed=told.changed if told.same_face else (),
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
