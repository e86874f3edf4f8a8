"""Folders of photos: whose they are, and what is measured on them, on all processors."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gwansang.cli.failure import CommandError
from gwansang.core.exceptions import AppError
from gwansang.reading.measurements import Measures, measure_face
from gwansang.services.ml.face_analyzer import capture_of
from gwansang.vision.models import catalog
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

T = TypeVar("T")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_UNREADABLE = "FILE_UNUSABLE"


@dataclass(frozen=True, slots=True)
class MeasuredPhoto:
    """What one photo gave; `quality` 0-1."""

    measures: Measures
    quality: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a photo gave nothing: the error's code and its sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Looked(Generic[T]):
    """What was seen on photos, by person; how many photos gave nothing, by code; the first sentence of each code."""

    people: Mapping[str, Sequence[T]]
    refused: Mapping[str, int]
    reasons: Mapping[str, str]

    @property
    def photos(self) -> int:
        return sum(map(len, self.people.values()))


def people_in(folder: Path) -> dict[str, list[Path]]:
    """Photos by person: one folder a person, or portraits named alike in `neutral` and `smiling`.

    The portraits' folder may also stand inside `folder` as `london`. Raises CommandError where there is neither.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder; name one that holds a folder of photos for each person.")
    for place in (folder, folder / "london"):
        pairs = _pairs(place)
        if pairs:
            return pairs
    return {
        person.name: found for person in sorted(folder.iterdir()) if person.is_dir() and (found := photos_in(person))
    }


def people_named_in(folder: Path) -> dict[str, list[Path]]:
    """Photos by person: one folder a person, else photos side by side, named alike up to the first underscore."""
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder; name one that holds photos of people.")
    people = people_in(folder)
    for photo in () if people else photos_in(folder):
        people.setdefault(photo.stem.split("_")[0], []).append(photo)
    return people


def photos_in(folder: Path) -> list[Path]:
    """The photos of a folder and of those in it."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _pairs(folder: Path) -> dict[str, list[Path]]:
    if not ((folder / "neutral").is_dir() and (folder / "smiling").is_dir()):
        return {}
    people: dict[str, list[Path]] = {}
    for kind in ("neutral", "smiling"):
        for photo in photos_in(folder / kind):
            people.setdefault(photo.stem.split("_")[0], []).append(photo)
    return people


def look(people: Mapping[str, Sequence[Path]], model_path: Path, workers: int) -> Looked[MeasuredPhoto]:
    """Measures every photo, with a bar on stderr; one that can't be measured stops no other."""
    return see_all(people, model_path, workers, _measured)


def see_all(
    people: Mapping[str, Sequence[Path]], model_path: Path, workers: int, see: Callable[[bytes, Networks], T]
) -> Looked[T]:
    """The same with what `see` makes of a photo's bytes; it may raise any AppError."""
    catalog.verify_models(model_path)
    tasks = [(person, photo) for person, photos in people.items() for photo in photos]
    eyes = _Eyes(model_path, see)
    found: dict[str, list[T]] = {person: [] for person in people}
    refused: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    with ThreadPoolExecutor(workers) as pool, progress_bar(len(tasks)) as advance:
        outcomes = pool.map(lambda task: _noted(eyes, task[1], advance), tasks)
        for (person, photo), outcome in zip(tasks, outcomes, strict=True):
            if isinstance(outcome, Refused):
                refused[outcome.code] += 1
                reasons.setdefault(outcome.code, f"{photo}: {outcome.message}")
            else:
                found[person].append(outcome)
    return Looked(found, refused, reasons)


class _Eyes(Generic[T]):
    """An engine for each thread that looks, because an engine belongs to its thread."""

    def __init__(self, model_path: Path, see: Callable[[bytes, Networks], T]) -> None:
        self._model_path = model_path
        self._see = see
        self._own = threading.local()

    def see(self, photo: Path) -> T | Refused:
        engine: Networks | None = getattr(self._own, "engine", None)
        if engine is None:
            engine = self._own.engine = Networks.load(self._model_path)
        try:
            return self._see(photo.read_bytes(), engine)
        except AppError as error:
            return Refused(error.code, error.message)
        except OSError as error:
            return Refused(_UNREADABLE, error.strerror or str(error))


def _measured(photo: bytes, engine: Networks) -> MeasuredPhoto:
    face = read_photo(photo, engine)
    return MeasuredPhoto(measure_face(face.neutral, capture_of(face)), face.quality.score)


def _noted(eyes: _Eyes[T], photo: Path, advance: Callable[[], None]) -> T | Refused:
    outcome = eyes.see(photo)
    advance()
    return outcome


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[], None]]:
    """Photos done, on stderr; nothing where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("photos", total=total)
        yield lambda: progress.advance(task)


def refusal_lines(looked: Looked[T]) -> Iterator[str]:
    """One line a code, the most frequent first, with an example."""
    for code, count in sorted(looked.refused.items(), key=lambda entry: -entry[1]):
        yield f"{count} refused, {code}: {looked.reasons[code]}"
