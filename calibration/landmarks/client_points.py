"""Figures of clients' points: how far the measures and parts told from them agree with those told from the photo.

Fields are cross-validated by person. The model that measures is the same for the service and for the client, so that
people it has seen do not flatter the agreement of the two.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.client_fields import PRODUCERS, learn_fields, with_errors
from calibration.landmarks.client_pairs import Pairs
from calibration.landmarks.portraits import NEUTRAL
from calibration.landmarks.retakes import PLAIN
from calibration.landmarks.training_set import Rows
from calibration.scores.belief import fit_truth
from calibration.scores.norms import balanced_norms
from calibration.scores.rules import Labels, all_probabilities, classify_hand, rated_parts
from calibration.scores.sample import Sample, Table, build_sample, zones
from gwansang.cli.people_info import PersonInfo
from gwansang.reading.agreement import correlations
from gwansang.reading.belief import Validity, regress
from gwansang.reading.hand_marks import LOWER_TO_MIDDLE
from gwansang.vision.client_points import ClientField, ClientKind
from gwansang.vision.face import Points
from gwansang.vision.measuring.channels import apply_matrix, crop_matrix
from gwansang.vision.measuring.combining import Estimator, judge_conditions
from gwansang.vision.measuring.mesh_measures import EXTRA_KEYS, measure_extras
from gwansang.vision.measuring.model import LandmarkModel, turn_frontal
from gwansang.vision.measuring.template import KEYS
from gwansang.vision.mesh import LANDMARK_COUNT, VERTEX_COUNT

FOLDS, _SEED = 5, 0
ALL_KEYS = (*KEYS, *EXTRA_KEYS, "M", "L")
Figures = dict[str, dict[str, Any]]
Blendshapes = Callable[[Points], NDArray[np.float32]]  # of (n, 478, 3) points, (n, 52)
_EYES = (33, 263)


@dataclass(frozen=True, slots=True)
class Measured:
    """values: (n, 30) of the first ALL_KEYS; errors: (n, 24) declared for the measures of hand marks."""

    values: Points
    errors: Points


def person_folds(person: NDArray[np.str_]) -> Rows:
    """Return the fold of every picture, (n,); all pictures of a person are in one."""
    people, index = np.unique(person, return_inverse=True)
    order = np.random.default_rng(_SEED).permutation(len(people))
    folds: Rows = (order % FOLDS)[index]
    return folds


def correct_held_out(pairs: Pairs) -> dict[str, Points]:
    """Return the (n, 478, 3) points of every producer, corrected by fields that never saw the person."""
    fold = person_folds(pairs.person)
    corrected = {name: np.empty((len(fold), LANDMARK_COUNT, 3)) for names in PRODUCERS.values() for name in names}
    for one in range(FOLDS):
        fields = learn_fields(pairs, np.flatnonzero(fold != one))
        for kind, names in PRODUCERS.items():
            for name in names:
                for row in np.flatnonzero(fold == one):
                    corrected[name][row] = fields[kind].correct(pairs.points(name)[row])
    return corrected


def shape_difference(points: Points, server: Points) -> Points:
    """Return the root mean square difference of (n, c, 3) shapes from the service's, in eye distances, (n,).

    Across and down, each in its own eye-level frame; irises count if the points have them.
    """
    rows = []
    for own, other in zip(points, server, strict=True):
        places = [apply_matrix(crop_matrix(mesh), mesh[: len(own), :2]) for mesh in (own, other)]
        span = np.linalg.norm(places[1][_EYES[0]] - places[1][_EYES[1]])
        rows.append(np.sqrt(((places[0] - places[1]) ** 2).sum(axis=1).mean()) / span)
    return np.array(rows)


def measure_pictures(model: LandmarkModel, pairs: Pairs) -> Measured:
    """Return what the service measures in each picture."""
    matrices = [crop_matrix(points) for points in pairs.points("server")]
    meshes = [apply_matrix(m, points[:, :2]) for m, points in zip(matrices, pairs.points("server"), strict=True)]
    found = np.array([model.cascade.find(maps, mesh) for maps, mesh in zip(pairs.maps, meshes, strict=True)])
    return _measure(model, model.with_picture, pairs.points("server"), pairs.blendshapes, found)


def measure_points(model: LandmarkModel, points: Points, blendshapes: NDArray[np.float32]) -> Measured:
    """Return what the service measures from (n, 478, 3) points without a picture."""
    meshes = [apply_matrix(crop_matrix(one), one[:, :2]) for one in points]
    starts = np.array([model.cascade.find_without_picture(mesh) for mesh in meshes])
    return _measure(model, model.without_picture, points, blendshapes, starts)


def _measure(
    model: LandmarkModel, estimator: Estimator, meshes: Points, blendshapes: NDArray[np.float32], found: Points
) -> Measured:
    """Return the measures of many faces; the same as `LandmarkModel.measure` gives for each."""
    geometry = model.geometry
    faces = [turn_frontal(mesh) for mesh in meshes]
    frontal, pose = np.array([face.mesh for face in faces]), np.array([face.pose for face in faces])
    per_cm = geometry.nearness.guess(frontal)
    values = geometry.combine(estimator.combiner, geometry.estimate(frontal, found), pose, per_cm)
    width = np.ptp(meshes[:, :VERTEX_COUNT, 0], axis=1)
    smile = blendshapes.astype(np.float64)
    errors = estimator.errors.declare(judge_conditions(pose, per_cm, smile, width, geometry.usual_pitch_deg))
    extras = measure_extras(geometry.relax(frontal, found)[0])
    return Measured(np.hstack([values, extras]), errors)


@dataclass(frozen=True, slots=True)
class Reader:
    """Norms and truth by which classes are told: medians and sds (31,) of photos."""

    medians: NDArray[np.float64]
    sds: NDArray[np.float64]
    truth: Validity

    def believe_classes(self, values: Table, errors: Table) -> Labels:
        """Return the most probable class of every part, (n, 15), of (n, 31) measures and their errors."""
        z, sigma = (values - self.medians) / self.sds, errors / self.sds
        classes: Labels = all_probabilities(rated_parts(), *regress(z, sigma, self.truth)).argmax(axis=2)
        return classes

    def classify(self, values: Table) -> Labels:
        """Return the class of every part, (n, 15), as if (n, 31) measures had no error."""
        return classify_hand(rated_parts(), (values - self.medians) / self.sds)


def fit_reader(sample: Sample) -> Reader:
    """Return a reader with the norms and the truth of held-out photos."""
    return Reader(*balanced_norms(sample.measured, sample.women), fit_truth(sample))


@dataclass(frozen=True, slots=True)
class Source:
    """Measures of all n pictures from one source: values (n, 32) in the order of ALL_KEYS; plain: its plain photos."""

    values: Points
    plain: Sample


@dataclass(frozen=True, slots=True)
class Study:
    """Pairs of pictures, their people, the model that measures and the reader that tells classes."""

    pairs: Pairs
    info: Mapping[str, PersonInfo]
    model: LandmarkModel
    reader: Reader

    @property
    def photos(self) -> Rows:
        """Rows of the plain neutral photos."""
        return np.flatnonzero((self.pairs.name == PLAIN.name) & (self.pairs.kind == NEUTRAL))

    def source(self, measured: Measured, added: Points | None = None) -> Source:
        """Return a source; added: (32,) SD by which its errors are larger than the model declares."""
        errors = measured.errors if added is None else np.hypot(measured.errors, added[: len(KEYS)])
        return Source(add_zones(measured.values), self._sample(measured.values, errors))

    def _sample(self, values: Points, errors: Points) -> Sample:
        rows = np.flatnonzero(self.pairs.name == PLAIN.name)
        people = [self.info[person] for person in self.pairs.person[rows]]
        return build_sample({
            "person": self.pairs.person[rows],
            "photo": self.pairs.kind[rows],
            "sex": np.array([person.sex for person in people]),
            "group": np.array([person.origin for person in people]),
            "studio": np.full(len(rows), "all"),
            "keys": np.array(KEYS),
            "extra_keys": np.array(EXTRA_KEYS),
            "measured": values[rows, : len(KEYS)],
            "error": errors[rows],
            "hand": np.zeros((len(rows), len(KEYS))),
            "extras": values[rows, len(KEYS) :],
        })  # fmt: skip


def add_zones(values: Points) -> Points:
    """Return measures (n, 30) with those of the middle and the lower zone of the face after them, (n, 32)."""
    _, middle, lower = zones(values[:, KEYS.index(LOWER_TO_MIDDLE)], values[:, len(KEYS) + EXTRA_KEYS.index("U")])
    return np.column_stack([values, middle, lower])


def parts_alike(reader: Reader, one: Sample, other: Sample) -> dict[str, float]:
    """Return the share of parts of one class in both samples, by the belief and as if there were no errors."""
    twice = one.twice
    believed = [reader.believe_classes(s.measured, s.measured_error) for s in (one, other)]
    smiling = [reader.believe_classes(s.smiling[twice], s.smiling_error[twice]) for s in (one, other)]
    exact = [reader.classify(s.measured) for s in (one, other)]
    labels = {"neutral": believed, "smiling": smiling, "neutral, without errors": exact}
    return {name: float((first == second).mean()) for name, (first, second) in labels.items()}


def learn_and_judge(study: Study, find_blendshapes: Blendshapes) -> tuple[dict[ClientKind, ClientField], Figures]:
    """Return the fields of everybody with the errors that fields of others leave, and the figures of every source."""
    pairs = study.pairs
    photo = study.source(measure_pictures(study.model, pairs))
    service = study.source(measure_points(study.model, pairs.points("server"), pairs.blendshapes))
    corrected = correct_held_out(pairs)
    fields = learn_fields(pairs, np.arange(len(pairs.person)))
    figures: Figures = {"points of the service": _compare(study, service, photo, "photo")}
    for kind, names in PRODUCERS.items():
        measured = {name: measure_points(study.model, corrected[name], find_blendshapes(corrected[name]))
                    for name in names}  # fmt: skip
        values = [add_zones(one.values) for one in measured.values()]
        errors = np.sqrt(np.mean([((one - service.values).std(axis=0)) ** 2 for one in values], axis=0))
        fields[kind] = with_errors(fields[kind], ALL_KEYS, errors)
        for name in names:
            source = study.source(measured[name], errors)
            shapes = {"before": pairs.points(name)[study.photos], "after": corrected[name][study.photos]}
            server = pairs.points("server")[study.photos]
            figures[name] = {
                "kind": kind,
                "shape": {when: float(np.median(shape_difference(one, server))) for when, one in shapes.items()},
                **_compare(study, source, service, "points"),
                **_compare(study, source, photo, "photo"),
            }
    return fields, figures


def _compare(study: Study, one: Source, other: Source, name: str) -> dict[str, Any]:
    """Return r on neutral photos, SD and mean of the difference over all pictures in SDs of photos, and parts alike."""
    sd = other.values[study.photos].std(axis=0)
    difference = (one.values - other.values) / sd
    return {
        f"r with {name}": _by_key(correlations(one.values[study.photos], other.values[study.photos])),
        f"error against {name}": _by_key(difference.std(axis=0)),
        f"bias against {name}": _by_key(difference.mean(axis=0)),
        f"parts like {name}": parts_alike(study.reader, other.plain, one.plain),
    }


def _by_key(values: Points) -> dict[str, float]:
    return dict(zip(ALL_KEYS, values.tolist(), strict=True))


def client_lines(fields: Mapping[ClientKind, ClientField], figures: Figures) -> Iterator[str]:
    """Yield the lines of Markdown tables of the figures."""
    yield "| source | shape off, % | error, SD | r with points | r with photo | parts like points | parts like photo |"
    yield "|---|---|---|---|---|---|---|"
    for name, row in figures.items():
        shape = row.get("shape")
        off = "-" if shape is None else f"{100 * shape['before']:.2f} to {100 * shape['after']:.2f}"
        cells = [f"{_median(row, key):.3f}" for key in ("error against points", "r with points", "r with photo")]
        parts = [_parts(row, key) for key in ("parts like points", "parts like photo")]
        yield f"| {name} | {off} | {' | '.join(cells + parts)} |"
    yield from ("", "| measure | " + " | ".join(f"{kind}: error" for kind in fields) + " | "
                + " | ".join(f"r with photo, {name}" for name in figures) + " |")  # fmt: skip
    yield "|---" * (1 + len(fields) + len(figures)) + "|"
    for key in ALL_KEYS:
        errors = [f"{field.errors[key]:.4g}" for field in fields.values()]
        yield (
            f"| {key} | "
            + " | ".join([*errors, *(f"{row['r with photo'][key]:.2f}" for row in figures.values())])
            + " |"
        )


def _median(row: Mapping[str, Any], name: str) -> float:
    return float(np.median([row[name][key] for key in KEYS])) if name in row else np.nan


def _parts(row: Mapping[str, Any], name: str) -> str:
    return " / ".join(f"{share:.3f}" for share in row[name].values()) if name in row else "-"
