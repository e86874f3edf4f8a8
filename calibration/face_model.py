"""Training of the face model that corrects a mesh for pose, perspective and expression.

The model holds means and principal directions of many people's meshes, and no single person's mesh.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from calibration.virtual_camera import retake
from gwansang.vision.correction import FaceModel, map_solver, symmetrize
from gwansang.vision.decode import Pixels
from gwansang.vision.face import Face, Points
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from gwansang.vision.pose import align_to_canonical

IDENTITIES, EXPRESSIONS = 24, 10
NOISE = 0.2  # cm^2; chosen by cross-validation: from 0.02 to 0.4 the kappa of the labels moves by 0.04
ROUNDS = 5  # of expectation-maximisation; the first three matter
NOD_DEG = 10.0
NEAR_CM = 35.0
NEARNESS_SHARE = 0.5
"""Share of the virtual camera's prediction that appears in the mesh network's output: between 0.4 and 0.6, photos of a
face from 15, 30 and 45 cm come nearest to the one from 60 cm."""
_WORK_PX = 700


@dataclass(frozen=True, slots=True)
class Person:
    """Two photos of a person, and the effects of pitch (a degree) and nearness (1/cm) on the neutral mesh, (468, 3)."""

    name: str
    neutral: Face
    smiling: Face
    per_pitch_degree: Points
    per_nearness: Points


def measure_people(photos: Path, networks: Networks) -> list[Person]:
    """Measure every pair of `neutral/NAME_*.jpg` and `smiling/NAME_*.jpg`; takes about a second a person."""
    people = []
    for path in sorted((photos / "neutral").glob("*.jpg")):
        name = path.stem.split("_")[0]
        partner = next(iter((photos / "smiling").glob(f"{name}_*.jpg")), None)
        if partner is not None:
            people.append(_measure_person(name, path, partner, networks))
            print(f"\r{len(people)} people measured", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return people


def _measure_person(name: str, neutral: Path, smiling: Path, networks: Networks) -> Person:
    neutral_face, smiling_face = read_photo(neutral.read_bytes(), networks), read_photo(smiling.read_bytes(), networks)
    image = cv2.imread(str(neutral))
    if image is None:
        raise ValueError(f"{neutral} can't be read")
    shrink = min(_WORK_PX / max(image.shape[:2]), 1.0)
    small = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    points = read_photo(_encode_png(small), networks).points
    cm_per_px = align_to_canonical(points).scale

    def retaken(distance_cm: float | None, pitch_deg: float) -> tuple[Points, float]:
        image = retake(small, points, distance_cm=distance_cm, pitch_deg=pitch_deg, cm_per_px=cm_per_px)
        face = read_photo(_encode_png(image), networks)
        return symmetrize(face.frontal), face.pose.pitch_deg

    (up, up_deg), (down, down_deg) = retaken(None, NOD_DEG), retaken(None, -NOD_DEG)
    near, far = retaken(NEAR_CM, 0.0)[0], retaken(None, 0.0)[0]
    per_degree = (up - down) / (up_deg - down_deg)
    return Person(name, neutral_face, smiling_face, per_degree, (near - far) * NEAR_CM)


def _encode_png(image: Pixels) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def train(people: list[Person], averages: Points, noise: float = NOISE) -> FaceModel:
    """Train a model; (n, 468, 3) `averages` are symmetric meshes of averaged faces, may be empty.

    Expectation-maximisation for the identities: a person's identity is the mean of both photos without expression, and
    the next model is trained on the identities. A neutral photo alone would count its own expression as identity.
    """
    pitch = np.mean([person.per_pitch_degree for person in people], axis=0)
    nearness = NEARNESS_SHARE * np.mean([person.per_nearness for person in people], axis=0)
    neutral = np.array([_without_pitch(person.neutral, pitch) for person in people])
    smiling = np.array([_without_pitch(person.smiling, pitch) for person in people])
    expression = _principal_directions(smiling - neutral, EXPRESSIONS)
    others = averages.reshape(-1, 468, 3)
    mean, identity = _mean_and_identity(neutral, others)
    for _ in range(ROUNDS):
        solver = map_solver(identity, expression, noise)
        identities = (
            _without_expression(neutral, mean, solver, expression)
            + _without_expression(smiling, mean, solver, expression)
        ) / 2
        mean, identity = _mean_and_identity(identities, others)
    return FaceModel(mean, identity, expression, pitch, nearness, map_solver(identity, expression, noise))


def _mean_and_identity(faces: Points, others: Points) -> tuple[Points, Points]:
    """Return the mean of the people, and the directions in which they and the averaged faces differ from it."""
    mean: Points = faces.mean(axis=0)
    return mean, _principal_directions(np.concatenate([faces, others]) - mean, IDENTITIES)


def _without_expression(faces: Points, mean: Points, solver: Points, expression: Points) -> Points:
    """Return the faces (n, 468, 3) without their most probable expression."""
    coefficients = (faces - mean).reshape(len(faces), -1) @ solver[-len(expression) :].T
    neutral: Points = faces - np.tensordot(coefficients, expression, axes=1)
    return neutral


def _without_pitch(face: Face, per_pitch_degree: Points) -> Points:
    return symmetrize(face.frontal) - per_pitch_degree * face.pose.pitch_deg


def _principal_directions(differences: Points, count: int) -> Points:
    """Return the first principal directions (count, 468, 3) through zero, scaled to their root mean square."""
    flat = differences.reshape(len(differences), -1)
    _, lengths, rows = np.linalg.svd(flat, full_matrices=False)
    scaled = rows[:count] * (lengths[:count, None] / np.sqrt(len(flat)))
    return np.asarray(scaled.reshape(-1, 468, 3), dtype=np.float64)


def measure_averages(photos: Path, networks: Networks) -> Points:
    faces = [read_photo(path.read_bytes(), networks) for path in sorted((photos / "composite").glob("*.jpg"))]
    return np.array([symmetrize(face.frontal) for face in faces]).reshape(-1, 468, 3)


def save(model: FaceModel, path: Path) -> None:
    """Save a model; half precision for the directions keeps it below 100 kB and changes no measure by 0.01 SD."""
    np.savez_compressed(
        path,
        mean=model.mean.astype(np.float32),
        identity=model.identity.astype(np.float16),
        expression=model.expression.astype(np.float16),
        pitch=model.pitch.astype(np.float32),
        nearness=model.nearness.astype(np.float32),
        noise=np.float64(NOISE),
    )
