"""Distances, heights and angles on a frontal mesh; left and right are averaged.

A mesh here is 468 points as nested floats: x to the subject's left, y up, z towards the camera.
"""

import math
from collections.abc import Sequence

Point = Sequence[float]
Mesh = Sequence[Point]

RIGHT_EYE = (33, 133)  # outer and inner corner
LEFT_EYE = (263, 362)


def width(mesh: Mesh, a: int, b: int) -> float:
    """Return the distance of two vertices in the frontal plane; the depth of the mesh is a model's guess."""
    return math.hypot(mesh[a][0] - mesh[b][0], mesh[a][1] - mesh[b][1])


def height(mesh: Mesh, upper: int, lower: int) -> float:
    """Return the height of `upper` above `lower`; negative if it is below."""
    return mesh[upper][1] - mesh[lower][1]


def eye_width(mesh: Mesh) -> float:
    """Return the mean width of both eyes, from corner to corner."""
    return (width(mesh, *RIGHT_EYE) + width(mesh, *LEFT_EYE)) / 2


def angle_deg(mesh: Mesh, a: int, corner: int, b: int) -> float:
    """Return the angle at `corner` between `a` and `b` in the frontal plane, in degrees."""
    ax, ay = mesh[a][0] - mesh[corner][0], mesh[a][1] - mesh[corner][1]
    bx, by = mesh[b][0] - mesh[corner][0], mesh[b][1] - mesh[corner][1]
    return math.degrees(abs(math.atan2(ax * by - ay * bx, ax * bx + ay * by)))


def rise_deg(mesh: Mesh, inner: int, outer: int) -> float:
    """Return the rise of the line from `inner` to `outer` towards the side of the face, in degrees."""
    across = abs(mesh[outer][0] - mesh[inner][0])
    return math.degrees(math.atan2(mesh[outer][1] - mesh[inner][1], across))


def arch(mesh: Mesh, tail: int, peak: int, head: int) -> float:
    """Return the rise of `peak` above the chord from `head` to `tail` in the frontal plane, as a share of the chord."""
    hx, hy = mesh[head][0], mesh[head][1]
    cx, cy = mesh[tail][0] - hx, mesh[tail][1] - hy
    px, py = mesh[peak][0] - hx, mesh[peak][1] - hy
    chord = math.hypot(cx, cy)
    side = 1.0 if cx > 0 else -1.0
    return side * (cx * py - cy * px) / (chord * chord)


def corner_rise_deg(mesh: Mesh) -> float:
    """Return the height of the mouth's corners above its inner middle, as an angle over half its width, in degrees."""
    corners = (mesh[61][1] + mesh[291][1]) / 2
    middle = (mesh[13][1] + mesh[14][1]) / 2
    return math.degrees(math.atan2(corners - middle, width(mesh, 61, 291) / 2))


def brow_overhang(mesh: Mesh) -> float:
    """Return the reach of the brow tails beyond the outer eye corners, in eye widths."""
    brow_span = mesh[300][0] - mesh[70][0]
    eye_span = mesh[263][0] - mesh[33][0]
    return (brow_span - eye_span) / 2 / eye_width(mesh)


def lip_height(mesh: Mesh) -> float:
    """Return the height of both lips without the gap between them."""
    return height(mesh, 0, 13) + height(mesh, 14, 17)


def root_depth(mesh: Mesh) -> float:
    """Return the depth of the nose root in front of the inner eye corners, over their distance."""
    corners = (mesh[133][2] + mesh[362][2]) / 2
    return (mesh[168][2] - corners) / width(mesh, 133, 362)


def zone_share(mesh: Mesh, upper: int, lower: int) -> float:
    """Return the logarithm of a zone's share of the height from the mesh's top (10) to the chin (152)."""
    return math.log(height(mesh, upper, lower) / height(mesh, 10, 152))
