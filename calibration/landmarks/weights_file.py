"""File of the learned weights: a compressed .npz of about 0.2 MB; large arrays as float16, the rest as float32."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.cascade import Cascade, RidgeStep
from calibration.landmarks.combining import Combiner, Errors, Estimator
from calibration.landmarks.expression import Relaxer
from calibration.landmarks.model import Geometry, LandmarkModel, Nearness

_COMBINER = ("mean", "sd", "weights", "hand_mean", "hand_sd", "pitch", "near")
_PREFIXES = ("", "blind_")  # with and without a picture
_SOLVER_SCALE, _NEARNESS_SCALE = 64.0, 1024.0  # keep small numbers out of the coarse end of float16

_Arrays = dict[str, NDArray[Any]]


def save(model: LandmarkModel, path: Path) -> None:
    """Write the weights of a model."""
    geometry = model.geometry
    arrays: _Arrays = {
        "near": model.cascade.near.astype(np.uint16),
        "start_w": model.cascade.start.weights.astype(np.float16),
        "start_b": model.cascade.start.bias.astype(np.float32),
        "relax_mean": geometry.relaxer.mean.astype(np.float32),
        "relax_expression": geometry.relaxer.expressions.astype(np.float16),
        "relax_solver": (geometry.relaxer.solver * _SOLVER_SCALE).astype(np.float16),
        "nearness": (geometry.nearness.weights * _NEARNESS_SCALE).astype(np.float16),
        "scalars": np.array([geometry.nearness.bias, geometry.usual_pitch_deg], dtype=np.float32),
        "spread": model.spread.astype(np.float16),
    }
    for i, step in enumerate(model.cascade.steps):
        arrays |= {f"step{i}_w": step.weights.astype(np.float16), f"step{i}_b": step.bias.astype(np.float32)}
    for prefix, estimator in zip(_PREFIXES, (model.with_picture, model.without_picture), strict=True):
        combiner, errors = estimator.combiner, estimator.errors
        arrays |= {f"{prefix}combine_{name}": getattr(combiner, name).astype(np.float32) for name in _COMBINER}
        arrays |= {f"{prefix}error_base": errors.base.astype(np.float32)}
        arrays |= {f"{prefix}error_growth": errors.growth.astype(np.float32)}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load(path: Path) -> LandmarkModel:
    """Return the model of a file that `save` wrote."""
    with np.load(path) as file:
        arrays: _Arrays = {name: file[name].astype(np.float64) for name in file.files}
    count = sum(name.startswith("step") and name.endswith("_w") for name in arrays)
    cascade = Cascade(
        arrays["near"].astype(np.intp), _step(arrays, "start"), tuple(_step(arrays, f"step{i}") for i in range(count))
    )
    relaxer = Relaxer(arrays["relax_mean"], arrays["relax_expression"], arrays["relax_solver"] / _SOLVER_SCALE)
    bias, pitch = (float(value) for value in arrays["scalars"])
    geometry = Geometry(relaxer, Nearness(arrays["nearness"] / _NEARNESS_SCALE, bias), pitch)
    with_picture, without_picture = (_estimator(arrays, prefix) for prefix in _PREFIXES)
    return LandmarkModel(cascade, geometry, with_picture, without_picture, arrays["spread"])


def _step(arrays: _Arrays, name: str) -> RidgeStep:
    return RidgeStep(arrays[f"{name}_w"].astype(np.float32), arrays[f"{name}_b"].astype(np.float32))


def _estimator(arrays: _Arrays, prefix: str) -> Estimator:
    combiner = Combiner(*(arrays[f"{prefix}combine_{name}"] for name in _COMBINER))
    return Estimator(combiner, Errors(arrays[f"{prefix}error_base"], arrays[f"{prefix}error_growth"]))
