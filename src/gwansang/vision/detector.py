"""Face detection: the short-range network first, the full-range one if that finds nothing or leaves a doubt."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from gwansang.vision.crop import CropRegion, crop_image
from gwansang.vision.decode import DecodedImage
from gwansang.vision.face import Points
from gwansang.vision.models.runtime import Network, Networks, SharedNetwork, Tensor

_KEY_POINTS = 6  # right eye, left eye, nose tip, mouth, right ear, left ear
_MIRRORED_KEY_POINTS = [1, 0, 2, 3, 5, 4]
_SAME_FACE_OVERLAP = 0.3
RETRY_PADDING = 0.35  # of the side, added around a tightly cropped photo for the second attempt
_UPRIGHT_SCORE = 0.8  # upright faces score 0.84 and more; upside-down ones up to 0.76, at a wrong position
_ROTATED_SCORE = 0.7  # minimum for a photo to be taken as lying on its side or upside down
_SMALL_FACE = 0.15  # of the long side
_TRACE_SCORE = 0.05  # a lower score somewhere else in the picture is no doubt about another face (docs/benchmarks.md)
HELD_SHARE = 0.6  # of the smaller box: so much of it lies in the larger one if both are of one face
_FILLING_FACE = 0.4  # of the short side: a larger face leaves no room for another of its size
_WINDOW = 6.0  # side of the window around a small face, in widths of the face


@dataclass(frozen=True, slots=True)
class Detection:
    """score 0-1; box (x0, y0, x1, y1) and key_points (6, 2) in upright full-size pixels."""

    score: float
    box: Points
    key_points: Points

    @property
    def width(self) -> float:
        return float(self.box[2] - self.box[0])

    def mirrored(self, width: int) -> "Detection":
        """Return the face in the mirror image of a picture `width` pixels wide."""
        x0, y0, x1, y1 = self.box
        points = self.key_points[_MIRRORED_KEY_POINTS] * (-1.0, 1.0) + (width - 1.0, 0.0)
        return Detection(self.score, np.array([width - 1 - x1, y0, width - 1 - x0, y1]), points)

    def region(self, scale: float = 1.5) -> CropRegion:
        """Return the square around the face, turned so that the eyes are level, as the mesh network expects it."""
        right, left = self.key_points[0], self.key_points[1]
        x, y = (self.box[:2] + self.box[2:]) / 2
        side = float(max(self.box[2] - self.box[0], self.box[3] - self.box[1])) * scale
        return CropRegion(float(x), float(y), side, side, math.atan2(left[1] - right[1], left[0] - right[0]))

    def moved(self, matrix: Points) -> "Detection":
        """Return the detection under a (2, 3) affine that keeps the directions of the image's sides."""
        corners, points = self.box.reshape(2, 2), self.key_points
        box = corners @ matrix[:, :2].T + matrix[:, 2]
        return Detection(self.score, box.ravel(), points @ matrix[:, :2].T + matrix[:, 2])


def _anchors(input_side: int, strides: tuple[int, ...], per_cell: tuple[int, ...]) -> Points:
    """Return the centres (n, 2) of fixed-size SSD anchors, in fractions of the input."""
    centres = []
    for stride, count in zip(strides, per_cell, strict=True):
        ticks = (np.arange(input_side // stride) + 0.5) * stride / input_side
        grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, count, axis=0))
    return np.concatenate(centres)


@dataclass(frozen=True, slots=True)
class _DetectorSpec:
    """Anchors and score threshold of a detector network."""

    anchors: Points
    min_score: float


_SHORT = _DetectorSpec(_anchors(128, (8, 16), (2, 6)), 0.5)  # 896: three of its layers share the stride of 16
_FULL = _DetectorSpec(_anchors(192, (4,), (1,)), 0.6)  # 2304


@dataclass(frozen=True, slots=True)
class _Sighting:
    """The faces that a network is sure of, best first, and whether it sees a trace of another one elsewhere."""

    faces: list[Detection]
    is_doubtful: bool


def detect_short_range(networks: Networks, image: DecodedImage, pad: float = 0.0, turn: float = 0.0) -> list[Detection]:
    """Return the faces of about a fifth of the image and more, best first.

    pad: room added around the image, in fractions of its side; turn: rotation of the image in radians.
    """
    return run_short_range(networks.short_range, image, pad, turn)


def run_short_range(network: Network, image: DecodedImage, pad: float = 0.0, turn: float = 0.0) -> list[Detection]:
    """Return what any short-range network detects, best first; pad and turn as in `detect_short_range`."""
    return _look(network, _SHORT, image, whole_image_region(image, pad, turn)).faces


def detect_full_range(networks: Networks, image: DecodedImage, turn: float = 0.0) -> list[Detection]:
    """Return the faces including small ones, best first; misses faces that fill the image."""
    return _detect(networks.full_range, _FULL, image, whole_image_region(image, turn=turn))


def detect_in_windows(networks: Networks, image: DecodedImage, turn: float = 0.0) -> list[Detection]:
    """Return what the short-range network detects in overlapping windows of half the long side of the image."""
    windows = [CropRegion(x, y, side, side, turn) for x, y, side in _windows(image)]
    return [face for window in windows for face in detect_in_window(networks, image, window)]


def detect_in_window(networks: Networks, image: DecodedImage, window: CropRegion) -> list[Detection]:
    """Return what the short-range network detects in one part of the image, best first."""
    return _detect(networks.short_range, _SHORT, image, window)


def detect_faces(networks: Networks, image: DecodedImage) -> list[Detection]:
    """Return every face that the networks detect, largest first.

    The full-range network, which costs three times the other, is asked where the other one found no face, only small
    ones, or a trace of another; not beside a face that leaves no room for another of its size.
    """
    large = _look_for_large(networks, image)
    faces, width = large.faces, _max_width(large.faces)
    short_side, long_side = sorted((image.width, image.height))
    if width < _SMALL_FACE * long_side or (large.is_doubtful and width <= _FILLING_FACE * short_side):
        faces = _merge_faces(faces, detect_full_range(networks, image)) or _detect_small(networks, image)
    if 0 < _max_width(faces) < _SMALL_FACE * long_side:
        faces = _merge_faces(faces, _detect_around(networks, image, max(faces, key=lambda face: face.width)))
    return sorted(faces, key=lambda face: -face.width)


def _look_for_large(networks: Networks, image: DecodedImage) -> _Sighting:
    """Return large faces; if none scores high, those of the image rotation with the highest score."""
    upright = _look_for_large_rotated(networks, image, 0.0)
    if _max_score(upright.faces) >= _UPRIGHT_SCORE:
        return upright
    others = [_look_for_large_rotated(networks, image, turn) for turn in (math.pi, math.pi / 2, -math.pi / 2)]
    best = max(others, key=lambda sighting: _max_score(sighting.faces))
    is_better = _max_score(best.faces) > max(_max_score(upright.faces), _ROTATED_SCORE)
    return best if is_better else upright


def _look_for_large_rotated(networks: Networks, image: DecodedImage, turn: float) -> _Sighting:
    whole = _look(networks.short_range, _SHORT, image, whole_image_region(image, turn=turn))
    if whole.faces:
        return whole
    return _look(networks.short_range, _SHORT, image, whole_image_region(image, RETRY_PADDING, turn))


def _detect_small(networks: Networks, image: DecodedImage) -> list[Detection]:
    """Return faces too small for detection in the whole image, from overlapping windows."""
    faces: list[Detection] = []
    for x, y, side in _windows(image):
        faces = _merge_faces(faces, _detect(networks.full_range, _FULL, image, CropRegion(x, y, side, side)))
    return faces


def _windows(image: DecodedImage) -> list[tuple[float, float, float]]:
    """Return centre and side of overlapping windows of half the long side of the image."""
    side = max(image.width, image.height) / 2
    return [(x, y, side) for x in _window_centres(image.width, side) for y in _window_centres(image.height, side)]


def _window_centres(extent: float, side: float) -> list[float]:
    """Return the centres of windows that cover an extent, each overlapping the next by at least half."""
    if extent <= side:
        return [extent / 2]
    count = math.ceil((extent - side) / (side / 2)) + 1
    return [float(centre) for centre in np.linspace(side / 2, extent - side / 2, count)]


def _detect_around(networks: Networks, image: DecodedImage, face: Detection) -> list[Detection]:
    """Return the neighbours of a face so small that others of its size are missed in the whole image."""
    x, y = (face.box[:2] + face.box[2:]) / 2
    window = CropRegion(float(x), float(y), _WINDOW * face.width, _WINDOW * face.width)
    faces = _detect(networks.full_range, _FULL, image, window)
    return _merge_faces(faces, _detect(networks.short_range, _SHORT, image, window))


def _merge_faces(faces: list[Detection], others: list[Detection]) -> list[Detection]:
    """Return `faces` and those of `others` that overlap none of them."""
    merged = list(faces)
    for face in others:
        if all(_overlap(face.box, other.box) < _SAME_FACE_OVERLAP for other in merged):
            merged.append(face)
    return merged


def _max_score(faces: list[Detection]) -> float:
    return max((face.score for face in faces), default=0.0)


def _max_width(faces: list[Detection]) -> float:
    return max((face.width for face in faces), default=0.0)


def whole_image_region(image: DecodedImage, pad: float = 0.0, turn: float = 0.0) -> CropRegion:
    """Return the square with the whole image in its centre, enlarged by `pad` of its side and turned by radians.

    A lying or mirrored image and one of half the size give the same pixels.
    """
    side = max(image.width, image.height) * (1 + pad)
    return CropRegion((image.width - 1) / 2, (image.height - 1) / 2, side, side, turn)


def _detect(
    network: Network | SharedNetwork, spec: _DetectorSpec, image: DecodedImage, region: CropRegion
) -> list[Detection]:
    return _look(network, spec, image, region).faces


def _look(network: Network | SharedNetwork, spec: _DetectorSpec, image: DecodedImage, region: CropRegion) -> _Sighting:
    side = network.input_shape[1]
    crop = crop_image(image, region, side, antialias=False, border_mode=cv2.BORDER_CONSTANT)
    tensor: Tensor = crop[None].astype(np.float32) / 127.5 - 1.0
    boxes, logits = _split_outputs(network.run(tensor))
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -100.0, 100.0)))
    seen = np.flatnonzero(scores >= _TRACE_SCORE)
    points = _decode_boxes(boxes[seen], spec.anchors[seen], side)
    hits = np.flatnonzero(scores[seen] >= spec.min_score)
    merged = _suppress(scores[seen][hits], points[hits])
    faces = [_to_upright(score, of_face, region) for score, of_face in merged]
    return _Sighting(faces, _is_elsewhere(points[:, :2].reshape(-1, 4), [of_face[:2].ravel() for _, of_face in merged]))


def _is_elsewhere(boxes: Points, faces: list[Points]) -> bool:
    """Return whether one of the boxes (n, 4) is of none of the faces."""
    elsewhere = np.ones(len(boxes), bool)
    for face in faces:
        lengths = np.minimum(boxes[:, 2:], face[2:]) - np.maximum(boxes[:, :2], face[:2])
        shared = np.prod(np.maximum(lengths, 0.0), axis=1)
        smaller = np.minimum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), np.prod(face[2:] - face[:2]))
        elsewhere &= shared < HELD_SHARE * smaller
    return bool(elsewhere.any())


def _split_outputs(outputs: list[Tensor]) -> tuple[Points, Points]:
    """Return boxes (n, 16) and logits (n,) of the two outputs, which come in either order."""
    boxes, logits = sorted((output[0] for output in outputs), key=lambda output: -output.shape[1])
    return boxes.astype(np.float64), logits[:, 0].astype(np.float64)


def _decode_boxes(raw: Points, anchors: Points, side: int) -> Points:
    """Return (n, 8, 2) fractions of the input: two box corners, then the six key points."""
    points = raw.reshape(len(raw), 2 + _KEY_POINTS, 2) / side
    centre, half = points[:, 0] + anchors, points[:, 1] / 2
    key_points = points[:, 2:] + anchors[:, None, :]
    return np.concatenate([(centre - half)[:, None], (centre + half)[:, None], key_points], axis=1)


def _suppress(scores: Points, points: Points) -> list[tuple[float, Points]]:
    """Return the score-weighted mean of overlapping boxes, best first (weighted non-maximum suppression)."""
    remaining = np.argsort(-scores, kind="stable")
    merged = []
    while remaining.size:
        best = points[remaining[0], :2].reshape(4)
        near = np.array([_overlap(best, points[index, :2].reshape(4)) > _SAME_FACE_OVERLAP for index in remaining])
        near[0] = True
        group = remaining[near]
        weights = scores[group] / scores[group].sum()
        merged.append((float(scores[group[0]]), np.tensordot(weights, points[group], axes=1)))
        remaining = remaining[~near]
    return merged


def _overlap(box: Points, other: Points) -> float:
    """Return the intersection over union of two boxes (x0, y0, x1, y1)."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = box.tolist(), other.tolist()
    width, height = min(ax1, bx1) - max(ax0, bx0), min(ay1, by1) - max(ay0, by0)
    intersection: float = max(width, 0.0) * max(height, 0.0)
    union: float = (ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - intersection
    return intersection / union if union > 0 else 0.0


def _to_upright(score: float, points: Points, region: CropRegion) -> Detection:
    matrix = region.matrix()
    upright = points @ matrix[:, :2].T + matrix[:, 2]
    half = np.abs(points[1] - points[0]) * (region.width, region.height) / 2
    if abs(math.sin(region.angle)) > abs(math.cos(region.angle)):
        half = half[::-1]
    centre = (upright[0] + upright[1]) / 2
    return Detection(score, np.concatenate([centre - half, centre + half]), upright[2:])
