"""Quality of a clip from that of its frames."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, get_args

from gwansang.vision.face import FaceRegion, Quality
from gwansang.vision.quality import QualityWarning, change_covers

_OF_PICTURES: Final = (
    QualityWarning.UNNATURAL_COLOUR,
    QualityWarning.MONOCHROME,
    QualityWarning.LOW_DYNAMIC_RANGE,
    QualityWarning.COMPRESSION_ARTIFACTS,
    QualityWarning.STRETCHED,
)


def quality_of_frames(frames: Sequence[Quality], best: Quality, *, has_others: bool) -> Quality:
    """Return the quality of the best frame of a clip, with covers and changes of the picture as most frames have them.

    has_others: whether the clip shows other faces now and then.
    """
    regions = Counter(region for frame in frames for region in frame.covered)
    codes = Counter(code for frame in frames for code in frame.warnings)
    covered = tuple(region for region in get_args(FaceRegion) if 2 * regions[region] > len(frames))
    of_most = (code for code in _OF_PICTURES if 2 * codes[code] > len(frames))
    of_best = (code for code in best.warnings if code not in {*_OF_PICTURES, QualityWarning.OTHER_FACES})
    others = (QualityWarning.OTHER_FACES,) if has_others or QualityWarning.OTHER_FACES in best.warnings else ()
    return change_covers(best, covered, (*of_best, *of_most, *others))
