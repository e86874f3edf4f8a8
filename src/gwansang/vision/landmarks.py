"""The 468 mesh points and the eyelids of one face."""

import math
from dataclasses import dataclass

import numpy as np

from gwansang.vision.crop import Region, cut
from gwansang.vision.decode import Picture, Pixels
from gwansang.vision.face import Points
from gwansang.vision.runtime import Engine, Tensor

_SIDE = 192
_EYE_SIDE = 64
_RIGHT_EYE, _LEFT_EYE = (33, 133), (263, 362)  # outer and inner corner; the subject's right stands left in the photo
_EYE_ROOM = 2.3
_LID_POINTS = 16  # of the eye network's 71: nine along the lower lid from corner to corner, seven along the upper
_VIEWS = ((0.0, 0.0, 1.0, 0.0), (0.02, 0.012, 1.03, 0.035), (-0.02, -0.012, 0.97, -0.035))
"""Shift across, shift down, scale, turn (radians) of the crops whose mean is taken."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """points (468, 3) upright pixels; presence 0-1; crop: the 192 px view of `region`, upright RGB."""

    points: Points
    presence: float
    crop: Pixels
    region: Region


def one_pass(engine: Engine, picture: Picture, region: Region, *, smooth: bool = False) -> Mesh:
    """The mesh network once on one region; unsmoothed it is what MediaPipe's FaceMesh does with a still photo."""
    crop = cut(picture, region, _SIDE, smooth=smooth)
    tensor: Tensor = crop[None].astype(np.float32) / 255.0
    outputs = engine.mesh.run(tensor)
    raw = next(output for output in outputs if output.size == 1404).reshape(468, 3).astype(np.float64) / _SIDE
    logit = float(next(output for output in outputs if output.size == 1).reshape(-1)[0])
    matrix = region.matrix()
    flat = raw[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    points = np.column_stack([flat, raw[:, 2] * region.width])
    return Mesh(points, 1.0 / (1.0 + math.exp(-min(max(logit, -60.0), 60.0))), crop, region)


def around(points: Points, room: float = 1.5) -> Region:
    """The square around a mesh, turned so that the outer eye corners are level."""
    (x0, y0), (x1, y1) = points[33, :2], points[263, :2]
    angle = math.atan2(y1 - y0, x1 - x0)
    cos, sin = math.cos(angle), math.sin(angle)
    turned = points[:, :2] @ np.array([[cos, -sin], [sin, cos]])
    low, high = turned.min(axis=0), turned.max(axis=0)
    centre = (low + high) / 2
    x, y = np.array([[cos, -sin], [sin, cos]]) @ centre
    side = float((high - low).max()) * room
    return Region(float(x), float(y), side, side, angle)


def find_landmarks(engine: Engine, picture: Picture, region: Region) -> Mesh:
    """Two passes: one to find the face's own square, then the mean of slightly shifted views of it."""
    first = one_pass(engine, picture, region)
    square = around(first.points)
    views = [one_pass(engine, picture, square.shifted(*view), smooth=True) for view in _VIEWS]
    points = np.mean([view.points for view in views], axis=0)
    return Mesh(points, min(first.presence, *(view.presence for view in views)), views[0].crop, square)


def find_eyes(engine: Engine, picture: Picture, points: Points) -> tuple[Points, Points]:
    """Lids (2, 16, 2) and irises (2, 5, 2) in upright pixels, the subject's right eye first.

    Lids: nine points of the lower lid from the outer to the inner corner, then seven of the upper lid between them.
    """
    lids, irises = zip(*(_eye(engine, picture, points, corners) for corners in (_RIGHT_EYE, _LEFT_EYE)), strict=True)
    return np.stack(lids), np.stack(irises)


def _eye(engine: Engine, picture: Picture, points: Points, corners: tuple[int, int]) -> tuple[Points, Points]:
    """The network knows left eyes; a right eye is shown to it in the mirror."""
    region = _eye_region(points, corners)
    crop = cut(picture, region, _EYE_SIDE, smooth=True)
    mirrored = corners == _RIGHT_EYE
    seen = crop[:, ::-1] if mirrored else crop
    tensor: Tensor = np.ascontiguousarray(seen[None], dtype=np.float32) / 255.0
    outputs = sorted(engine.iris.run(tensor), key=lambda output: -output.size)
    matrix = region.matrix()
    found = []
    for output, count in zip(outputs, (_LID_POINTS, 5), strict=True):
        fractions = output.reshape(-1, 3)[:count, :2].astype(np.float64) / _EYE_SIDE
        if mirrored:
            fractions[:, 0] = 1.0 - fractions[:, 0]
        found.append(fractions @ matrix[:, :2].T + matrix[:, 2])
    return found[0], found[1]


def _eye_region(points: Points, corners: tuple[int, int]) -> Region:
    (x0, y0), (x1, y1) = points[corners[0], :2], points[corners[1], :2]
    if x1 < x0:  # level from the photo's left to its right, for both eyes
        (x0, y0), (x1, y1) = (x1, y1), (x0, y0)
    side = math.hypot(x1 - x0, y1 - y0) * _EYE_ROOM
    return Region((x0 + x1) / 2, (y0 + y1) / 2, side, side, math.atan2(y1 - y0, x1 - x0))
