"""Drawing of a reading's measured lines on the upright photo, with a label per part beside the face."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.cli.failure import CommandError
from gwansang.schemas.analysis import FaceReading, OverlayOut, PartOut
from gwansang.vision.decode import decode_image
from gwansang.vision.gates.headers import inspect_image

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Color = tuple[int, int, int]

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_SUBPIXEL_BITS = 4
_FONT = cv2.FONT_HERSHEY_DUPLEX
_CASING: Color = (28, 24, 22)
_WHITE: Color = (255, 255, 255)
# RGB; neighbours on the face are far apart in hue
_PALETTE: tuple[Color, ...] = (
    (255, 209, 102),
    (6, 214, 160),
    (76, 201, 240),
    (255, 107, 107),
    (181, 131, 255),
    (255, 159, 28),
    (144, 224, 90),
    (255, 133, 192),
    (58, 134, 255),
    (229, 229, 90),
    (64, 224, 208),
    (255, 120, 60),
    (200, 170, 255),
    (120, 200, 120),
    (240, 240, 240),
)


@dataclass(frozen=True, slots=True)
class _Label:
    """Name of a part, the point that its line leads to, and their colour."""

    text: str
    anchor: tuple[float, float]
    color: Color


def draw_overlay(photo: bytes, reading: FaceReading, suffix: str) -> bytes:
    """Return the upright photo with the reading's lines as an image of the suffix's kind; raises CommandError."""
    if suffix.lower() not in SUFFIXES:
        raise CommandError(f"--overlay writes {', '.join(SUFFIXES)}; {suffix or 'a name without a suffix'} is none.")
    canvas = _upright(photo)
    unit = _unit(canvas, reading)
    for thick in (False, True):  # key reasons last: they may share a line with another part's lesser reason
        for number, part in enumerate(reading.parts_analysis.values()):
            _draw_part(canvas, part, _color(number), unit, thick)
    canvas = _draw_labels(canvas, _labels(canvas, reading), _face_box(canvas, reading), unit)
    _, encoded = cv2.imencode(suffix, cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()


def _upright(photo: bytes) -> Pixels:
    picture = decode_image(inspect_image(photo))
    size = (picture.width, picture.height)
    # Quarter turns and mirrors map pixels exactly onto pixels.
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture.pixels, picture.to_pixels, size, flags=flags).astype(np.uint8, copy=False)


def _unit(canvas: Pixels, reading: FaceReading) -> float:
    """Return the line width for this photo: a face is about 200 lines wide."""
    left, _, right, _ = _face_box(canvas, reading)
    return max(1.0, (right - left) / 220)


def _face_box(canvas: Pixels, reading: FaceReading) -> tuple[float, float, float, float]:
    fractions = [
        point
        for part in reading.parts_analysis.values()
        for reason in part.reasons
        for overlay in reason.overlays
        for point in overlay.points
    ]
    points = _to_pixels(canvas, fractions or [(0.25, 0.25), (0.75, 0.75)])
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _to_pixels(canvas: Pixels, fractions: Sequence[tuple[float, float]]) -> Points:
    return np.array(fractions, dtype=np.float64) * (canvas.shape[1], canvas.shape[0])


def _color(number: int) -> Color:
    return _PALETTE[number % len(_PALETTE)]


def _draw_part(canvas: Pixels, part: PartOut, color: Color, unit: float, thick: bool) -> None:
    """Draw the key reason's lines thickly, or those of the other reasons thinly."""
    for reason in part.reasons[:1] if thick else part.reasons[1:]:
        for overlay in reason.overlays:
            _draw_overlay(canvas, overlay, color, unit * (1.6 if thick else 0.8))


def _draw_overlay(canvas: Pixels, overlay: OverlayOut, color: Color, width: float) -> None:
    points = _to_pixels(canvas, overlay.points)
    if overlay.type != "points":
        _stroke(canvas, points, color, width)
    ends = points if overlay.type == "points" else points[[0, -1]]
    for end in ends:
        _dot(canvas, end, _CASING, 1.6 * width + 1)
        _dot(canvas, end, color, 1.6 * width)


def _stroke(canvas: Pixels, points: Points, color: Color, width: float) -> None:
    fixed_point = [np.rint(points * 2**_SUBPIXEL_BITS).astype(np.int32)]
    for shade, thickness in ((_CASING, width + max(1.0, 0.6 * width)), (color, width)):
        cv2.polylines(canvas, fixed_point, False, shade, max(1, round(thickness)), cv2.LINE_AA, _SUBPIXEL_BITS)


def _dot(canvas: Pixels, centre: Points, color: Color, radius: float) -> None:
    x, y = np.rint(centre * 2**_SUBPIXEL_BITS).astype(int).tolist()
    cv2.circle(canvas, (x, y), round(radius * 2**_SUBPIXEL_BITS), color, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS)


def _labels(canvas: Pixels, reading: FaceReading) -> list[_Label]:
    labels = []
    for number, (key, part) in enumerate(reading.parts_analysis.items()):
        overlays = part.reasons[0].overlays if part.reasons else []
        if overlays:
            x, y = _to_pixels(canvas, overlays[0].points).mean(axis=0).tolist()
            labels.append(_Label(f"{number + 1} {key.replace('_', ' ')}", (x, y), _color(number)))
    return labels


def _draw_labels(canvas: Pixels, labels: list[_Label], box: tuple[float, float, float, float], unit: float) -> Pixels:
    """Draw the labels in two columns beside the face, on a picture widened if there is no room for them."""
    scale = unit * 0.3
    line = round(_text_size("Ag", scale)[1] * 2.2)
    sides = _sides(labels, (box[0] + box[2]) / 2)
    gap = 12 * unit
    widest = [max((_text_size(label.text, scale)[0] for label in side), default=0) for side in sides]
    grow_left = max(0, round(2 * gap + widest[0] - box[0]))
    grow_right = max(0, round(box[2] + 2 * gap + widest[1] - canvas.shape[1]))
    canvas = cv2.copyMakeBorder(canvas, 0, 0, grow_left, grow_right, cv2.BORDER_CONSTANT, value=_CASING).astype(
        np.uint8
    )
    for left, side in zip((True, False), sides, strict=True):
        heights = _spread([label.anchor[1] for label in side], line, canvas.shape[0])
        for label, y in zip(side, heights, strict=True):
            edge = grow_left + (box[0] - gap if left else box[2] + gap)
            _leader(canvas, label, (edge, y), grow_left, unit)
            _text(canvas, label, (edge - _text_size(label.text, scale)[0] if left else edge, y), scale)
    return canvas


def _sides(labels: list[_Label], middle: float) -> tuple[list[_Label], list[_Label]]:
    """Divide the labels between the left and the right column, each from top to bottom."""
    ordered = sorted(labels, key=lambda label: label.anchor[1])
    left = ordered[::2]
    right = ordered[1::2]
    # Two neighbours in height change sides when that uncrosses their leaders.
    for row, (a, b) in enumerate(zip(left, right, strict=False)):
        if a.anchor[0] - middle > b.anchor[0] - middle:
            left[row], right[row] = b, a
    return left, right


def _spread(heights: list[float], line: int, limit: int) -> list[float]:
    """Move heights apart to at least one line each, keeping their order and staying inside the picture."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + line if placed else line))
    surplus = max(0.0, placed[-1] + line - limit) if placed else 0.0
    for index in reversed(range(len(placed))):
        placed[index] -= surplus
        above = placed[index - 1] + line if index else 0.0
        surplus = max(0.0, min(surplus, above - placed[index]))
    return placed


def _leader(canvas: Pixels, label: _Label, start: tuple[float, float], shift: int, unit: float) -> None:
    end = (label.anchor[0] + shift, label.anchor[1])
    fixed_point = [np.rint(np.array([start, end]) * 2**_SUBPIXEL_BITS).astype(np.int32)]
    cv2.polylines(canvas, fixed_point, False, label.color, max(1, round(unit * 0.4)), cv2.LINE_AA, _SUBPIXEL_BITS)


def _text(canvas: Pixels, label: _Label, position: tuple[float, float], scale: float) -> None:
    width, height = _text_size(label.text, scale)
    x, y = round(position[0]), round(position[1] + height / 2)
    pad = round(height * 0.45)
    cv2.rectangle(canvas, (x - pad, y - height - pad), (x + width + pad, y + pad), _CASING, cv2.FILLED, cv2.LINE_AA)
    cv2.rectangle(canvas, (x - pad, y - height - pad), (x - pad // 3, y + pad), label.color, cv2.FILLED, cv2.LINE_AA)
    cv2.putText(canvas, label.text, (x, y), _FONT, scale, _WHITE, max(1, round(scale)), cv2.LINE_AA)


def _text_size(text: str, scale: float) -> tuple[int, int]:
    (width, height), _ = cv2.getTextSize(text, _FONT, scale, max(1, round(scale)))
    return width, height
