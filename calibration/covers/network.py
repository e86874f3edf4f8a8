"""Learning of the network that `gwansang.vision.covers` runs, with jax."""

import sys
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from calibration.covers.examples import Examples
from gwansang.vision.covers import normalize
from gwansang.vision.face_layout import SIDE, region_masks

Weights = dict[str, jax.Array]
Moments = dict[str, tuple[jax.Array, jax.Array]]
Rows = NDArray[np.intp]

_CHANNELS = (12, 24, 32, 48, 48)  # of the five convolutions on the way down
_WHOLE, _JOINED = 48, 24
_BATCH, _DECAY = 32, 1e-4
_REGION_SHARE = 1.0  # of the loss that looks at whole parts of the face
_SURE_COVERED, _SURE_FREE = 0.5, 0.3  # shares of a part beyond which it counts as covered or free


def first_weights(seed: int) -> Weights:
    """Return random weights (He)."""
    rng = np.random.default_rng(seed)
    weights: dict[str, NDArray[np.float32]] = {}

    def add(name: str, shape: tuple[int, ...], gain: float = 2.0) -> None:
        weights[name] = (rng.normal(0, 1, shape) * np.sqrt(gain / np.prod(shape[:-1]))).astype(np.float32)

    before = 3
    for number, channels in enumerate(_CHANNELS, 1):
        size = 5 if number == 1 else 3
        add(f"conv{number}_w", (size, size, before, channels))
        bias = (SIDE // 4, SIDE // 4, channels) if number == 2 else (channels,)
        weights[f"conv{number}_b"] = np.zeros(bias, np.float32)
        before = channels
    add("whole1_w", (2 * before, _WHOLE))
    weights["whole1_b"] = np.zeros(_WHOLE, np.float32)
    add("whole2_w", (_WHOLE, before), 1.0)
    add("down_w", (before, _JOINED), 1.0)
    add("skip_w", (_CHANNELS[2], _JOINED), 1.0)
    weights["skip_b"] = np.zeros(_JOINED, np.float32)
    add("conv6_w", (3, 3, _JOINED, _JOINED))
    weights["conv6_b"] = np.zeros(_JOINED, np.float32)
    add("out_w", (_JOINED, 4), 0.1)
    weights["out_b"] = np.full(4, -1.5, np.float32)
    return {name: jnp.asarray(array) for name, array in weights.items()}


def logits(weights: Weights, x: jax.Array) -> jax.Array:
    """Return the logits (n, 32, 32) of normalised layouts (n, 64, 64, 3), as `vision.covers.cover_map` does."""

    def convolve(name: str, maps: jax.Array, stride: int = 1) -> jax.Array:
        kernel = weights[f"{name}_w"]
        half = kernel.shape[0] // 2
        result = jax.lax.conv_general_dilated(
            maps, kernel, (stride, stride), [(half, half)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        return jax.nn.relu(result + weights[f"{name}_b"])

    middle = convolve("conv3", convolve("conv2", convolve("conv1", x, 2), 2))
    coarse = convolve("conv5", convolve("conv4", middle, 2))
    whole = jnp.concatenate([coarse.mean(axis=(1, 2)), coarse.max(axis=(1, 2))], axis=-1)
    whole = jax.nn.relu(whole @ weights["whole1_w"] + weights["whole1_b"]) @ weights["whole2_w"]
    coarse = jax.nn.relu(coarse + whole[:, None, None]) @ weights["down_w"]
    coarse = jnp.repeat(jnp.repeat(coarse, 2, axis=1), 2, axis=2)
    last = convolve("conv6", jax.nn.relu(middle @ weights["skip_w"] + weights["skip_b"] + coarse))
    cells = last @ weights["out_w"] + weights["out_b"]
    side = SIDE // 4
    return cells.reshape(-1, side, side, 2, 2).transpose(0, 1, 3, 2, 4).reshape(-1, 2 * side, 2 * side)


_, _MASKS = region_masks()


def _loss(weights: Weights, x: jax.Array, cover: jax.Array) -> jax.Array:
    """Return the cross-entropy of cells, and of parts of the face that are surely covered or free."""
    z = logits(weights, x)
    cells = (jax.nn.softplus(z) - cover * z).mean()
    masks = jnp.asarray(_MASKS)
    share = jnp.clip(jax.nn.sigmoid(z).reshape(len(z), -1) @ masks.T, 1e-4, 1 - 1e-4)
    truth = cover.reshape(len(z), -1) @ masks.T
    hidden = -jnp.log(share) * (truth >= _SURE_COVERED)
    free = -jnp.log(1 - share) * (truth <= _SURE_FREE)
    decay = sum(jnp.sum(w**2) for name, w in weights.items() if name.endswith("_w"))
    place = jnp.sum(weights["conv2_b"] ** 2)
    return cells + _REGION_SHARE * (hidden + free).mean() + _DECAY * (decay + place) / 2


@dataclass(frozen=True, slots=True)
class Course:
    """passes: over the examples; seed: of the first weights and of the order; rate: the highest of the cycle."""

    passes: int = 10
    seed: int = 1
    rate: float = 2e-3


def learn(
    examples: Examples, rows: Rows, course: Course, start: dict[str, NDArray[np.float32]] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Return weights learned from some examples, by Adam with one cycle of the rate; start: weights to go on from."""
    weights = first_weights(course.seed) if start is None else {name: jnp.asarray(w) for name, w in start.items()}
    moments = jax.tree.map(lambda w: (jnp.zeros_like(w), jnp.zeros_like(w)), weights)
    rng = np.random.default_rng(course.seed)
    steps = course.passes * (len(rows) // _BATCH)
    done, running = 0, 0.0
    for number in range(course.passes):
        order = rng.permutation(rows)
        for first in range(0, len(order) - _BATCH + 1, _BATCH):
            x, cover = _batch(examples, order[first : first + _BATCH], rng)
            rate = course.rate * _cycle(done / steps)
            weights, moments, loss = _step(weights, moments, x, cover, rate, done + 1)
            done += 1
            if done % 20 == 0:
                running = float(loss) if running == 0 else 0.8 * running + 0.2 * float(loss)
        print(f"pass {number + 1} of {course.passes}: loss {running:.4f}", file=sys.stderr, flush=True)
    return {name: np.asarray(w) for name, w in weights.items()}


def _cycle(progress: float) -> float:
    return min(progress / 0.1, 1.0) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * max(progress - 0.1, 0) / 0.9)))


@jax.jit
def _step(
    weights: Weights, moments: Moments, x: jax.Array, cover: jax.Array, rate: float, count: int
) -> tuple[Weights, Moments, jax.Array]:
    """Return weights, moments and the loss after a step of Adam."""
    loss, slopes = jax.value_and_grad(_loss)(weights, x, cover)
    new_weights, new_moments = {}, {}
    for name, slope in slopes.items():
        first, second = moments[name]
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        step = (first / (1 - 0.9**count)) / (jnp.sqrt(second / (1 - 0.99**count)) + 1e-8)
        new_weights[name], new_moments[name] = weights[name] - rate * step, (first, second)
    return new_weights, new_moments, loss


def _batch(examples: Examples, rows: Rows, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return inputs and covers of some examples, half of them mirrored, in other light."""
    layouts, covers = examples.layout[rows], examples.cover[rows]
    flip = rng.random(len(rows)) < 0.5
    layouts = np.where(flip[:, None, None, None], layouts[:, :, ::-1], layouts)
    covers = np.where(flip[:, None, None], covers[:, :, ::-1], covers)
    x = normalize(layouts)
    cast = np.exp(rng.normal(0, 0.08, (len(rows), 1, 1, 3))).astype(np.float32)
    swap = rng.random(len(rows)) < 0.15
    x = np.where(swap[:, None, None, None], x[..., rng.permutation(3)], x) * cast
    return x.astype(np.float32), covers.astype(np.float32) / np.float32(255)


def predict(weights: dict[str, NDArray[np.float32]], layouts: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the covered shares (n, parts) of layouts (n, 64, 64, 3)."""
    given = {name: jnp.asarray(w) for name, w in weights.items()}
    shares = [
        np.asarray(_shares(given, normalize(layouts[start : start + 256]))) for start in range(0, len(layouts), 256)
    ]
    return np.concatenate(shares)


@jax.jit
def _shares(weights: Weights, x: jax.Array) -> jax.Array:
    return jax.nn.sigmoid(logits(weights, x)).reshape(len(x), -1) @ jnp.asarray(_MASKS).T
