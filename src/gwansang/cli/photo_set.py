"""Photos of people in folders, processed on all processors."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from gwansang.cli.failure import CommandError, FileError
from gwansang.cli.progress import progress_bar
from gwansang.core.exceptions import AppError
from gwansang.core.memory import settle_garbage_collector
from gwansang.reading.measurements import Measures
from gwansang.services.ml.face_analyzer import measures_of
from gwansang.vision.models import catalog
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

K = TypeVar("K")  # of a person
T = TypeVar("T")
_PORTRAIT_KINDS = ("neutral", "smiling")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(frozen=True, slots=True)
class MeasuredPhoto:
    """Measures of one photo; `quality` 0-1."""

    measures: Measures
    quality: float


@dataclass(frozen=True, slots=True)
class RejectedPhoto:
    """Error of a photo without a result: its code and its sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PhotoSetResult(Generic[K, T]):
    """Results of photos by person; the number of rejected photos and the first sentence by error code."""

    people: Mapping[K, Sequence[T]]
    rejected: Mapping[str, int]
    reasons: Mapping[str, str]

    @property
    def photos(self) -> int:
        return sum(map(len, self.people.values()))


def photos_by_person(folder: Path) -> dict[str, list[Path]]:
    """List photos by person: one folder a person, or portraits with the same names in `neutral` and `smiling`.

    The folders of portraits may also be in a folder `london` below. Raises CommandError if `folder` is no folder.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder; name one that holds a folder of photos for each person.")
    pairs = _portrait_pairs(portrait_folder(folder))
    if pairs:
        return pairs
    people = {person.name: list_photos(person) for person in sorted(folder.iterdir()) if person.is_dir()}
    return {name: photos for name, photos in people.items() if photos}


def photos_by_name(folder: Path) -> dict[str, list[Path]]:
    """List photos by person: as `photos_by_person`, or by the names of the files up to the first underscore."""
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder; name one that holds photos of people.")
    return photos_by_person(folder) or group_by_name(list_photos(folder))


def list_photos(folder: Path) -> list[Path]:
    """Return the photos of a folder and of the folders in it."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def portrait_folder(folder: Path) -> Path:
    """Return the folder or its `london`, if one of them holds `neutral` and `smiling`; else the folder."""
    return next((one for one in (folder, folder / "london") if _holds_portraits(one)), folder)


def _holds_portraits(folder: Path) -> bool:
    return all((folder / kind).is_dir() for kind in _PORTRAIT_KINDS)


def _portrait_pairs(folder: Path) -> dict[str, list[Path]]:
    if not _holds_portraits(folder):
        return {}
    return group_by_name([photo for kind in _PORTRAIT_KINDS for photo in list_photos(folder / kind)])


def group_by_name(photos: Sequence[Path]) -> dict[str, list[Path]]:
    """Group photos by person: by the names of the files up to the first underscore."""
    people: dict[str, list[Path]] = {}
    for photo in photos:
        people.setdefault(photo.stem.split("_")[0], []).append(photo)
    return people


def measure_photos(
    people: Mapping[str, Sequence[Path]], model_path: Path, workers: int
) -> PhotoSetResult[str, MeasuredPhoto]:
    """Measure every photo, with a progress bar on stderr; a photo that can't be measured does not stop the others."""
    return process_photos(people, model_path, workers, _measure)


def process_photos(
    people: Mapping[K, Sequence[Path]], model_path: Path, workers: int, process: Callable[[bytes, Networks], T]
) -> PhotoSetResult[K, T]:
    """Process the bytes of every photo, with a progress bar on stderr.

    process: may raise any AppError, which rejects the photo.
    """
    catalog.verify_models(model_path)
    settle_garbage_collector()
    tasks = [(person, photo) for person, photos in people.items() for photo in photos]
    networks = _ThreadNetworks(model_path, process)
    results: dict[K, list[T]] = {person: [] for person in people}
    rejected: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    with ThreadPoolExecutor(workers) as pool, progress_bar(len(tasks)) as advance:
        outcomes = pool.map(networks.process, (photo for _, photo in tasks))
        for (person, photo), outcome in zip(tasks, outcomes, strict=True):
            advance()
            if isinstance(outcome, RejectedPhoto):
                rejected[outcome.code] += 1
                reasons.setdefault(outcome.code, f"{photo}: {outcome.message}")
            else:
                results[person].append(outcome)
    return PhotoSetResult(results, rejected, reasons)


class _ThreadNetworks(Generic[T]):
    """Loads networks for each thread that processes photos, because networks belong to their thread."""

    def __init__(self, model_path: Path, process: Callable[[bytes, Networks], T]) -> None:
        self._model_path = model_path
        self._process = process
        self._local = threading.local()

    def process(self, photo: Path) -> T | RejectedPhoto:
        networks: Networks | None = getattr(self._local, "networks", None)
        if networks is None:
            networks = self._local.networks = Networks.load(self._model_path)
        try:
            return self._process(photo.read_bytes(), networks)
        except AppError as error:
            return RejectedPhoto(error.code, error.message)
        except OSError as error:
            return RejectedPhoto(FileError.code, error.strerror or str(error))


def _measure(photo: bytes, networks: Networks) -> MeasuredPhoto:
    face = read_photo(photo, networks)
    return MeasuredPhoto(measures_of(face), face.quality.score)


def rejection_lines(result: PhotoSetResult[K, T]) -> Iterator[str]:
    """Yield a line for each error code, the most frequent first, with an example."""
    for code, count in sorted(result.rejected.items(), key=lambda entry: -entry[1]):
        yield f"{count} refused, {code}: {result.reasons[code]}"
