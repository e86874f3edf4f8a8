"""Left-right asymmetry of a face, region by region."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.taxonomy import mirror_vertices

# Vertices by region, both sides and the midline, so that a mirrored face has the same asymmetry.
ASYMMETRY_REGIONS: Mapping[str, tuple[int, ...]] = {
    "outline": (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 152),
    "forehead": (54, 103, 67, 109, 284, 332, 297, 338, 10, 151),
    "brows": (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285),
    "eyes": (33, 133, 159, 145, 160, 158, 153, 144, 263, 362, 386, 374, 387, 385, 380, 373),
    "nose": (168, 6, 197, 195, 5, 4, 1, 2, 129, 358, 48, 278, 98, 327),
    "mouth": (61, 291, 37, 267, 0, 13, 14, 17, 40, 270, 91, 321, 84, 314, 164),
    "cheeks": (116, 345, 50, 280, 117, 346, 123, 352),
}


def measure_asymmetry(mesh: NDArray[np.float64]) -> dict[str, float]:
    """Return the mean distance between each region and its mirror image, in distances of the outer eye corners.

    mesh: (468, 3), seen from the front. The mirrored mesh is first superimposed on the mesh (rigid least squares,
    Kabsch 1976), so that position and rotation do not count.
    """
    flipped = (mesh * (-1.0, 1.0, 1.0))[mirror_vertices()]
    own, other = mesh - mesh.mean(axis=0), flipped - flipped.mean(axis=0)
    u, _, vt = np.linalg.svd(other.T @ own)
    no_reflection = np.diag((1.0, 1.0, float(np.sign(np.linalg.det(u @ vt)))))
    gap = (own - other @ u @ no_reflection @ vt)[:, :2]  # depth is a model's guess
    distance = np.hypot(gap[:, 0], gap[:, 1]) / float(np.linalg.norm(mesh[263, :2] - mesh[33, :2]))
    return {region: float(distance[list(vertices)].mean()) for region, vertices in ASYMMETRY_REGIONS.items()}
