"""Learns the face model that takes pose, nearness and expression out of a mesh.

What is kept are means and principal directions of many people's meshes, and of no one person's.
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
ROUNDS = 5  # of finding out who everybody is; the first three matter
NOD_DEG = 10.0
NEAR_CM = 35.0
NEARNESS_SHARE = 0.5
"""How much of the virtual camera's prediction the mesh network shows: between 0.4 and 0.6, photos of one face from 15,
30 and 45 cm come nearest to the one from 60 cm."""
_WORK_PX = 700


@dataclass(frozen=True, slots=True)
class Person:
    """Two photos of one person, and how nodding (a degree) and nearness (1/cm) move the neutral mesh, (468, 3) each."""

    name: str
    neutral: Face
    smiling: Face
    per_pitch_degree: Points
    per_nearness: Points


def see_people(photos: Path, engine: Networks) -> list[Person]:
    """Reads every pair of `neutral/NAME_*.jpg` and `smiling/NAME_*.jpg`; about a second a person."""
    people = []
    for path in sorted((photos / "neutral").glob("*.jpg")):
        name = path.stem.split("_")[0]
        partner = next(iter((photos / "smiling").glob(f"{name}_*.jpg")), None)
        if partner is not None:
            people.append(_see(name, path, partner, engine))
            print(f"\r{len(people)} people seen", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return people


def _see(name: str, neutral: Path, smiling: Path, engine: Networks) -> Person:
    calm, smile = read_photo(neutral.read_bytes(), engine), read_photo(smiling.read_bytes(), engine)
    image = cv2.imread(str(neutral))
    if image is None:
        raise ValueError(f"{neutral} can't be read")
    shrink = min(_WORK_PX / max(image.shape[:2]), 1.0)
    small = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    points = read_photo(_encoded(small), engine).points
    cm_per_px = align_to_canonical(points).scale

    def seen(distance_cm: float | None, pitch_deg: float) -> tuple[Points, float]:
        picture = retake(small, points, distance_cm=distance_cm, pitch_deg=pitch_deg, cm_per_px=cm_per_px)
        face = read_photo(_encoded(picture), engine)
        return symmetrize(face.frontal), face.pose.pitch_deg

    (up, up_deg), (down, down_deg) = seen(None, NOD_DEG), seen(None, -NOD_DEG)
    near, far = seen(NEAR_CM, 0.0)[0], seen(None, 0.0)[0]
    per_degree = (up - down) / (up_deg - down_deg)
    return Person(name, calm, smile, per_degree, (near - far) * NEAR_CM)


def _encoded(image: Pixels) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def train(people: list[Person], averages: Points, noise: float = NOISE) -> FaceModel:
    """The model of some people; (n, 468, 3) `averages` are symmetric meshes of averaged faces, may be empty.

    Expectation-maximisation for the identities: who somebody is, is what both of their photos show once the expression
    is taken out of each; the next model is made from that. A neutral photo alone would count its own pout as identity.
    """
    pitch = np.mean([person.per_pitch_degree for person in people], axis=0)
    nearness = NEARNESS_SHARE * np.mean([person.per_nearness for person in people], axis=0)
    neutral = np.array([_level(person.neutral, pitch) for person in people])
    smiling = np.array([_level(person.smiling, pitch) for person in people])
    expression = _directions(smiling - neutral, EXPRESSIONS)
    others = averages.reshape(-1, 468, 3)
    mean, identity = _middle(neutral, others)
    for _ in range(ROUNDS):
        solver = map_solver(identity, expression, noise)
        shown = (_calm(neutral, mean, solver, expression) + _calm(smiling, mean, solver, expression)) / 2
        mean, identity = _middle(shown, others)
    return FaceModel(mean, identity, expression, pitch, nearness, map_solver(identity, expression, noise))


def _middle(faces: Points, others: Points) -> tuple[Points, Points]:
    """The mean of the people, and the ways in which they and the averaged faces differ from it."""
    mean: Points = faces.mean(axis=0)
    return mean, _directions(np.concatenate([faces, others]) - mean, IDENTITIES)


def _calm(faces: Points, mean: Points, solver: Points, expression: Points) -> Points:
    """The faces (n, 468, 3) without their most probable expression."""
    moves = (faces - mean).reshape(len(faces), -1) @ solver[-len(expression) :].T
    calm: Points = faces - np.tensordot(moves, expression, axes=1)
    return calm


def _level(face: Face, per_pitch_degree: Points) -> Points:
    return symmetrize(face.frontal) - per_pitch_degree * face.pose.pitch_deg


def _directions(differences: Points, count: int) -> Points:
    """The first principal directions (count, 468, 3) through zero, each as long as its root mean square."""
    flat = differences.reshape(len(differences), -1)
    _, lengths, rows = np.linalg.svd(flat, full_matrices=False)
    scaled = rows[:count] * (lengths[:count, None] / np.sqrt(len(flat)))
    return np.asarray(scaled.reshape(-1, 468, 3), dtype=np.float64)


def see_averages(photos: Path, engine: Networks) -> Points:
    faces = [read_photo(path.read_bytes(), engine) for path in sorted((photos / "composite").glob("*.jpg"))]
    return np.array([symmetrize(face.frontal) for face in faces]).reshape(-1, 468, 3)


def save(model: FaceModel, path: Path) -> None:
    """Half precision for the directions keeps the file under 100 kB and moves no measure by 0.01 SD."""
    np.savez_compressed(
        path,
        mean=model.mean.astype(np.float32),
        identity=model.identity.astype(np.float16),
        expression=model.expression.astype(np.float16),
        pitch=model.pitch.astype(np.float32),
        nearness=model.nearness.astype(np.float32),
        noise=np.float64(NOISE),
    )
