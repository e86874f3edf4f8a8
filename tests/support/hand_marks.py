"""A drawn face as 189 hand-marked points, with measures that are easy to compute."""

import math

import numpy as np
from numpy.typing import NDArray

# of the picture's left half, x from the middle, y up, by point and its mirror image
HALF = {
    (18, 27): (-100, 4), (22, 23): (-40, 0), (20, 25): (-70, 12), (29, 32): (-70, -12),
    (71, 82): (-120, 40), (73, 80): (-80, 60), (75, 78): (-20, 50), (76, 77): (-20, 30), (84, 85): (-70, 42),
    (62, 68): (-30, -100), (63, 67): (-30, -100), (87, 93): (-50, -160), (89, 91): (-12, -140),
    (110, 113): (-150, 0), (111, 114): (-140, -50), (126, 132): (-120, -150), (128, 130): (-40, -250),
}  # fmt: skip
MIDDLE = {50: -10, 56: -10, 55: -110, 90: -145, 96: -165, 101: -165, 106: -195, 129: -260}


def drawn_marks(scale: float = 1.0, turn_deg: float = 0.0, stretch: float = 1.0) -> NDArray[np.float64]:
    """Return (189, 2) pixels of the drawn face, x right, y down; stretch: of its width."""
    points = np.zeros((189, 2))
    for (left, right), (x, y) in HALF.items():
        points[left], points[right] = (x * stretch, y), (-x * stretch, y)
    for point, y in MIDDLE.items():
        points[point] = (0, y)
    angle = math.radians(turn_deg)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return scale * (points * (1, -1)) @ turn.T + (500, 400)


def template(points: NDArray[np.float64]) -> str:
    """Return points as the text of a `.tem` file, with a line that joins the first two."""
    lines = [str(len(points)), *(f"{x} {y}" for x, y in points.tolist()), "1", "0", "2", "0 1"]
    return "\n".join(lines)
