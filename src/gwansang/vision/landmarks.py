"""Landmarks of one face: the 468 points of the mesh, the eyelids and the irises."""

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
_RIGHT_EYE, _LEFT_EYE = (
    (33, 133),
    (263, 362),
)  # outer and inner corner; the subject's right eye is on the left of the photo
_EYE_REGION_SCALE = 2.3
_LID_POINTS = 16  # of the eye network's 71: nine along the lower lid from corner to corner, seven along the upper
_VIEW, _MIRRORED_VIEW = (0.02, 0.012, 1.03, 0.035), (-0.02, 0.012, 1.03, -0.035)
"""Shift across, shift down, scale and turn (radians) of the two views whose mean is taken. The second one is given to
the network mirrored, so that differences in its treatment of left and right cancel out."""
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_HIGHLIGHT = 0.8  # level to which the brightest twentieth of the face is scaled
_HIGHLIGHT_RANK = round(0.95 * (_SIDE // 4) ** 2)  # among every other pixel of the middle half
_LEVELS = np.arange(256, dtype=np.float32)
_MIN_HIGHLIGHT = 12.0  # of 255; limits the gain for darker faces


@dataclass(frozen=True, slots=True)
class FaceMesh:
    """points: (468, 3) in upright pixels; presence: probability of a face, 0-1; crop: (192, 192, 3) RGB of `region`."""

    points: Points
    presence: float
    crop: Pixels
    region: CropRegion


def run_mesh_network(
    networks: Networks, image: DecodedImage, region: CropRegion, *, antialias: bool = False
) -> FaceMesh:
    """Run the mesh network once on a region; without `antialias` as MediaPipe's FaceMesh does for a still photo."""
    crop = crop_image(image, region, _SIDE, antialias=antialias)
    tensor: Tensor = crop[None].astype(np.float32) / 255.0
    points, presence = _run_mesh(networks, tensor, region)
    return FaceMesh(points, presence, crop, region)


def face_region(points: Points, scale: float = 1.5) -> CropRegion:
    """Return the square of a face, level with its eyes: `scale` times the canonical face in the pose of the points.

    points: (468, 3) mesh in upright pixels, all of which count. The usual bounding box depends on the four outermost
    ones: with it, turning a photo by 20 degrees moves the landmarks many times as far. Without the pose, a turned head
    is off the centre of its square, and the network underestimates the turn by half.
    """
    posed = pose_canonical_face(points)[:, :2]
    (x0, y0), (x1, y1) = posed[33], posed[263]
    angle = math.atan2(y1 - y0, x1 - x0)
    cos, sin = math.cos(angle), math.sin(angle)
    to_level = np.array([[cos, -sin], [sin, cos]])
    level = posed @ to_level
    low, high = level.min(axis=0), level.max(axis=0)
    x, y = to_level @ ((low + high) / 2)
    side = float((high - low).max()) * scale
    return CropRegion(float(x), float(y), side, side, angle)


def find_landmarks(networks: Networks, image: DecodedImage, region: CropRegion) -> FaceMesh:
    """Return the mesh of the face in a detector's region, the mean of two runs of the network.

    Two runs find the square of the face: one on `region`, one on the square of its result. The other two are shifted
    views of that square, one of them mirrored. All but the first are antialiased and normalized in brightness.
    docs/benchmarks.md has the effect of more or fewer runs.
    """
    first = run_mesh_network(networks, image, region)
    if first.presence < 0.5:
        return first
    square = face_region(first.points)
    second, _ = _run_normalized(networks, crop_image(image, square, _SIDE, antialias=True), square)
    square = face_region(second)
    runs = []
    for view, mirrored in ((_VIEW, False), (_MIRRORED_VIEW, True)):
        shifted = square.shifted(*view)
        crop = crop_image(image, shifted, _SIDE, antialias=True)
        runs.append(_run_normalized(networks, crop, shifted, mirrored=mirrored))
    points = np.mean([points for points, _ in runs], axis=0)
    presence = min(first.presence, *(presence for _, presence in runs))
    return FaceMesh(points, presence, crop_image(image, square, _SIDE, antialias=True), square)


def _run_normalized(
    networks: Networks, crop: Pixels, region: CropRegion, *, mirrored: bool = False
) -> tuple[Points, float]:
    """Return points and presence for a crop scaled to a fixed highlight level, so that exposure moves no landmark."""
    face = crop[_SIDE // 4 : -_SIDE // 4 : 2, _SIDE // 4 : -_SIDE // 4 : 2]
    luma = (face @ _LUMA).reshape(-1)
    highlight = float(np.partition(luma, _HIGHLIGHT_RANK)[_HIGHLIGHT_RANK])
    levels = np.minimum(_LEVELS * np.float32(_HIGHLIGHT / max(highlight, _MIN_HIGHLIGHT)), 1.0)
    tensor: Tensor = cv2.LUT(crop, levels)[None].astype(np.float32, copy=False)
    if not mirrored:
        return _run_mesh(networks, tensor, region)
    points, presence = _run_mesh(networks, np.ascontiguousarray(tensor[:, :, ::-1]), None)
    points = points[canonical_face().mirror]
    points[:, 0] = 1.0 - points[:, 0]
    return _to_upright(points, region), presence


def _run_mesh(networks: Networks, tensor: Tensor, region: CropRegion | None) -> tuple[Points, float]:
    """Return points in upright pixels, or in fractions of the input if `region` is None, and presence 0-1."""
    outputs = networks.mesh.run(tensor)
    raw = next(output for output in outputs if output.size == 1404).reshape(468, 3).astype(np.float64) / _SIDE
    logit = float(next(output for output in outputs if output.size == 1).reshape(-1)[0])
    presence = 1.0 / (1.0 + math.exp(-min(max(logit, -60.0), 60.0)))
    return (raw if region is None else _to_upright(raw, region)), presence


def _to_upright(fractions: Points, region: CropRegion) -> Points:
    matrix = region.matrix()
    return np.column_stack([fractions[:, :2] @ matrix[:, :2].T + matrix[:, 2], fractions[:, 2] * region.width])


def find_eyes(networks: Networks, image: DecodedImage, points: Points) -> tuple[Points, Points]:
    """Return lids (2, 16, 2) and irises (2, 5, 2) in upright pixels, the subject's right eye first.

    points: (468, 3) mesh in upright pixels. Lids are nine points of the lower lid from the outer to the inner corner,
    then seven of the upper lid between them; irises are the centre and four rim points.
    """
    lids, irises = zip(
        *(_find_eye(networks, image, points, corners) for corners in (_RIGHT_EYE, _LEFT_EYE)), strict=True
    )
    return np.stack(lids), np.stack(irises)


def _find_eye(
    networks: Networks, image: DecodedImage, points: Points, corners: tuple[int, int]
) -> tuple[Points, Points]:
    """Return the lids and the iris of one eye; the left eye is mirrored, as the network expects the right one."""
    region = _eye_region(points, corners)
    crop = crop_image(image, region, _EYE_SIDE, antialias=True)
    mirrored = corners == _LEFT_EYE
    oriented = crop[:, ::-1] if mirrored else crop
    tensor: Tensor = np.ascontiguousarray(oriented[None], dtype=np.float32) / 255.0
    outputs = sorted(networks.iris.run(tensor), key=lambda output: -output.size)
    matrix = region.matrix()
    contours = []
    for output, count in zip(outputs, (_LID_POINTS, 5), strict=True):
        fractions = output.reshape(-1, 3)[:count, :2].astype(np.float64) / _EYE_SIDE
        if mirrored:
            fractions[:, 0] = 1.0 - fractions[:, 0]
        contours.append(fractions @ matrix[:, :2].T + matrix[:, 2])
    return contours[0], contours[1]


def _eye_region(points: Points, corners: tuple[int, int]) -> CropRegion:
    (x0, y0), (x1, y1) = points[corners[0], :2], points[corners[1], :2]
    if x1 < x0:  # from the photo's left to its right, for both eyes
        (x0, y0), (x1, y1) = (x1, y1), (x0, y0)
    side = math.hypot(x1 - x0, y1 - y0) * _EYE_REGION_SCALE
    return CropRegion((x0 + x1) / 2, (y0 + y1) / 2, side, side, math.atan2(y1 - y0, x1 - x0))
