"""API models of live guidance."""

from gwansang.schemas import live as wire
from gwansang.services.readings.live_service import Guidance
from gwansang.texts import Locale, load
from gwansang.vision.face import Points
from gwansang.vision.face_layout import FACE_OVAL


def present_guidance(guidance: Guidance, number: int, skipped: int, locale: Locale) -> wire.GuidanceMessage:
    """Return the message about the frame with this number; `skipped` frames before it were dropped."""
    frame = guidance.frame
    return wire.GuidanceMessage.model_validate(
        {
            "frame": number,
            "skipped": skipped,
            "hints": [cue.value for cue in guidance.cues],
            "text": load("live", locale, dict[str, str])[guidance.cues[0].value if guidance.cues else "steady"],
            "progress": guidance.progress,
            "pose": frame.pose,
            "quality": frame.quality,
            "face": None if frame.points is None else _face(frame.points, frame.width, frame.height),
        },
        from_attributes=True,
    )


def _face(points: Points, width: int, height: int) -> dict[str, object]:
    fractions = (points[:, :2] / (width, height)).round(4)
    low, high = fractions.min(axis=0).tolist(), fractions.max(axis=0).tolist()
    box = (low[0], low[1], high[0] - low[0], high[1] - low[1])
    return {"box": box, "outline": fractions[list(FACE_OVAL)].tolist()}
