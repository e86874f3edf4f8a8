"""The numbers that a browser finds a face with, besides the networks: the weights of this service in one small file.

The file begins with the length of its header (four bytes, little-endian) and the header, JSON with the type, shape
and byte offset of each array; the arrays follow, little-endian, row by row. clients/face/src/arrays.ts reads it.
"""

import json
import struct
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.covers import REGIONS
from gwansang.vision.face_layout import FACE_OVAL, face_layout, region_masks
from gwansang.vision.measuring.cascade import GRID_OFFSETS
from gwansang.vision.measuring.template import DETAIL_POINTS, MIDLINE_MODELS, MODELS, TWINS
from gwansang.vision.mesh import canonical_face, mirrored_landmarks

_ALIGNMENT = 4
_CASCADE = ("near", "start_w", "start_b", "step0_w", "step0_b", "step1_w", "step1_b")

_Arrays = Mapping[str, NDArray[Any]]


@cache
def browser_kernel() -> bytes:
    """Return the file, made once from the shipped weights; the same weights give the same bytes."""
    return pack_arrays(kernel_arrays(), {"regions": list(REGIONS), "masks": list(region_masks()[0])})


def kernel_arrays() -> _Arrays:
    """Return every array of the file by its name."""
    face, layout = canonical_face(), face_layout()
    weights, covers = (_load(package, name) for package, name in (("measuring", "weights.npz"), ("", "covers.npz")))
    arrays: dict[str, NDArray[Any]] = {
        "mirror": mirrored_landmarks().astype(np.uint16),
        "canonical": face.vertices.astype(np.float32),
        "basis": face.basis.astype(np.uint16),
        "basis_weights": face.basis_weights.astype(np.float32),
        "models": np.array(MODELS, np.uint16),
        "twins": np.array(TWINS, np.uint16),
        "midline": np.array(MIDLINE_MODELS, np.uint16),
        "detail_points": np.array(DETAIL_POINTS, np.uint16),
        "grid_offsets": GRID_OFFSETS.astype(np.float32),
        "layout_vertices": layout.vertices.astype(np.uint16),
        "layout_weights": layout.weights.astype(np.float32),
        "masks": region_masks()[1],
        "oval": np.array(FACE_OVAL, np.uint16),
    }
    arrays |= {name: weights[name] for name in _CASCADE}
    return arrays | {f"cover_{name}": array for name, array in covers.items()}


def pack_arrays(arrays: _Arrays, notes: Mapping[str, object]) -> bytes:
    """Return a file of arrays and, in its header, notes; each array begins at a multiple of four bytes."""
    header: dict[str, object] = {"notes": notes}
    described: dict[str, object] = {}
    body = bytearray()
    for name, array in arrays.items():
        little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
        described[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": len(body)}
        body += little.tobytes() + b"\0" * (-little.nbytes % _ALIGNMENT)
    header["arrays"] = described
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return struct.pack("<I", len(text)) + text + bytes(body)


def _load(package: str, name: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a shipped file as they are stored."""
    folder = files(".".join(part for part in ("gwansang.vision", package) if part))
    with np.load(BytesIO(folder.joinpath(name).read_bytes())) as stored:
        return {each: stored[each] for each in stored.files}
