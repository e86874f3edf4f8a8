"""The 468 mesh points and the eyelids of one face."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from gwansang.vision.crop import CropRegion, crop_image
from gwansang.vision.decode import DecodedImage, Pixels
from gwansang.vision.face import Points
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Networks, Tensor
from gwansang.vision.pose import pose_canonical_face

_SIDE = 192
_EYE_SIDE = 64
_RIGHT_EYE, _LEFT_EYE = (33, 133), (263, 362)  # outer and inner corner; the subject's right stands left in the photo
_EYE_ROOM = 2.3
_LID_POINTS = 16  # of the eye network's 71: nine along the lower lid from corner to corner, seven along the upper
_VIEW, _MIRRORED_VIEW = (0.02, 0.012, 1.03, 0.035), (-0.02, 0.012, 1.03, -0.035)
"""Shift across, shift down, scale, turn (radians) of the two views whose mean is taken. The second, seen in the mirror,
is the first one's twin: what the network does differently to left and right cancels out."""
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_HIGHLIGHT = 0.8  # where the brightest twentieth of the face is brought to
_BRIGHTEST = round(0.95 * (_SIDE // 4) ** 2)  # of every other pixel of the middle half
_LEVELS = np.arange(256, dtype=np.float32)
_DARKEST = 12.0  # of 255; a darker face is not lifted further than from there


@dataclass(frozen=True, slots=True)
class FaceMesh:
    """points (468, 3) upright pixels; presence 0-1; crop: the 192 px view of `region`, upright RGB."""

    points: Points
    presence: float
    crop: Pixels
    region: CropRegion


def run_mesh_network(engine: Networks, picture: DecodedImage, region: CropRegion, *, smooth: bool = False) -> FaceMesh:
    """The mesh network once on one region; unsmoothed it is what MediaPipe's FaceMesh does with a still photo."""
    crop = crop_image(picture, region, _SIDE, smooth=smooth)
    tensor: Tensor = crop[None].astype(np.float32) / 255.0
    points, presence = _mesh(engine, tensor, region)
    return FaceMesh(points, presence, crop, region)


def face_region(points: Points, room: float = 1.5) -> CropRegion:
    """The square of a face, level with its eyes: around the canonical face in the pose of the (468, 3) points.

    All points have a say in it. The usual bounding box hangs on the four outermost ones: with it, turning a photo by
    20 degrees moves the landmarks many times as far. Without the pose, a turned head would stand beside the middle of
    its square, and the network would see it turned half as far.
    """
    posed = pose_canonical_face(points)[:, :2]
    (x0, y0), (x1, y1) = posed[33], posed[263]
    angle = math.atan2(y1 - y0, x1 - x0)
    cos, sin = math.cos(angle), math.sin(angle)
    to_level = np.array([[cos, -sin], [sin, cos]])
    level = posed @ to_level
    low, high = level.min(axis=0), level.max(axis=0)
    x, y = to_level @ ((low + high) / 2)
    side = float((high - low).max()) * room
    return CropRegion(float(x), float(y), side, side, angle)


def find_landmarks(engine: Networks, picture: DecodedImage, region: CropRegion) -> FaceMesh:
    """Four looks: the detector's region, the face's own square, then two shifted views of that, one in the mirror.

    Every look after the first is evenly lit and area-filtered. docs/benchmarks.md has what more or fewer would change.
    """
    first = run_mesh_network(engine, picture, region)
    if first.presence < 0.5:
        return first  # no face: nothing to look at more closely
    nearer = face_region(first.points)
    rough, _ = _evenly_lit(engine, crop_image(picture, nearer, _SIDE, smooth=True), nearer)
    square = face_region(rough)
    looks = []
    for view, mirrored in ((_VIEW, False), (_MIRRORED_VIEW, True)):
        seen = square.shifted(*view)
        crop = crop_image(picture, seen, _SIDE, smooth=True)
        looks.append(_evenly_lit(engine, crop, seen, mirrored=mirrored))
    points = np.mean([places for places, _ in looks], axis=0)
    presence = min(first.presence, *(sure for _, sure in looks))
    return FaceMesh(points, presence, crop_image(picture, square, _SIDE, smooth=True), square)


def _evenly_lit(engine: Networks, crop: Pixels, region: CropRegion, *, mirrored: bool = False) -> tuple[Points, float]:
    """Points and presence from a view with its highlights brought to one level, so that exposure moves no landmark."""
    face = crop[_SIDE // 4 : -_SIDE // 4 : 2, _SIDE // 4 : -_SIDE // 4 : 2]
    luma = (face @ _LUMA).reshape(-1)
    highlight = float(np.partition(luma, _BRIGHTEST)[_BRIGHTEST])
    levels = np.minimum(_LEVELS * np.float32(_HIGHLIGHT / max(highlight, _DARKEST)), 1.0)
    tensor: Tensor = cv2.LUT(crop, levels)[None].astype(np.float32, copy=False)
    if not mirrored:
        return _mesh(engine, tensor, region)
    points, presence = _mesh(engine, np.ascontiguousarray(tensor[:, :, ::-1]), None)
    points = points[canonical_face().mirror]
    points[:, 0] = 1.0 - points[:, 0]
    return _placed(points, region), presence


def _mesh(engine: Networks, tensor: Tensor, region: CropRegion | None) -> tuple[Points, float]:
    """Points in upright pixels, or in fractions of the view where no region is given; and their presence 0-1."""
    outputs = engine.mesh.run(tensor)
    raw = next(output for output in outputs if output.size == 1404).reshape(468, 3).astype(np.float64) / _SIDE
    logit = float(next(output for output in outputs if output.size == 1).reshape(-1)[0])
    presence = 1.0 / (1.0 + math.exp(-min(max(logit, -60.0), 60.0)))
    return (raw if region is None else _placed(raw, region)), presence


def _placed(fractions: Points, region: CropRegion) -> Points:
    matrix = region.matrix()
    return np.column_stack([fractions[:, :2] @ matrix[:, :2].T + matrix[:, 2], fractions[:, 2] * region.width])


def find_eyes(engine: Networks, picture: DecodedImage, points: Points) -> tuple[Points, Points]:
    """Lids (2, 16, 2) and irises (2, 5, 2) in upright pixels, the subject's right eye first.

    Lids: nine points of the lower lid from the outer to the inner corner, then seven of the upper lid between them.
    """
    lids, irises = zip(*(_eye(engine, picture, points, corners) for corners in (_RIGHT_EYE, _LEFT_EYE)), strict=True)
    return np.stack(lids), np.stack(irises)


def _eye(engine: Networks, picture: DecodedImage, points: Points, corners: tuple[int, int]) -> tuple[Points, Points]:
    """The network knows the eye on the photo's left, the subject's right; the other one is shown to it mirrored."""
    region = _eye_region(points, corners)
    crop = crop_image(picture, region, _EYE_SIDE, smooth=True)
    mirrored = corners == _LEFT_EYE
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


def _eye_region(points: Points, corners: tuple[int, int]) -> CropRegion:
    (x0, y0), (x1, y1) = points[corners[0], :2], points[corners[1], :2]
    if x1 < x0:  # level from the photo's left to its right, for both eyes
        (x0, y0), (x1, y1) = (x1, y1), (x0, y0)
    side = math.hypot(x1 - x0, y1 - y0) * _EYE_ROOM
    return CropRegion((x0 + x1) / 2, (y0 + y1) / 2, side, side, math.atan2(y1 - y0, x1 - x0))
