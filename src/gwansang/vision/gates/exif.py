"""Reader of the two Exif values that a reading needs: orientation and focal length.

Nothing else is read or kept; a damaged block is ignored.
"""

import struct
from dataclasses import dataclass

_ORIENTATION, _EXIF_IFD, _FOCAL_35MM = 0x0112, 0x8769, 0xA405
_MAX_ENTRIES = 256
_SHORT, _LONG = 3, 4


@dataclass(frozen=True, slots=True)
class CameraMetadata:
    """orientation: 1-8 as in Exif; focal_35mm: 35 mm equivalent focal length in mm, None if unknown."""

    orientation: int = 1
    focal_35mm: float | None = None


def read_camera_metadata(block: bytes) -> CameraMetadata:
    """Read a TIFF block, of which at most 64 kB count (the limit of a JPEG segment); never raises."""
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
    """Return tag -> value of one directory's integers; the next directory is not read."""
    (count,) = struct.unpack_from(order + "H", block, offset)
    values: dict[int, int] = {}
    for index in range(min(count, _MAX_ENTRIES)):
        entry = offset + 2 + 12 * index
        tag, kind, number = struct.unpack_from(order + "HHI", block, entry)
        if number == 1 and kind in (_SHORT, _LONG):
            (values[tag],) = struct.unpack_from(order + ("H" if kind == _SHORT else "I"), block, entry + 8)
    return values
