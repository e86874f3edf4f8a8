"""One more look at a face: what it makes of what is remembered, and how it is told because of that."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gwansang.reading.elements import ELEMENT_LABEL
from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.reading.model import Reading
from gwansang.reading.profile import (
    MAX_REMEMBERED_PHOTOS,
    SHARED_ERROR,
    Profile,
    combine_photos,
    label_agreement,
    may_be_same_face,
)

ComposeReading = Callable[[Measures, Mapping[str, str] | None], Reading]


@dataclass(frozen=True, slots=True)
class ReadingWithMemory:
    """A reading that knows the face: `profile` is what to remember now, `before` what was told last time, None for a
    first look. Where the face is not the remembered one, the profile stays as it was."""

    reading: Reading
    profile: Profile
    same_face: bool
    before: Mapping[str, str] | None

    @property
    def changed(self) -> tuple[str, ...]:
        """The parts that are told otherwise than last time."""
        after = shape_labels(self.reading)
        return tuple(part for part, shape in (self.before or {}).items() if after.get(part) != shape)

    @property
    def same_as_last_time(self) -> float | None:
        """The share of what was told last time that is told again, None for a first look and for another face."""
        if self.before is None or not self.same_face:
            return None
        return label_agreement(self.before, shape_labels(self.reading))


def shape_labels(reading: Reading) -> dict[str, str]:
    """Part -> shape id, and "element" -> element, as a reading tells them."""
    return {**{part.part: part.shape_id for part in reading.parts}, ELEMENT_LABEL: reading.element.primary}


def read_with_memory(known: Profile | None, seen: Measures, photos: int, tell: ComposeReading) -> ReadingWithMemory:
    """Tells a face of which `photos` were seen now, whose mean `seen` is, in the light of what is known of it.

    A profile of no photos has shapes only: measures of another kind than today's can't be averaged with today's.
    """
    if known is None:
        reading = tell(seen, None)
        return ReadingWithMemory(reading, Profile(seen, photos, shape_labels(reading)), same_face=True, before=None)
    if known.photos and not may_be_same_face(known.measures, seen):
        return ReadingWithMemory(tell(seen, None), known, same_face=False, before=known.shapes)
    measures = update_measures(known, seen, photos)
    reading = tell(measures, known.shapes)
    after = Profile(measures, known.photos + photos, shape_labels(reading))
    return ReadingWithMemory(reading, after, same_face=True, before=known.shapes)


def update_measures(known: Profile, seen: Measures, photos: int) -> Measures:
    """The measures of a face after more photos of it, the same as if all had been seen at once."""
    if not known.photos:
        return seen
    remembered = min(known.photos, MAX_REMEMBERED_PHOTOS - photos)
    return combine_photos(
        [_of_one(known.measures, known.photos), _of_one(seen, photos)], [float(remembered), float(photos)]
    )


def first_different_face(faces: Sequence[Measures]) -> int | None:
    """The index of the first photo that is of another face than the mean of those before it."""
    for index in range(1, len(faces)):
        if not may_be_same_face(combine_photos(faces[:index]), faces[index]):
            return index
    return None


def _of_one(mean: Measures, photos: int) -> Measures:
    """The mean with the errors that one such photo has: `combine` weighs photos, and would count them twice."""
    share = max(SHARED_ERROR, 1.0 / math.sqrt(photos))
    values = {key: MeasuredValue(one.value, one.error / share) for key, one in mean.values.items()}
    return Measures(values, mean.asymmetry)
