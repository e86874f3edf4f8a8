"""The two facts of a photo's Exif that a reading needs: how the camera was held, and its focal length.

Nothing else is read, nothing is kept; a damaged block counts as none.
"""

import struct
from dataclasses import dataclass

_ORIENTATION, _EXIF_IFD, _FOCAL_35MM = 0x0112, 0x8769, 0xA405
_MAX_ENTRIES = 256
_SHORT, _LONG = 3, 4


@dataclass(frozen=True, slots=True)
class CameraMetadata:
    """orientation 1-8 as in Exif; focal_35mm in millimetres, None where unknown."""

    orientation: int = 1
    focal_35mm: float | None = None


def read_camera_metadata(block: bytes) -> CameraMetadata:
    """Reads a TIFF block of at most 64 kB (a JPEG segment's bound); never raises."""
    block = block[6:65_542] if block[:6] == b"Exif\x00\x00" else block[:65_536]
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return CameraMetadata()
    try:
        (first,) = struct.unpack_from(order + "I", block, 4)
        top = _entries(block, order, first)
        nested = _entries(block, order, top[_EXIF_IFD]) if _EXIF_IFD in top else {}
    except struct.error:
        return CameraMetadata()
    orientation = top.get(_ORIENTATION, 1)
    focal = nested.get(_FOCAL_35MM, 0)
    return CameraMetadata(orientation if 1 <= orientation <= 8 else 1, float(focal) if 8 <= focal <= 400 else None)


def _entries(block: bytes, order: str, offset: int) -> dict[int, int]:
    """Tag -> value of one directory's whole numbers; the chain to the next directory is not followed."""
    (count,) = struct.unpack_from(order + "H", block, offset)
    values: dict[int, int] = {}
    for index in range(min(count, _MAX_ENTRIES)):
        place = offset + 2 + 12 * index
        tag, kind, number = struct.unpack_from(order + "HHI", block, place)
        if number == 1 and kind in (_SHORT, _LONG):
            (values[tag],) = struct.unpack_from(order + ("H" if kind == _SHORT else "I"), block, place + 8)
    return values
