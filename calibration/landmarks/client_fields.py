"""Learning of the fields that map a client's points to those of the service, and the file that ships them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.client_networks import OLDER_PRODUCERS, ONE_LOOK_PRODUCERS
from calibration.landmarks.client_pairs import Pairs
from calibration.landmarks.training_set import Rows
from gwansang.vision.client_points import (
    CLIENT_KINDS,
    EYE_SPAN,
    ClientField,
    ClientKind,
    add_irises,
    fit_frame,
    half_order,
    mirror_order,
)
from gwansang.vision.face import Points
from gwansang.vision.mesh import VERTEX_COUNT, canonical_face

PRODUCERS: Mapping[ClientKind, tuple[str, ...]] = {"one_look": ONE_LOOK_PRODUCERS, "older_mesh": OLDER_PRODUCERS}
_FLIP = np.array([-1.0, 1.0, 1.0])
_MEAN_ROUNDS = 3
_OUTER_EYES = [33, 263]
_LEAST_VARIANCE = 1e-3  # frame units squared, summed over the points: below it there is no direction
_PLACE_SD = 10.0  # of people along an axis; keeps axes and responses out of the coarse end of float16


@dataclass(frozen=True, slots=True)
class FieldSettings:
    """even, odd: numbers of symmetric and antisymmetric axes; ridge: in shares of the pictures it learns from."""

    even: int
    odd: int
    ridge: float


# Cross-validated; from no axis at all to 140 the measures change little, and the file has to stay below 100 kB.
SETTINGS: Mapping[ClientKind, FieldSettings] = {
    "one_look": FieldSettings(8, 2, 0.3),
    "older_mesh": FieldSettings(18, 2, 0.5),
}


def learn_field(clients: Points, servers: Points, settings: FieldSettings) -> ClientField:
    """Learn a field from (n, 468 or 478, 3) points of clients and (n, 478, 3) of the service, in photo pixels."""
    mean = mean_shape(clients)
    shapes, moves = _shapes_and_moves(clients, servers, mean)
    bias = split_symmetric(moves.mean(axis=0))[0]
    deviations, rest = shapes - mean, moves - bias
    axes, responses = [], []
    parts = zip(split_symmetric(deviations), split_symmetric(rest), (settings.even, settings.odd), strict=True)
    for deviation, move, count in parts:
        own_axes, response = _regress(deviation, move, count, settings.ridge)
        axes.append(own_axes)
        responses.append(response)
    return ClientField(mean, bias, np.concatenate(axes), np.concatenate(responses), {})


def mean_shape(clients: Points) -> Points:
    """Return the symmetric mean of (n, 468 or 478, 3) shapes, its outer eye corners EYE_SPAN apart."""
    count = clients.shape[1]
    start = add_irises(canonical_face().vertices * (1.0, -1.0, -1.0))[:count]
    mean = split_symmetric(start - start.mean(axis=0))[0]
    for _ in range(_MEAN_ROUNDS):
        mean = np.mean([fit_frame(points, mean).enter(points) for points in clients], axis=0)
        mean = split_symmetric(mean - mean.mean(axis=0))[0]
        mean *= EYE_SPAN / float(np.ptp(mean[_OUTER_EYES, 0]))
    return mean


def split_symmetric(fields: Points) -> tuple[Points, Points]:
    """Return the symmetric and the antisymmetric part of (..., 468 or 478, 3) fields."""
    mirrored = fields[..., mirror_order(fields.shape[-2]), :] * _FLIP
    return (fields + mirrored) / 2, (fields - mirrored) / 2


def _shapes_and_moves(clients: Points, servers: Points, mean: Points) -> tuple[Points, Points]:
    """Return shapes of the clients and how the service's points lie beside them, (n, c, 3) and (n, 478, 3).

    Only the mean of what moves, turns or scales a whole face is kept, because no measure depends on it.
    """
    frames = [fit_frame(points, mean) for points in clients]
    shapes = np.array([frame.enter(points) for frame, points in zip(frames, clients, strict=True)])
    starts = np.array([add_irises(shape) for shape in shapes])
    targets = np.array([frame.enter(points) for frame, points in zip(frames, servers, strict=True)])
    targets[..., 2] += (starts - targets)[:, :VERTEX_COUNT, 2].mean(axis=1)[:, None]
    usual = (targets - starts).mean(axis=0)
    aligned = [fit_frame(t, s + usual).enter(t) for t, s in zip(targets, starts, strict=True)]
    moves = np.array(aligned) - starts
    moves[..., 2] -= moves[:, :VERTEX_COUNT, 2].mean(axis=1)[:, None]
    return shapes, moves


def _regress(deviations: Points, moves: Points, count: int, ridge: float) -> tuple[Points, Points]:
    """Return at most `count` principal axes of (n, c, 3) deviations, and the response of (n, 478, 3) moves to each."""
    flat, goal = deviations.reshape(len(deviations), -1), moves.reshape(len(moves), -1)
    values, vectors = np.linalg.eigh(flat.T @ flat / len(flat))
    chosen = [index for index in range(len(values))[::-1][:count] if values[index] > _LEAST_VARIANCE]
    axes = (_PLACE_SD * vectors[:, chosen] / np.sqrt(values[chosen])).T
    places = flat @ axes.T
    gram = places.T @ places + ridge * _PLACE_SD**2 * len(flat) * np.eye(len(axes))
    response = np.linalg.solve(gram, places.T @ goal)
    return axes.reshape(-1, *deviations.shape[1:]), response.reshape(-1, *moves.shape[1:])


def stack_pairs(pairs: Pairs, kind: ClientKind, rows: Rows) -> tuple[Points, Points]:
    """Return points of every producer of a kind, one after another, and the service's points of the same pictures."""
    clients = np.concatenate([pairs.points(producer)[rows] for producer in PRODUCERS[kind]])
    return clients, np.concatenate([pairs.points("server")[rows]] * len(PRODUCERS[kind]))


def learn_fields(pairs: Pairs, rows: Rows) -> dict[ClientKind, ClientField]:
    """Learn the field of every kind from some pictures."""
    return {kind: learn_field(*stack_pairs(pairs, kind, rows), SETTINGS[kind]) for kind in CLIENT_KINDS}


def with_errors(field: ClientField, keys: Sequence[str], errors: Points) -> ClientField:
    """Return a field that declares these errors."""
    return replace(field, errors=dict(zip(keys, errors.tolist(), strict=True)))


def save_fields(fields: Mapping[ClientKind, ClientField], path: Path) -> None:
    """Write fields as one half of each array, in float16; all must have errors for the same measures."""
    arrays: dict[str, NDArray[Any]] = {"keys": np.array(list(fields[CLIENT_KINDS[0]].errors))}
    for kind, field in fields.items():
        own, full = half_order(len(field.mean)), half_order(len(field.bias))
        even = split_symmetric(field.axes)[0]
        signs = np.where(np.abs(even - field.axes).max(axis=(1, 2), initial=0.0) < 1e-9, 1, -1)
        arrays |= {
            f"{kind}_mean": field.mean[own].astype(np.float16),
            f"{kind}_bias": field.bias[full].astype(np.float16),
            f"{kind}_axes": field.axes[:, own].astype(np.float16),
            f"{kind}_response": field.response[:, full].astype(np.float16),
            f"{kind}_signs": signs.astype(np.int8),
            f"{kind}_errors": np.array(list(field.errors.values()), dtype=np.float32),
        }
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
