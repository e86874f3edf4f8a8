"""Where the faces are: the short-range detector first, the full-range one where that finds nothing or misses others."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from gwansang.vision.crop import CropRegion, crop_image
from gwansang.vision.decode import DecodedImage
from gwansang.vision.face import Points
from gwansang.vision.models.runtime import Network, Networks, Tensor

_KEY_POINTS = 6  # right eye, left eye, nose tip, mouth, right ear, left ear
_SAME_FACE_OVERLAP = 0.3
_PAD = 0.35  # how much room is added around a tight crop before the second try
_CLEAR = 0.8  # upright faces score 0.84 and more; upside down ones are seen with up to 0.76, at the wrong place
_TURNED = 0.7  # how clear a face must be for a photo to be taken as lying on its side or head
_SMALL, _WINDOW = 0.15, 6.0  # a face's share of the long side, and the side of the window around it in its widths


@dataclass(frozen=True, slots=True)
class Detection:
    """score 0-1; box (x0, y0, x1, y1) and key_points (6, 2) in upright full-size pixels."""

    score: float
    box: Points
    key_points: Points

    @property
    def width(self) -> float:
        return float(self.box[2] - self.box[0])

    def region(self, scale: float = 1.5) -> CropRegion:
        """The square around the face, turned so that the eyes are level, as the mesh network was trained on."""
        right, left = self.key_points[0], self.key_points[1]
        x, y = (self.box[:2] + self.box[2:]) / 2
        side = float(max(self.box[2] - self.box[0], self.box[3] - self.box[1])) * scale
        return CropRegion(float(x), float(y), side, side, math.atan2(left[1] - right[1], left[0] - right[0]))


def _anchors(input_side: int, strides: tuple[int, ...], per_cell: tuple[int, ...]) -> Points:
    """Centres (n, 2), in fractions of the input, of fixed-size SSD anchors."""
    centres = []
    for stride, count in zip(strides, per_cell, strict=True):
        ticks = (np.arange(input_side // stride) + 0.5) * stride / input_side
        grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, count, axis=0))
    return np.concatenate(centres)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the outputs of a detector network mean."""

    anchors: Points
    min_score: float


_SHORT = _Kind(_anchors(128, (8, 16), (2, 6)), 0.5)  # 896: three of its layers share the stride of 16
_FULL = _Kind(_anchors(192, (4,), (1,)), 0.6)  # 2304


def detect_short_range(engine: Networks, picture: DecodedImage, pad: float = 0.0, turn: float = 0.0) -> list[Detection]:
    """Faces of about a fifth of the frame and more, best first; `turn` is the angle of their upright, in radians."""
    return _detect(engine.short_range, _SHORT, picture, whole_image_region(picture, pad, turn))


def detect_full_range(engine: Networks, picture: DecodedImage) -> list[Detection]:
    """Smaller faces as well; misses faces that fill the frame."""
    return _detect(engine.full_range, _FULL, picture, whole_image_region(picture))


def detect_faces(engine: Networks, picture: DecodedImage) -> list[Detection]:
    """Every face that either detector sees, largest first; empty where there is none."""
    faces = _near_faces(engine, picture)
    if _largest(faces) <= 0.4 * min(picture.width, picture.height):  # else no room is left for others of its size
        faces = _joined(faces, detect_full_range(engine, picture)) or _in_parts(engine, picture)
    if 0 < _largest(faces) < _SMALL * max(picture.width, picture.height):
        faces = _joined(faces, _around(engine, picture, max(faces, key=lambda face: face.width)))
    return sorted(faces, key=lambda face: -face.width)


def _near_faces(engine: Networks, picture: DecodedImage) -> list[Detection]:
    """Large faces; where none is seen clearly, the way up that shows the clearest one is taken for the photo's."""
    upright = _near_faces_at(engine, picture, 0.0)
    if _clearest(upright) >= _CLEAR:
        return upright
    others = [_near_faces_at(engine, picture, turn) for turn in (math.pi, math.pi / 2, -math.pi / 2)]
    best = max(others, key=_clearest)
    return best if _clearest(best) > max(_clearest(upright), _TURNED) else upright


def _near_faces_at(engine: Networks, picture: DecodedImage, turn: float) -> list[Detection]:
    return detect_short_range(engine, picture, turn=turn) or detect_short_range(engine, picture, _PAD, turn)


def _in_parts(engine: Networks, picture: DecodedImage) -> list[Detection]:
    """Faces too small to be seen in the whole frame, from overlapping windows of half its long side."""
    side = max(picture.width, picture.height) / 2
    faces: list[Detection] = []
    for x in _centres(picture.width, side):
        for y in _centres(picture.height, side):
            faces = _joined(faces, _detect(engine.full_range, _FULL, picture, CropRegion(x, y, side, side)))
    return faces


def _centres(extent: float, side: float) -> list[float]:
    """Middles of windows that cover an extent, each at least half over the next."""
    if extent <= side:
        return [extent / 2]
    count = math.ceil((extent - side) / (side / 2)) + 1
    return [float(centre) for centre in np.linspace(side / 2, extent - side / 2, count)]


def _around(engine: Networks, picture: DecodedImage, face: Detection) -> list[Detection]:
    """Neighbours of a face that is so small that a look at the whole frame misses others like it."""
    x, y = (face.box[:2] + face.box[2:]) / 2
    window = CropRegion(float(x), float(y), _WINDOW * face.width, _WINDOW * face.width)
    wide = _detect(engine.full_range, _FULL, picture, window)
    return _joined(wide, _detect(engine.short_range, _SHORT, picture, window))


def _joined(known: list[Detection], found: list[Detection]) -> list[Detection]:
    joined = list(known)
    for face in found:
        if all(_overlap(face.box, other.box) < _SAME_FACE_OVERLAP for other in joined):
            joined.append(face)
    return joined


def _clearest(faces: list[Detection]) -> float:
    return max((face.score for face in faces), default=0.0)


def _largest(faces: list[Detection]) -> float:
    return max((face.width for face in faces), default=0.0)


def whole_image_region(picture: DecodedImage, pad: float = 0.0, turn: float = 0.0) -> CropRegion:
    """The square that holds the whole picture in its middle, with `pad` of its side added around."""
    side = max(picture.width, picture.height) * (1 + pad)
    return CropRegion(picture.width / 2, picture.height / 2, side, side, turn)


def _detect(network: Network, kind: _Kind, picture: DecodedImage, region: CropRegion) -> list[Detection]:
    side = network.input_shape[1]
    image = crop_image(picture, region, side, smooth=False, beyond=cv2.BORDER_CONSTANT)
    tensor: Tensor = image[None].astype(np.float32) / 127.5 - 1.0
    boxes, logits = _boxes_and_logits(network.run(tensor))
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -100.0, 100.0)))
    hits = np.flatnonzero(scores >= kind.min_score)
    if hits.size == 0:
        return []
    merged = _merge(scores[hits], _decode_boxes(boxes[hits], kind.anchors[hits], side))
    return [_to_upright(score, points, region) for score, points in merged]


def _boxes_and_logits(outputs: list[Tensor]) -> tuple[Points, Points]:
    """The two outputs come in either order; boxes have 16 numbers an anchor, scores one."""
    boxes, logits = sorted((output[0] for output in outputs), key=lambda output: -output.shape[1])
    return boxes.astype(np.float64), logits[:, 0].astype(np.float64)


def _decode_boxes(raw: Points, anchors: Points, side: int) -> Points:
    """(n, 8, 2) fractions of the input: two box corners, then the six key points."""
    points = raw.reshape(len(raw), 2 + _KEY_POINTS, 2) / side
    centre, half = points[:, 0] + anchors, points[:, 1] / 2
    key_points = points[:, 2:] + anchors[:, None, :]
    return np.concatenate([(centre - half)[:, None], (centre + half)[:, None], key_points], axis=1)


def _merge(scores: Points, points: Points) -> list[tuple[float, Points]]:
    """Score-weighted mean of the boxes that overlap, best first (weighted non-maximum suppression)."""
    left = np.argsort(-scores, kind="stable")
    merged = []
    while left.size:
        best = points[left[0], :2].reshape(4)
        near = np.array([_overlap(best, points[index, :2].reshape(4)) > _SAME_FACE_OVERLAP for index in left])
        near[0] = True
        group = left[near]
        weights = scores[group] / scores[group].sum()
        merged.append((float(scores[group[0]]), np.tensordot(weights, points[group], axes=1)))
        left = left[~near]
    return merged


def _overlap(one: Points, other: Points) -> float:
    """Intersection over union of two boxes (x0, y0, x1, y1)."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = float(np.prod(np.clip(high - low, 0.0, None)))
    total = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])) - shared
    return shared / total if total > 0 else 0.0


def _to_upright(score: float, points: Points, region: CropRegion) -> Detection:
    matrix = region.matrix()
    upright = points @ matrix[:, :2].T + matrix[:, 2]
    corners = upright[:2]
    return Detection(score, np.concatenate([corners.min(axis=0), corners.max(axis=0)]), upright[2:])
