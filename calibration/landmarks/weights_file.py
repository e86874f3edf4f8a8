"""Writing of the weights that `gwansang.vision.measuring.weights` loads."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.measuring.model import LandmarkModel
from gwansang.vision.measuring.weights import COMBINER_ARRAYS, NEARNESS_SCALE, PREFIXES, SOLVER_SCALE


def save(model: LandmarkModel, path: Path) -> None:
    """Write the weights of a model."""
    geometry = model.geometry
    arrays: dict[str, NDArray[Any]] = {
        "near": model.cascade.near.astype(np.uint16),
        "start_w": model.cascade.start.weights.astype(np.float16),
        "start_b": model.cascade.start.bias.astype(np.float32),
        "relax_mean": geometry.relaxer.mean.astype(np.float32),
        "relax_expression": geometry.relaxer.expressions.astype(np.float16),
        "relax_solver": (geometry.relaxer.solver * SOLVER_SCALE).astype(np.float16),
        "nearness": (geometry.nearness.weights * NEARNESS_SCALE).astype(np.float16),
        "scalars": np.array([geometry.nearness.bias, geometry.usual_pitch_deg], dtype=np.float32),
        "spread": model.spread.astype(np.float16),
        "extra_base": model.extra_errors.base.astype(np.float32),
        "extra_growth": model.extra_errors.growth.astype(np.float32),
    }
    for i, step in enumerate(model.cascade.steps):
        arrays |= {f"step{i}_w": step.weights.astype(np.float16), f"step{i}_b": step.bias.astype(np.float32)}
    for prefix, estimator in zip(PREFIXES, (model.with_picture, model.without_picture), strict=True):
        combiner, errors = estimator.combiner, estimator.errors
        arrays |= {f"{prefix}combine_{name}": getattr(combiner, name).astype(np.float32) for name in COMBINER_ARRAYS}
        arrays |= {f"{prefix}error_base": errors.base.astype(np.float32)}
        arrays |= {f"{prefix}error_growth": errors.growth.astype(np.float32)}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
