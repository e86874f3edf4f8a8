"""Points of the hand template found in the picture: a start from the mesh, then ridge steps on sampled channels.

Cascaded regression (Xiong & De la Torre 2013). Sampling and dot products only, so that a browser can run the same
kernel from the same weights. A point and its counterpart share one model: the left half is read in the mirror.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.face import Points
from gwansang.vision.measuring.channels import CHANNELS, MIRRORED_CHANNELS, WIDTH, Maps, sample_channels
from gwansang.vision.measuring.template import MIDLINE_MODELS, MODELS, POINT_COUNT, TWINS, mirror_points
from gwansang.vision.mesh import mirrored_landmarks

GRID = 5  # samples a side
START_VERTICES = 6  # nearest vertices whose mean a point starts from
_REACH, _OUTLINE_REACH = 7.0, 12.0  # crop pixels from the middle of a grid to its edge; cross-validated, see the docs
_OUTLINE = frozenset({109, 110, 111, 125, 126, 127, 128, 129, 136, 137, 138, 139})
_SHAPE_UNIT = 10.0  # crop pixels


@dataclass(frozen=True, slots=True)
class RidgeStep:
    """weights: (40, features, 2); bias: (40, 2): a shift in crop pixels for each model."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def shift(self, features: NDArray[np.float32]) -> Points:
        """Return the shifts (2, 40, 2) of (2, 40, features)."""
        moved: Points = np.matmul(features.swapaxes(0, 1), self.weights).swapaxes(0, 1) + self.bias
        return moved


@dataclass(frozen=True, slots=True)
class Cascade:
    """near: (40, k) vertices nearest to each point, nearest first; start: from the mesh; steps: on the picture."""

    near: NDArray[np.intp]
    start: RidgeStep
    steps: tuple[RidgeStep, ...]

    def find_without_picture(self, mesh: Points) -> Points:
        """Return (189, 2) crop pixels from a (478, 2) mesh in crop pixels alone."""
        return join_halves(self._begin(mesh))

    def find(self, maps: Maps, mesh: Points) -> Points:
        """Return (189, 2) crop pixels, NaN for points without a model, from channels and a (478, 2) mesh."""
        places = self._begin(mesh)
        for step in self.steps:
            places = places + step.shift(sample_grids(maps, places))
        return join_halves(places)

    def _begin(self, mesh: Points) -> Points:
        places, shapes = start_places(both_halves(mesh), self.near)
        return places + self.start.shift(shapes)


def both_halves(mesh: Points) -> Points:
    """Return (2, 478, 2): a crop's mesh (478, 2), and the mesh of the mirrored crop."""
    return np.stack([mesh, mirror_points(mesh[mirrored_landmarks()], WIDTH)])


def start_places(halves: Points, near: NDArray[np.intp]) -> tuple[Points, NDArray[np.float32]]:
    """Return means of the nearest vertices (..., 2) and local shapes (..., 2k) of (..., 478, 2) meshes.

    near: (k,) or (models, k) vertices, which gives (..., models, 2) and (..., models, 2k).
    """
    around = halves.take(near, axis=-2)
    mean = around[..., :START_VERTICES, :].mean(axis=-2)
    shape = (around - mean[..., None, :]) / _SHAPE_UNIT
    return mean, shape.reshape(*mean.shape[:-1], -1).astype(np.float32)


def _grid_offsets() -> Points:
    ticks = np.linspace(-1.0, 1.0, GRID)
    square = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    reach = np.array([_OUTLINE_REACH if model in _OUTLINE else _REACH for model in MODELS])
    return reach[:, None, None] * square


GRID_OFFSETS = _grid_offsets()
"""(40, 25, 2) offsets of the samples in crop pixels, row by row."""


def sample_grids(maps: Maps, places: Points) -> NDArray[np.float32]:
    """Return the channels around (2, 40, 2) places, those of the second half in the mirror: (2, 40, features)."""
    grids = places[:, :, None] + GRID_OFFSETS
    grids[1] = mirror_points(grids[1], WIDTH)
    values = sample_channels(maps, grids)
    values[1] = values[1][..., MIRRORED_CHANNELS]
    return values.reshape(2, len(MODELS), GRID * GRID * CHANNELS)


def join_halves(places: Points) -> Points:
    """Return (189, 2) points of (2, 40, 2) places of both halves; a midline point is the mean of its two."""
    points = np.full((POINT_COUNT, 2), np.nan)
    mirrored, middle = mirror_points(places[1], WIDTH), list(MIDLINE_MODELS)
    points[list(TWINS)] = mirrored
    points[list(MODELS)] = places[0]
    points[[MODELS[model] for model in middle]] = (places[0, middle] + mirrored[middle]) / 2
    return points
