"""Recognition of HEIC and AVIF photos, which are refused with the way to a JPEG."""

import struct
from typing import Literal

_AVIF = frozenset({b"avif", b"avis", b"avio"})
_HEIC = frozenset({
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs",
    b"mif1", b"mif2", b"mif3", b"msf1", b"miaf", b"MiHB", b"MiHE",
})  # fmt: skip
_MAX_BRANDS = 32


def heif_format(data: bytes) -> Literal["heic", "avif"] | None:
    """Return the format that the file type box of a HEIF image or sequence names; None for other files."""
    if data[4:8] != b"ftyp" or len(data) < 16:
        return None
    (size,) = struct.unpack_from(">I", data)
    names = data[8:12] + data[16 : min(size, 16 + 4 * _MAX_BRANDS)]
    brands = {names[start : start + 4] for start in range(0, len(names), 4)}
    if brands & _AVIF:
        return "avif"
    return "heic" if brands & _HEIC else None
