"""A face as 128 numbers that stay close from photo to photo of one person: dlib's face recognition network.

The numbers tell who someone is, so they are personal data of the most sensitive kind: whoever computes them has asked
first, and keeps none of a user's.
"""

import math

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.crop import CropRegion, crop_image
from gwansang.vision.decode import DecodedImage, Pixels
from gwansang.vision.face import Points
from gwansang.vision.models.runtime import Network, Networks, Tensor

Embedding = NDArray[np.float32]

EMBEDDING_DIMENSIONS = 128
_SIDE = 150
_PADDING = 0.25  # of the reference face's side, on each side of it: what the network was trained with
_CORNERS = (263, 362, 33, 133, 2)  # outer, inner corner of the subject's left eye, of the right one; base of the nose
_REFERENCE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
"""Where those five stand in the unit square of the average face: facts of dlib's get_face_chip_details
(image_transforms/interpolation.h, Boost licence)."""


def embed_face(engine: Networks, picture: DecodedImage, points: Points) -> Embedding:
    """(128,) float32 of length 1 for a face of `picture` with its (468, 3) mesh points in upright pixels.

    The mean of the face and its mirror image. Two photos of one person lie about 0.15 to 0.3 apart, those of two people
    0.6 to 0.9 (Euclidean, London photos); among people who look alike to this network, such as East Asian celebrities,
    far less, so a distance means nothing without the cohort it is compared in. Raises ModelsMissingError.
    """
    chip = crop_image(picture, aligned_face_region(points), _SIDE, smooth=True)
    network = engine.embedding
    both: Embedding = _look(network, chip) + _look(network, chip[:, ::-1])
    return l2_normalize(both)


def aligned_face_region(points: Points) -> CropRegion:
    """The square, level with the face, in which the five points of (468, 2 or 3) lie nearest to the reference.

    Least squares over turn, scale and shift (Umeyama 1991, without reflection), as dlib.get_face_chip does it.
    """
    there = points[list(_CORNERS), :2]
    here = (_REFERENCE + _PADDING) / (1 + 2 * _PADDING)
    centre, middle = here.mean(axis=0), there.mean(axis=0)
    reference, seen = here - centre, there - middle
    size = float((reference**2).sum())
    along = float((reference * seen).sum()) / size
    across = float((reference[:, 0] * seen[:, 1] - reference[:, 1] * seen[:, 0]).sum()) / size
    x, y = middle + np.array([[along, -across], [across, along]]) @ (0.5 - centre)
    side = math.hypot(along, across)
    return CropRegion(float(x), float(y), side, side, math.atan2(across, along))


def l2_normalize(vector: Embedding) -> Embedding:
    """The vector, or each row of several, at length 1."""
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    scaled: Embedding = vector / np.maximum(length, np.float32(1e-12))
    return scaled


def _look(network: Network, chip: Pixels) -> Embedding:
    tensor: Tensor = np.ascontiguousarray(chip[None], dtype=np.float32)
    return network.run(tensor)[0].reshape(EMBEDDING_DIMENSIONS)
