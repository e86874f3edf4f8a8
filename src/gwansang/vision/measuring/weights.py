"""File of the learned weights: a compressed .npz of about 0.2 MB; large arrays as float16, the rest as float32."""

import io
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.measuring.cascade import Cascade, RidgeStep
from gwansang.vision.measuring.combining import Combiner, Errors, Estimator
from gwansang.vision.measuring.expression import Relaxer
from gwansang.vision.measuring.model import Geometry, LandmarkModel, Nearness

COMBINER_ARRAYS = ("mean", "sd", "weights", "hand_mean", "hand_sd", "pitch", "near")
PREFIXES = ("", "blind_")  # with and without a picture
SOLVER_SCALE, NEARNESS_SCALE = 64.0, 1024.0  # keep small numbers out of the coarse end of float16

_Arrays = dict[str, NDArray[Any]]


@cache
def landmark_model() -> LandmarkModel:
    """Return the shipped model, read once; docs/how-a-reading-is-made.md names the portraits it was learned from."""
    return load(io.BytesIO(files("gwansang.vision.measuring").joinpath("weights.npz").read_bytes()))


def load(file: Path | BinaryIO) -> LandmarkModel:
    """Return the model of a file that `calibration.landmarks` wrote."""
    with np.load(file) as stored:
        arrays: _Arrays = {name: stored[name].astype(np.float64) for name in stored.files}
    count = sum(name.startswith("step") and name.endswith("_w") for name in arrays)
    cascade = Cascade(
        arrays["near"].astype(np.intp), _step(arrays, "start"), tuple(_step(arrays, f"step{i}") for i in range(count))
    )
    relaxer = Relaxer(arrays["relax_mean"], arrays["relax_expression"], arrays["relax_solver"] / SOLVER_SCALE)
    bias, pitch = (float(value) for value in arrays["scalars"])
    geometry = Geometry(relaxer, Nearness(arrays["nearness"] / NEARNESS_SCALE, bias), pitch)
    with_picture, without_picture = (_estimator(arrays, prefix) for prefix in PREFIXES)
    extra_errors = Errors(arrays["extra_base"], arrays["extra_growth"])
    return LandmarkModel(cascade, geometry, with_picture, without_picture, arrays["spread"], extra_errors)


def _step(arrays: _Arrays, name: str) -> RidgeStep:
    return RidgeStep(arrays[f"{name}_w"].astype(np.float32), arrays[f"{name}_b"].astype(np.float32))


def _estimator(arrays: _Arrays, prefix: str) -> Estimator:
    combiner = Combiner(*(arrays[f"{prefix}combine_{name}"] for name in COMBINER_ARRAYS))
    return Estimator(combiner, Errors(arrays[f"{prefix}error_base"], arrays[f"{prefix}error_growth"]))
