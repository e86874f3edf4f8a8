"""Face embeddings by dlib's face recognition network: 128 numbers that are close for photos of one person.

An embedding identifies a person and is biometric data: callers that compare it with others than the user's own pictures
need the user's consent, and nobody may store it.
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
_PADDING = 0.25  # of the reference face's side, on each side of it, as in the network's training
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
"""Positions of those five points in the unit square of the average face, from dlib's get_face_chip_details
(image_transforms/interpolation.h, Boost licence)."""


def embed_face(networks: Networks, image: DecodedImage, points: Points) -> Embedding:
    """Return the (128,) float32 embedding, of length 1, of the face with (468, 3) mesh points in upright pixels.

    The mean of the face and its mirror image. The Euclidean distance between two photos of one person is about 0.15 to
    0.3, between two people 0.6 to 0.9 (London photos), and far less in groups that this network separates badly, such
    as East Asian celebrities: a distance has no meaning without its cohort. Raises ModelsMissingError.
    """
    crop = crop_image(image, aligned_face_region(points), _SIDE, antialias=True)
    network = networks.embedding
    total: Embedding = _run(network, crop) + _run(network, crop[:, ::-1])
    return l2_normalize(total)


def aligned_face_region(points: Points) -> CropRegion:
    """Return the square in which five of the (468, 2 or 3) mesh points are nearest to their reference positions.

    Least squares over rotation, scale and shift (Umeyama 1991, without reflection), as in dlib.get_face_chip.
    """
    measured = points[list(_CORNERS), :2]
    reference = (_REFERENCE + _PADDING) / (1 + 2 * _PADDING)
    reference_mean, measured_mean = reference.mean(axis=0), measured.mean(axis=0)
    reference, measured = reference - reference_mean, measured - measured_mean
    spread = float((reference**2).sum())
    cos = float((reference * measured).sum()) / spread  # cosine and sine of the rotation, times the scale
    sin = float((reference[:, 0] * measured[:, 1] - reference[:, 1] * measured[:, 0]).sum()) / spread
    x, y = measured_mean + np.array([[cos, -sin], [sin, cos]]) @ (0.5 - reference_mean)
    side = math.hypot(cos, sin)
    return CropRegion(float(x), float(y), side, side, math.atan2(sin, cos))


def l2_normalize(vector: Embedding) -> Embedding:
    """Return a vector, or each row of a matrix, scaled to length 1."""
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    scaled: Embedding = vector / np.maximum(length, np.float32(1e-12))
    return scaled


def _run(network: Network, crop: Pixels) -> Embedding:
    tensor: Tensor = np.ascontiguousarray(crop[None], dtype=np.float32)
    return network.run(tensor)[0].reshape(EMBEDDING_DIMENSIONS)
