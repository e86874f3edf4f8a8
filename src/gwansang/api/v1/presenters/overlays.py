"""The drawing of a reading's measured lines, in the language of the reading."""

from gwansang.drawing.overlay import Canvas, MeasuredLine, MeasuredPart, draw_overlay
from gwansang.schemas.analysis import FaceReading, OverlayOut, PartOut
from gwansang.texts import load


def present_overlay(reading: FaceReading, canvas: Canvas) -> str:
    """Return the lines of a reading as SVG, over the photo of the canvas if it has one."""
    texts = load("reading_card", reading.locale, dict[str, str])
    parts = [_measured(part) for part in reading.parts_analysis.values()]
    return draw_overlay(parts, canvas, reading.title, texts["notice"], font=texts["font"])


def _measured(part: PartOut) -> MeasuredPart:
    key, *others = [[_line(overlay) for overlay in reason.overlays] for reason in part.reasons] or [[]]
    return MeasuredPart(part.name, key, [line for lines in others for line in lines])


def _line(overlay: OverlayOut) -> MeasuredLine:
    return MeasuredLine(overlay.points, joined=overlay.type != "points")
