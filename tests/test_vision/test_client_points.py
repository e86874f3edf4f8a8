"""Correction of clients' points: geometry, symmetry, refusals, and the shipped fields on a drawn face."""

import numpy as np
import pytest

from gwansang.vision.client_points import (
    CLIENT_KINDS,
    EYE_SPAN,
    ClientField,
    ClientKind,
    add_irises,
    added_error,
    client_fields,
    correct_client_points,
    fit_frame,
    half_order,
    join_symmetric,
    mirror_order,
)
from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import Points
from gwansang.vision.mesh import LANDMARK_COUNT, canonical_face

FLIP = np.array([-1.0, 1.0, 1.0])
COUNTS: dict[ClientKind, int] = {"one_look": 478, "older_mesh": 468}


def client_face(count: int, seed: int = 0) -> Points:
    """Return an uneven canonical face as (468 or 478, 3) pixels."""
    wobble = np.random.default_rng(seed).normal(0, 0.05, (468, 3))
    points = (canonical_face().vertices + wobble) * (20, -20, -20) + (300, 400, 30)
    return add_irises(points)[:count]


def mirrored(points: Points, width: float = 640.0) -> Points:
    """Return the points of the mirrored photo."""
    return points[mirror_order(len(points))] * FLIP + (width, 0, 0)


def turned(points: Points, degrees: float, scale: float, shift: tuple[float, float]) -> Points:
    """Return points of the photo turned, scaled and moved."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([scale * points[:, :2] @ turn.T + shift, scale * points[:, 2]])


def silent_field(count: int, axes: int = 0) -> ClientField:
    """Return a field that says nothing, whatever its axes find."""
    mean = add_irises(canonical_face().vertices * (12, -12, -12))[:count]
    directions = np.random.default_rng(3).normal(0, 0.01, (axes, count, 3))
    return ClientField(mean, np.zeros((LANDMARK_COUNT, 3)), directions, np.zeros((axes, LANDMARK_COUNT, 3)), {})


@pytest.mark.parametrize("axes", [0, 4])
def test_a_field_that_says_nothing_changes_nothing(axes: int) -> None:
    points = client_face(478)
    np.testing.assert_allclose(silent_field(478, axes).correct(points), points, atol=1e-9)


def test_irises_that_an_older_mesh_lacks_start_between_the_lids() -> None:
    points = client_face(468)
    corrected = silent_field(468).correct(points)
    np.testing.assert_allclose(corrected[:468], points, atol=1e-9)
    np.testing.assert_allclose(corrected[468:473], np.tile(points[[33, 133, 159, 145]].mean(axis=0), (5, 1)))
    np.testing.assert_allclose(corrected[473:], np.tile(points[[263, 362, 386, 374]].mean(axis=0), (5, 1)))


def test_a_frame_lays_points_on_its_target_and_leads_back() -> None:
    target = client_face(468)
    points = turned(target, 33.0, 2.5, (12.0, -80.0))
    frame = fit_frame(points, target)
    np.testing.assert_allclose(frame.enter(points)[:, :2], target[:, :2], atol=1e-9)
    np.testing.assert_allclose(frame.leave(frame.enter(points)), points, atol=1e-9)


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_a_shipped_field_is_symmetric(kind: ClientKind) -> None:
    points = client_face(COUNTS[kind])
    np.testing.assert_allclose(
        correct_client_points(mirrored(points), kind), mirrored(correct_client_points(points, kind)), atol=1e-6
    )


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_a_turned_larger_photo_gives_turned_larger_points(kind: ClientKind) -> None:
    points = client_face(COUNTS[kind])
    change = (20.0, 3.0, (50.0, -20.0))
    np.testing.assert_allclose(
        correct_client_points(turned(points, *change), kind),
        turned(correct_client_points(points, kind), *change),
        atol=1e-6,
    )


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_a_shipped_field_moves_points_little(kind: ClientKind) -> None:
    points = client_face(COUNTS[kind])
    corrected = correct_client_points(points, kind)
    assert corrected.shape == (LANDMARK_COUNT, 3)
    eyes = np.linalg.norm(points[263, :2] - points[33, :2])
    assert np.median(np.linalg.norm((corrected[:468] - points[:468])[:, :2], axis=1)) < 0.1 * eyes
    assert float(np.ptp(client_fields()[kind].mean[[33, 263], 0])) == pytest.approx(EYE_SPAN, rel=0.01)


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_errors_are_declared_by_measure(kind: ClientKind) -> None:
    errors = added_error(kind)
    assert set(errors) == set(added_error("one_look"))
    assert {"MW", "L-M", "FW"} <= set(errors)
    assert all(error > 0 for error in errors.values())
    assert errors is not client_fields()[kind].errors


def test_an_older_mesh_adds_more_error_than_one_look() -> None:
    one, older = added_error("one_look"), added_error("older_mesh")
    assert np.median([older[key] / one[key] for key in one]) > 1


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_points_that_are_no_face_of_this_kind_are_refused(kind: ClientKind) -> None:
    points = client_face(COUNTS[kind])
    for bad in (points[:-1], points[:, :2], np.zeros_like(points), np.where(np.arange(3) == 0, np.nan, points)):
        with pytest.raises(DegenerateLandmarksError):
            correct_client_points(bad, kind)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_halves_are_joined_to_a_whole_that_mirrors_or_opposes_them(sign: float) -> None:
    order, own = mirror_order(LANDMARK_COUNT), half_order(LANDMARK_COUNT)
    half = np.random.default_rng(0).normal(0, 1, (2, len(own), 3))
    whole = join_symmetric(half, LANDMARK_COUNT, sign)
    sides = own[order[own] != own]
    np.testing.assert_allclose(whole[:, own], half)
    np.testing.assert_allclose(whole[:, order[sides]], sign * FLIP * whole[:, sides])


def test_points_of_any_other_kind_are_those_of_the_service() -> None:
    points = client_face(478)
    assert correct_client_points(points, "two_looks") is points
    assert added_error("two_looks") == {}
