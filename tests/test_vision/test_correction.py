"""Correction of pitch, perspective and expression, which keeps the identity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.vision.correction import (
    correct_mesh,
    face_model,
    map_solver,
    remove_expression,
    remove_perspective,
    remove_pitch,
    symmetrize,
)
from gwansang.vision.face import Points, Pose
from gwansang.vision.mesh import canonical_face

LEVEL = Pose(0.0, 0.0, 0.0)
amounts = st.floats(-2, 2)


def person(*coefficients: float) -> Points:
    """Return the mesh of a person who differs from the mean by these SD along the model's first directions."""
    model = face_model()
    directions = model.identity[: len(coefficients)]
    return model.mean + np.tensordot(coefficients, directions, axes=1)


def off_cm(one: Points, other: Points) -> float:
    return float(np.linalg.norm(one - other, axis=1).mean())


@given(st.lists(amounts, min_size=1, max_size=3))
def test_a_relaxed_level_and_distant_face_is_hardly_changed(coefficients: list[float]) -> None:
    """Along the first directions; a direction that a smile shares is attributed to it in part."""
    face = person(*coefficients)
    assert off_cm(correct_mesh(face, LEVEL, None), face) <= 0.25 * off_cm(face, face_model().mean) + 1e-9


@given(amounts, amounts)
def test_a_smile_is_removed(who: float, smile: float) -> None:
    face = person(who)
    smiling = face + smile * face_model().expression[0]
    moved, left = (
        off_cm(smiling, face),
        off_cm(correct_mesh(smiling, LEVEL, None), correct_mesh(face, LEVEL, None)),
    )
    assert left <= 0.2 * moved + 1e-9


@given(st.floats(-20, 20))
def test_pitch_is_removed(pitch_deg: float) -> None:
    nodding = face_model().mean + face_model().pitch * pitch_deg
    assert remove_pitch(nodding, pitch_deg, face_model()) == pytest.approx(face_model().mean)


def test_perspective_is_removed_down_to_a_minimum_distance() -> None:
    model = face_model()
    for distance_cm in (20.0, 35.0, 60.0):
        near = model.mean + model.nearness / distance_cm
        assert remove_perspective(near, distance_cm, model) == pytest.approx(model.mean)
    assert remove_perspective(model.mean, 0.1, model) == pytest.approx(remove_perspective(model.mean, 15.0, model))


def test_an_unknown_distance_changes_nothing() -> None:
    assert remove_perspective(face_model().mean, None, face_model()) is face_model().mean


def test_yaw_cancels_out_of_the_symmetric_mesh() -> None:
    mesh = canonical_face().vertices
    turn = np.zeros_like(mesh)
    turn[:, 0] = 0.3 * mesh[:, 2]  # the effect of a yaw error to first order
    assert symmetrize(mesh + turn) == pytest.approx(symmetrize(mesh))


def test_asymmetry_is_kept() -> None:
    lopsided = face_model().mean.copy()
    lopsided[61, 1] += 0.2
    kept = correct_mesh(lopsided, LEVEL, None)
    assert (kept - symmetrize(kept)) == pytest.approx(lopsided - symmetrize(lopsided))


def test_more_expected_noise_means_smaller_coefficients() -> None:
    model = face_model()
    face = person(1.5, -1.0)
    sizes = []
    for noise in (0.01, 1.0, 100.0):
        coefficients = map_solver(model.identity, model.expression, noise) @ (face - model.mean).reshape(-1)
        sizes.append(float(np.linalg.norm(coefficients)))
    assert sizes == sorted(sizes, reverse=True)


def test_the_model_holds_no_face_of_one_person() -> None:
    """It has fewer principal directions than there were people, and all are symmetric."""
    model = face_model()
    assert len(model.identity) <= 24
    for mesh in (model.mean, model.pitch, model.nearness, *model.identity, *model.expression):
        assert mesh == pytest.approx(symmetrize(mesh), abs=2e-3)


def test_removing_the_expression_is_linear() -> None:
    one, other = person(1.0), person(0.0, -1.0) + face_model().expression[1]
    together = remove_expression((one + other) / 2, face_model())
    assert together == pytest.approx(
        (remove_expression(one, face_model()) + remove_expression(other, face_model())) / 2
    )
