"""Hand-marked photos for `gwansang evaluate truth`: the `.tem` beside a photo, and another photo of the person."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gwansang.cli.failure import CommandError
from gwansang.cli.people_info import PersonInfo, read_people_info
from gwansang.cli.photo_set import PhotoSetResult, group_by_name, list_photos, portrait_folder, process_photos
from gwansang.config import Settings
from gwansang.core.exceptions import AppError
from gwansang.reading.hand_marks import TemplateError, measure_marks, parse_marks, template_points
from gwansang.reading.measurements import Measures
from gwansang.reading.truth_sample import MarkedPerson
from gwansang.services.ml.face_analyzer import measures_of
from gwansang.vision.face import Face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from gwansang.vision.retakes import RETAKES, Retake, retake_portrait


@dataclass(frozen=True, slots=True)
class MarkedPhotos:
    """Photos by person's id: the hand-marked one with the measures of its marks, and another one if there is one.

    skipped: reasons why `.tem` files were left out, with their number and an example each.
    """

    marked: Mapping[str, tuple[Path, Mapping[str, float]]]
    others: Mapping[str, Path]
    skipped: Mapping[str, tuple[int, Path]]

    def skipped_lines(self) -> Iterator[str]:
        """Yield one line for each reason."""
        for reason, (count, example) in self.skipped.items():
            yield f"{count} .tem left out: {example}: {reason}"


@dataclass(frozen=True, slots=True)
class MeasuredMarkedPhoto:
    """Measures of a photo, of the lines that are drawn on it, and of its retakes, None if one was refused.

    drawn: by key of the hand-marked measures.
    """

    measures: Measures
    drawn: Mapping[str, float]
    retakes: Mapping[str, Measures | None] = field(default_factory=dict)


MarkedResult = PhotoSetResult[str, MeasuredMarkedPhoto]


def find_marked_photos(folder: Path) -> MarkedPhotos:
    """Return the hand-marked photos in a folder and in those in it; raise CommandError if there are none.

    The first photo of a person with a usable `.tem` is the hand-marked one, the first of the others the other one.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder; name one that holds photos with .tem files beside them.")
    marked: dict[str, tuple[Path, Mapping[str, float]]] = {}
    skipped: Counter[str] = Counter()
    examples: dict[str, Path] = {}
    people = group_by_name(list_photos(portrait_folder(folder)))
    for person, photo in ((person, photo) for person, photos in people.items() for photo in photos):
        template = photo.with_suffix(".tem")
        if person in marked or not template.is_file():
            continue
        try:
            marked[person] = photo, _read_marks(template)
        except TemplateError as error:
            skipped[str(error)] += 1
            examples.setdefault(str(error), template)
    rest = {person: [one for one in people[person] if one != photo] for person, (photo, _) in marked.items()}
    others = {person: photos[0] for person, photos in rest.items() if photos}
    result = MarkedPhotos(marked, others, {why: (count, examples[why]) for why, count in skipped.items()})
    if not marked:
        why = "; ".join(result.skipped_lines()) or "no photo has a .tem file of the same name beside it"
        raise CommandError(f"Nothing can be compared in {folder}: {why}.")
    return result


def _read_marks(template: Path) -> Mapping[str, float]:
    try:
        return measure_marks(parse_marks(template.read_text(encoding="utf-8")))
    except OSError as error:
        raise TemplateError(error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise TemplateError("it is no text") from error


def measure_marked_photos(
    folder: Path, photos: MarkedPhotos, settings: Settings, retakes: Mapping[str, Retake] = RETAKES
) -> tuple[list[MarkedPerson], tuple[MarkedResult, ...]]:
    """Measure all photos, each marked one also in its retakes, with a progress bar for the marked and the others."""
    info = read_people_info(folder)
    paths = {person: [photo] for person, (photo, _) in photos.marked.items()}
    model, workers = settings.model_path, settings.inference_workers
    marked = process_photos(paths, model, workers, partial(_measure_with_retakes, retakes))
    others = process_photos({person: [path] for person, path in photos.others.items()}, model, workers, _measure)
    people = []
    for person, (_, hand) in photos.marked.items():
        for measured in marked.people[person]:
            other = next(iter(others.people.get(person, ())), None)
            known = info.get(person, PersonInfo())
            people.append(
                MarkedPerson(
                    hand=hand,
                    photo=measured.measures,
                    drawn=measured.drawn,
                    other=other.measures if other is not None else None,
                    retakes=measured.retakes,
                    sex=known.sex,
                    origin=known.origin,
                )
            )
    return people, (marked, others)


def _measure(photo: bytes, networks: Networks) -> MeasuredMarkedPhoto:
    return _measured(read_photo(photo, networks))


def _measure_with_retakes(retakes: Mapping[str, Retake], photo: bytes, networks: Networks) -> MeasuredMarkedPhoto:
    face = read_photo(photo, networks)
    plain = _measured(face)
    changed = {name: _measure_retake(photo, face, retake, networks) for name, retake in retakes.items()}
    return MeasuredMarkedPhoto(plain.measures, plain.drawn, changed)


def _measure_retake(photo: bytes, face: Face, retake: Retake, networks: Networks) -> Measures | None:
    try:
        return _measure(retake_portrait(photo, face, retake), networks).measures
    except AppError:
        return None


def _measured(face: Face) -> MeasuredMarkedPhoto:
    """Return the measures of a face, and those of the points that the overlays join."""
    return MeasuredMarkedPhoto(measures_of(face), measure_marks(template_points(face.details)))
