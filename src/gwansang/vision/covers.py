"""Covers of a face, such as sunglasses, a mask, a hand or hair: which regions of it can't be seen.

A small network looks at the face in a fixed frontal layout, in which every cell shows the same place of everyone's
face, and estimates for each cell how likely something covers it. docs/decisions/0008-covers.md says how it was learned.
"""

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.decode import Pixels
from gwansang.vision.errors import FaceCoveredError
from gwansang.vision.face import FaceRegion, Points
from gwansang.vision.face_layout import SIDE, face_layout, region_masks
from gwansang.vision.measuring.channels import apply_matrix, crop_matrix

Tensor = NDArray[np.float32]
_LEVELS = np.log(np.arange(256, dtype=np.float32) / 255 + np.float32(0.06))  # light that multiplies becomes a shift

MAX_COVERED = 0.6  # share of the face from which nothing is read
REGIONS: tuple[FaceRegion, ...] = get_args(FaceRegion)


@dataclass(frozen=True, slots=True)
class Covers:
    """regions: those of which one side or both can't be seen, from the top down; share: of the face's area, 0-1."""

    regions: tuple[FaceRegion, ...]
    share: float


@dataclass(frozen=True, slots=True)
class CoverModel:
    """weights: of the network by name; limits: covered share from which a region counts as covered."""

    weights: dict[str, Tensor]
    limits: dict[str, float]


def find_covers(crop: Pixels, points: Points) -> Covers:
    """Return what covers a face.

    crop: eye-level crop of the face at half its size, (210, 180, 3); points: (478, 3) landmarks in picture pixels.
    """
    return judge_shares(region_shares(cover_model(), straighten(crop, points)), cover_model().limits)


def check_covers(covers: Covers) -> None:
    """Raise FaceCoveredError if most of the face is covered."""
    if covers.share >= MAX_COVERED:
        message = "Most of the face is covered; remove what is in front of it and take the photo again."
        raise FaceCoveredError(message, covered=list(covers.regions))


def judge_shares(shares: dict[str, float], limits: dict[str, float]) -> Covers:
    """Return the covers that the covered shares of the face's parts, by `region_masks`' names, amount to."""
    parts = {name.split("-")[0] for name, share in shares.items() if share >= limits[name.split("-")[0]]}
    return Covers(tuple(region for region in REGIONS if region in parts), shares["face"])


def region_shares(model: CoverModel, layout: Pixels) -> dict[str, float]:
    """Return the covered share of each part of a face in the frontal layout (64, 64, 3)."""
    names, masks = region_masks()
    return dict(zip(names, (masks @ cover_map(model.weights, layout).ravel()).tolist(), strict=True))


def straighten(crop: Pixels, points: Points) -> Pixels:
    """Return the face in the frontal layout, (64, 64, 3); crop and points as in `find_covers`."""
    places = face_layout().place(apply_matrix(crop_matrix(points), points[:, :2])) / 2 - 0.25
    field = places.astype(np.float32).reshape(SIDE, SIDE, 2)
    straight = cv2.remap(crop, field, np.empty(0), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return straight.astype(np.uint8, copy=False)


def normalize(layouts: NDArray[np.uint8]) -> Tensor:
    """Return layouts (..., 64, 64, 3) with the mean of each channel at 0 and one spread for all, 1."""
    values = _LEVELS[layouts]
    values -= values.mean(axis=(-3, -2), keepdims=True)
    values /= np.maximum(values.std(axis=(-3, -2, -1), keepdims=True), np.float32(0.1))
    return values


def cover_map(weights: dict[str, Tensor], layout: Pixels) -> Tensor:
    """Return the probability (32, 32) that something covers each cell of a face in the frontal layout."""
    fine = _convolve(weights, "conv1", normalize(layout), stride=2)
    middle = _convolve(weights, "conv2", fine, stride=2)
    middle = _convolve(weights, "conv3", middle)
    coarse = _convolve(weights, "conv4", middle, stride=2)
    coarse = _convolve(weights, "conv5", coarse)
    whole = np.concatenate([coarse.mean(axis=(0, 1)), coarse.max(axis=(0, 1))])
    whole = np.maximum(whole @ weights["whole1_w"] + weights["whole1_b"], 0) @ weights["whole2_w"]
    coarse = np.maximum(coarse + whole, 0) @ weights["down_w"]
    joined = middle @ weights["skip_w"] + weights["skip_b"] + coarse.repeat(2, axis=0).repeat(2, axis=1)
    last = _convolve(weights, "conv6", np.maximum(joined, 0))
    logits = last @ weights["out_w"] + weights["out_b"]
    side = SIDE // 4
    cells = logits.reshape(side, side, 2, 2).transpose(0, 2, 1, 3).reshape(2 * side, 2 * side)
    probabilities: Tensor = 1 / (1 + np.exp(-np.clip(cells, -30, 30)))
    return probabilities


def _convolve(weights: dict[str, Tensor], name: str, maps: Tensor, stride: int = 1) -> Tensor:
    """Return the rectified convolution of maps (h, w, c); its kernel is odd, and its bias may differ by place."""
    kernel = weights[f"{name}_w"]
    size, (height, width, channels) = kernel.shape[0], maps.shape
    framed = np.zeros((height + size - 1, width + size - 1, channels), np.float32)
    framed[size // 2 : size // 2 + height, size // 2 : size // 2 + width] = maps
    down, right, step = framed.strides
    shape = height // stride, width // stride, size, size * channels
    windows = np.lib.stride_tricks.as_strided(framed, shape, (stride * down, stride * right, down, step))
    result = windows.reshape(-1, size * size * channels) @ kernel.reshape(-1, kernel.shape[-1])
    result = result.reshape(*shape[:2], -1)
    result += weights[f"{name}_b"]
    return np.maximum(result, 0, out=result)


@cache
def cover_model() -> CoverModel:
    """Return the shipped model, read once."""
    return load_covers(io.BytesIO(files("gwansang.vision").joinpath("covers.npz").read_bytes()))


def load_covers(file: Path | BinaryIO) -> CoverModel:
    """Return the model of a file that `calibration.covers` wrote."""
    with np.load(file) as stored:
        arrays: dict[str, NDArray[Any]] = {name: stored[name].astype(np.float32) for name in stored.files}
    limits = dict(zip(REGIONS, arrays.pop("limits").tolist(), strict=True))
    return CoverModel(arrays, limits | {"face": MAX_COVERED})
