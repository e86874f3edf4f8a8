"""Takes as learning reads them: people, halves of the face, frontal meshes, marks and folds."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.portraits import NEUTRAL, SMILING, is_london
from calibration.landmarks.retakes import PLAIN
from calibration.landmarks.takes import Takes
from gwansang.cli.people_info import PersonInfo
from gwansang.vision.face import Points
from gwansang.vision.measuring.cascade import START_VERTICES, both_halves
from gwansang.vision.measuring.channels import WIDTH
from gwansang.vision.measuring.model import turn_frontal
from gwansang.vision.measuring.template import MODELS, TWINS, measure_template, mirror_points
from gwansang.vision.mesh import VERTEX_COUNT

Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]
NEAR_VERTICES = 40  # whose shape the start of a point is fitted to


class TrainingSet:
    """n takes of p people.

    people, sex, origin: (p,); london: (p,); person: (n,) index of each take's person; mesh: (n, 478, 2) and marks: (n,
    189, 2) in crop pixels; halves: (2, n, 478, 2) mesh of the crop and of the mirrored crop; goals: (2, n, 40, 2) marks
    of both halves; frontal: (n, 468, 3); pose: (n, 2); plain, smile: (p,) take of each person's photos, -1 without;
    hand: (p, 24) measures of the marks.
    """

    def __init__(self, takes: Takes, info: Mapping[str, PersonInfo]) -> None:
        self.takes = takes
        self.people, self.person = np.unique(takes.person, return_inverse=True)
        self.sex = np.array([info[person].sex for person in self.people])
        self.origin = np.array([info[person].origin for person in self.people])
        self.london = np.array([is_london(person) for person in self.people])
        self.mesh = _to_crop(takes.matrix, takes.mesh[..., :2])
        self.marks = _to_crop(takes.matrix, takes.marks)
        self.halves = np.stack([both_halves(mesh) for mesh in self.mesh], axis=1)
        mirrored = mirror_points(self.marks[:, list(TWINS)], WIDTH)
        self.goals = np.stack([self.marks[:, list(MODELS)], mirrored])
        faces = [turn_frontal(mesh.astype(np.float64)) for mesh in takes.mesh]
        self.frontal, self.pose = np.array([face.mesh for face in faces]), np.array([face.pose for face in faces])
        self.plain, self.smile = self.rows(NEUTRAL, PLAIN.name), self.rows(SMILING, PLAIN.name)
        self.hand = measure_template(self.marks[self.plain])

    def rows(self, kind: str, name: str) -> Rows:
        """Return the take of this kind and name of every person, (p,); -1 without one."""
        rows = np.full(len(self.people), -1)
        hits = np.flatnonzero((self.takes.kind == kind) & (self.takes.name == name))
        rows[self.person[hits]] = hits
        return rows

    def fixed_rows(self, people: Mask) -> Rows:
        """Return the takes of some people that are not random."""
        return np.flatnonzero(people[self.person] & self.takes.is_fixed)

    def folds(self, count: int, seed: int) -> Rows:
        """Return the fold of every person, (p,), balanced over sets and sexes."""
        rng = np.random.default_rng(seed)
        fold, start = np.empty(len(self.people), dtype=np.intp), 0
        for london in (True, False):
            for sex in ("female", "male"):
                group = rng.permutation(np.flatnonzero((self.london == london) & (self.sex == sex)))
                fold[group] = (np.arange(len(group)) + start) % count
                start += len(group)
        return fold

    def nearest_vertices(self, people: Mask) -> Rows:
        """Return the (40, NEAR_VERTICES) vertices nearest to each point on the mean of these people, nearest first."""
        rows = self.plain[people]
        mesh, marks = self.halves[:, rows].mean(axis=(0, 1)), self.goals[:, rows].mean(axis=(0, 1))
        distances = np.linalg.norm(marks[:, None] - mesh[None, :VERTEX_COUNT], axis=2)
        return np.argsort(distances, axis=1)[:, :NEAR_VERTICES]

    def goals_with_smiles(self, near: Rows) -> Points:
        """Return `goals`, for smiling takes the person's neutral marks, moved as the nearest vertices moved."""
        goals = self.goals.copy()
        smiling = np.flatnonzero(self.takes.kind == SMILING)
        neutral = self.plain[self.person[smiling]]
        start = near[:, :START_VERTICES]
        before, after = (self.halves[:, rows][:, :, start].mean(axis=3) for rows in (neutral, smiling))
        goals[:, smiling] = goals[:, neutral] + (after - before)
        return goals


def _to_crop(matrices: Points, points: NDArray[np.float32]) -> Points:
    moved: Points = np.einsum("nij,nkj->nki", matrices[:, :, :2], points.astype(np.float64))
    return moved + matrices[:, None, :, 2]
