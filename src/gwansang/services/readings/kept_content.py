"""The sealed content of a kept analysis: numbers and ids, of which its reading is composed again for each request.

Some 2 kB; with its sentences it would be 36. Rows of older releases hold the sentences themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from gwansang.core.jsonable import JSON_OBJECT
from gwansang.reading.composer import tell
from gwansang.reading.decided_face import DecidedFace, rounded
from gwansang.reading.measurements import KEYS_BY_NAME, MEASURES_BY_KEY, Measures
from gwansang.reading.model import Reading
from gwansang.texts import Locale
from gwansang.vision.face import Pose, Quality


@dataclass(frozen=True, slots=True)
class KeptMeasure:
    """Value of a measure and its error, both in `unit`."""

    value: float
    error: float
    unit: str


@dataclass(frozen=True, slots=True)
class KeptAnalysis:
    """A kept analysis, without points and photo.

    measures: of this analysis alone, by name; the reading may also rest on the profile.
    """

    analysis_id: UUID
    created_at: datetime
    birth_year: int | None
    reading: Reading
    measures: Mapping[str, KeptMeasure]
    pose: Pose
    quality: Quality


@dataclass(frozen=True, slots=True)
class _Content:
    """What is sealed of an analysis; day: of its fortune; measures: value and error by key."""

    birth_year: int | None
    day: date
    face: DecidedFace
    measures: dict[str, tuple[float, float]]
    pose: Pose
    quality: Quality


_CONTENT = cache(lambda: TypeAdapter(_Content))
_ANALYSIS = cache(lambda: TypeAdapter(KeptAnalysis))  # built at first use: 13 ms of the start otherwise
_ROW_FIELDS: Final = {"analysis_id", "created_at"}  # in columns of their own, not in the sealed content


def kept_measures(measures: Measures) -> dict[str, KeptMeasure]:
    """Return every measure by its public name."""
    return {
        MEASURES_BY_KEY[key].name: KeptMeasure(rounded(one.value), rounded(one.error), MEASURES_BY_KEY[key].unit)
        for key, one in measures.values.items()
    }


def dump_content(analysis: KeptAnalysis) -> Mapping[str, JsonValue]:
    """Encode the content of an analysis."""
    face = analysis.reading.decided
    if face is None:  # of a task that an older release began
        return JSON_OBJECT.validate_python(_ANALYSIS().dump_python(analysis, mode="json", exclude=_ROW_FIELDS))
    content = _Content(
        birth_year=analysis.birth_year,
        day=analysis.reading.fortune.date,
        face=face,
        measures={KEYS_BY_NAME[name]: (one.value, one.error) for name, one in analysis.measures.items()},
        pose=analysis.pose,
        quality=analysis.quality,
    )
    return JSON_OBJECT.validate_python(_CONTENT().dump_python(content, mode="json"))


def load_content(
    analysis_id: UUID, created_at: datetime, stored: Mapping[str, JsonValue], locale: Locale
) -> KeptAnalysis:
    """Decode an analysis and compose its reading in a language; one of an older release stays in its own.

    Raises ValidationError.
    """
    if "face" not in stored:
        return _ANALYSIS().validate_python({"analysis_id": analysis_id, "created_at": created_at, **stored})
    content = _CONTENT().validate_python(stored)
    return KeptAnalysis(
        analysis_id=analysis_id,
        created_at=created_at,
        birth_year=content.birth_year,
        reading=tell(content.face, content.day, locale, content.birth_year),
        measures={
            MEASURES_BY_KEY[key].name: KeptMeasure(value, error, MEASURES_BY_KEY[key].unit)
            for key, (value, error) in content.measures.items()
        },
        pose=content.pose,
        quality=content.quality,
    )
