"""Readings of a remembered face: measures averaged over photos, shapes kept while they are probable enough."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.reading.elements import ELEMENT_LABEL
from gwansang.reading.gate import REFUSE_ABOVE, WARN_ABOVE, evidence_of_another_face
from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.reading.model import Reading
from gwansang.reading.photo_errors import error_of_mean
from gwansang.reading.profile import MAX_REMEMBERED_PHOTOS, Profile, combine_photos, label_agreement

ComposeReading = Callable[[Measures, Mapping[str, str] | None], Reading]  # of measures and the previous labels


@dataclass(frozen=True, slots=True)
class ReadingWithMemory:
    """A reading made with a user's profile; profile: to remember from now on, unchanged if it was another face.

    previous: the shape labels of the last reading, None for a first reading; measured_anew: that reading was measured
    in another way, so that its labels differ for more reasons than the face.
    """

    reading: Reading
    profile: Profile
    same_face: bool
    previous: Mapping[str, str] | None
    measured_anew: bool = False

    @property
    def changed(self) -> tuple[str, ...]:
        """The parts whose label differs from the last reading; covered ones have none."""
        labels = shape_labels(self.reading)
        return tuple(part for part, shape in (self.previous or {}).items() if labels.get(part, shape) != shape)

    @property
    def same_as_last_time(self) -> float | None:
        """Share of the last reading's labels that are the same; None for a first reading and for another face."""
        if self.previous is None or not self.same_face:
            return None
        return label_agreement(self.previous, shape_labels(self.reading))


def shape_labels(reading: Reading) -> dict[str, str]:
    """Return the shape ids of the parts that a reading describes, and its primary element under "element"."""
    told = {part.part: part.shape_id for part in reading.parts if part.shape_id != UNSEEN_SHAPE}
    return {**told, ELEMENT_LABEL: reading.element.primary}


def read_with_memory(
    profile: Profile | None, measures: Measures, photos: int, compose: ComposeReading
) -> ReadingWithMemory:
    """Compose a reading of the mean `measures` of `photos` new photos, with the measures and labels of the profile.

    A profile of no photos has labels only, of another version of the measures: it starts anew. A face that is rather
    another one leaves the profile alone, and is read without it.
    """
    if profile is None or not profile.photos:
        reading = compose(measures, None)
        after = Profile(measures, photos, shape_labels(reading))
        previous = None if profile is None else profile.shapes
        return ReadingWithMemory(reading, after, True, previous, measured_anew=profile is not None)
    if evidence_of_another_face(profile.measures, measures) > WARN_ABOVE:
        return ReadingWithMemory(compose(measures, None), profile, same_face=False, previous=profile.shapes)
    updated = update_measures(profile, measures, photos)
    reading = compose(updated, profile.shapes)
    after = Profile(updated, profile.photos + photos, shape_labels(reading))
    return ReadingWithMemory(reading, after, same_face=True, previous=profile.shapes)


def update_measures(profile: Profile, measures: Measures, photos: int) -> Measures:
    """Return the profile's measures averaged with those of new photos, as if all had been combined at once."""
    remembered = min(profile.photos, MAX_REMEMBERED_PHOTOS - photos)
    means = [_with_photo_errors(profile.measures, profile.photos), _with_photo_errors(measures, photos)]
    return combine_photos(means, [float(remembered), float(photos)])


def first_different_face(faces: Sequence[Measures]) -> int | None:
    """Return the index of the first photo that shows another face than the mean of those before it, else None."""
    for index in range(1, len(faces)):
        if evidence_of_another_face(combine_photos(faces[:index]), faces[index]) > REFUSE_ABOVE:
            return index
    return None


def _with_photo_errors(mean: Measures, photos: int) -> Measures:
    """Give a mean the errors of a single photo: `combine_photos` applies the weights, and would count them twice."""
    share = error_of_mean(1.0, photos)
    return Measures({key: MeasuredValue(one.value, one.error / share) for key, one in mean.values.items()})
