"""What the photo did to a face is taken out again; who it is stays."""

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
    """Somebody, by how many SD they differ from the mean along the model's first directions."""
    model = face_model()
    ways = model.identity[: len(coefficients)]
    return model.mean + np.tensordot(coefficients, ways, axes=1)


def off_cm(one: Points, other: Points) -> float:
    return float(np.linalg.norm(one - other, axis=1).mean())


@given(st.lists(amounts, min_size=1, max_size=3))
def test_a_relaxed_level_and_distant_face_stays_what_it_is(coefficients: list[float]) -> None:
    """In the ways people differ most; a way that smiling goes too is believed less."""
    somebody = person(*coefficients)
    assert off_cm(correct_mesh(somebody, LEVEL, None), somebody) <= 0.25 * off_cm(somebody, face_model().mean) + 1e-9


@given(amounts, amounts)
def test_a_smile_is_taken_out(who: float, smile: float) -> None:
    somebody = person(who)
    smiling = somebody + smile * face_model().expression[0]
    moved, left = (
        off_cm(smiling, somebody),
        off_cm(correct_mesh(smiling, LEVEL, None), correct_mesh(somebody, LEVEL, None)),
    )
    assert left <= 0.2 * moved + 1e-9


@given(st.floats(-20, 20))
def test_nodding_is_taken_out(pitch_deg: float) -> None:
    nodding = face_model().mean + face_model().pitch * pitch_deg
    assert remove_pitch(nodding, pitch_deg, face_model()) == pytest.approx(face_model().mean)


def test_a_camera_that_comes_near_is_taken_out_and_one_nearer_than_a_hand_counts_as_a_hand() -> None:
    model = face_model()
    for distance_cm in (20.0, 35.0, 60.0):
        near = model.mean + model.nearness / distance_cm
        assert remove_perspective(near, distance_cm, model) == pytest.approx(model.mean)
    assert remove_perspective(model.mean, 0.1, model) == pytest.approx(remove_perspective(model.mean, 15.0, model))


def test_an_unknown_distance_changes_nothing() -> None:
    assert remove_perspective(face_model().mean, None, face_model()) is face_model().mean


def test_a_turn_to_the_side_cancels_out_of_the_symmetric_face() -> None:
    mesh = canonical_face().vertices
    turn = np.zeros_like(mesh)
    turn[:, 0] = 0.3 * mesh[:, 2]  # what a wrong yaw does to first order
    assert symmetrize(mesh + turn) == pytest.approx(symmetrize(mesh))


def test_what_is_lopsided_stays_lopsided() -> None:
    lopsided = face_model().mean.copy()
    lopsided[61, 1] += 0.2
    kept = correct_mesh(lopsided, LEVEL, None)
    assert (kept - symmetrize(kept)) == pytest.approx(lopsided - symmetrize(lopsided))


def test_the_more_noise_is_expected_the_nearer_everybody_comes_to_the_middle() -> None:
    model = face_model()
    somebody = person(1.5, -1.0)
    sizes = []
    for noise in (0.01, 1.0, 100.0):
        coefficients = map_solver(model.identity, model.expression, noise) @ (somebody - model.mean).reshape(-1)
        sizes.append(float(np.linalg.norm(coefficients)))
    assert sizes == sorted(sizes, reverse=True)


def test_the_model_holds_no_one_persons_face() -> None:
    """Principal directions of dozens of people, fewer than there were people, and symmetric."""
    model = face_model()
    assert len(model.identity) <= 24
    for mesh in (model.mean, model.pitch, model.nearness, *model.identity, *model.expression):
        assert mesh == pytest.approx(symmetrize(mesh), abs=2e-3)


def test_splitting_is_linear_so_that_the_mean_of_photos_gives_the_mean_of_faces() -> None:
    one, other = person(1.0), person(0.0, -1.0) + face_model().expression[1]
    together = remove_expression((one + other) / 2, face_model())
    assert together == pytest.approx(
        (remove_expression(one, face_model()) + remove_expression(other, face_model())) / 2
    )
