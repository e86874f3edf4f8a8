"""Warp of a picture that moves given pixels to given places, by thin plates of |r| (Bookstein 1989)."""

import cv2
import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points

_GRID = 72  # nodes of the field of shifts along each side
_FRAME_NODES = 7  # fixed points along each side of the picture
_SMOOTHING = 0.1
_INVERSION_ROUNDS = 12


class PictureWarp:
    """Warp of a picture of `width` by `height` that moves (n, 2) source pixels to the target; its frame stays."""

    def __init__(self, width: int, height: int, source: Points, target: Points) -> None:
        frame = _frame(width, height)
        self._size = width, height
        self._knots = np.vstack([target, frame])
        shifts = np.vstack([source - target, np.zeros_like(frame)])
        bending = -_distances(self._knots, self._knots) - _SMOOTHING * np.eye(len(self._knots))
        self._weights = np.linalg.solve(bending, shifts)

    def move_picture(self, image: Pixels) -> Pixels:
        """Return the warped (height, width, 3) picture."""
        width, height = self._size
        ticks = (np.arange(_GRID) + 0.5) / _GRID
        nodes = np.stack(np.meshgrid(ticks * width, ticks * height), axis=-1).reshape(-1, 2)
        field = self._shift(nodes).reshape(_GRID, _GRID, 2).astype(np.float32)
        field = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        moved = cv2.remap(
            image, columns + field[..., 0], rows + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return moved.astype(np.uint8, copy=False)

    def move_points(self, points: Points) -> Points:
        """Return the (n, 2) pixels at which the warped picture shows `points` of the original, by fixed-point steps."""
        moved = points
        for _ in range(_INVERSION_ROUNDS):
            moved = points - self._shift(moved)
        return moved

    def _shift(self, places: Points) -> Points:
        """Return the (n, 2) vectors from places of the warped picture to what they show in the original."""
        shift: Points = -_distances(places, self._knots) @ self._weights
        return shift


def _frame(width: int, height: int) -> Points:
    nodes = np.linspace(0.0, 1.0, _FRAME_NODES)
    grid = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    frame: Points = grid[np.isin(grid, (0.0, 1.0)).any(axis=1)] * (width, height)
    return frame


def _distances(first: Points, second: Points) -> Points:
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    distances: Points = np.sqrt(np.maximum(squares, 0.0))
    return distances
