"""Landmarks of a drawn face: the mesh, the lids and the irises."""

import numpy as np
import pytest

from gwansang.vision.decode import DecodedImage, decode_image
from gwansang.vision.detector import detect_faces
from gwansang.vision.drawn_face import drawn_points
from gwansang.vision.face import Points
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.landmarks import FaceMesh, face_region, find_eyes, find_landmarks, run_mesh_network
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Networks
from tests.support.photos import drawn_portrait, encoded
from tests.test_vision import scenes

DRAWN = drawn_points(480, 640, 240.0, canonical_face().vertices)


def mesh_of(networks: Networks, image: DecodedImage) -> FaceMesh:
    return find_landmarks(networks, image, detect_faces(networks, image)[0].region())


def eye_distance(points: Points) -> float:
    return float(np.linalg.norm(points[[33, 133], :2].mean(axis=0) - points[[263, 362], :2].mean(axis=0)))


def error_in_eye_distances(points: Points, expected: Points) -> float:
    """Return the mean distance between two meshes in eye distances."""
    return float(np.linalg.norm(points[:, :2] - expected[:, :2], axis=1).mean()) / eye_distance(expected)


def test_the_mesh_matches_the_drawn_face(networks: Networks) -> None:
    mesh = mesh_of(networks, decode_image(inspect_image(drawn_portrait(".png"))))
    assert mesh.presence > 0.99
    assert error_in_eye_distances(mesh.points, DRAWN) < 0.06


@pytest.mark.parametrize("degrees", [-150, -60, -20, 20, 90, 180])
def test_the_mesh_rotates_with_the_photo(networks: Networks, degrees: int) -> None:
    upright = mesh_of(networks, decode_image(inspect_image(drawn_portrait(".png")))).points[:, :2] + (160, 80)
    turned = mesh_of(networks, decode_image(inspect_image(encoded(scenes.rolled(degrees), ".png")))).points
    angle = np.radians(degrees)
    back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    undone = (turned[:, :2] - 399.5) @ back.T + 399.5
    assert error_in_eye_distances(undone, upright) < 0.025


def test_the_region_of_a_face_is_level_and_contains_its_mesh(networks: Networks) -> None:
    image = decode_image(inspect_image(encoded(scenes.rolled(30), ".png")))
    points = mesh_of(networks, image).points
    region = face_region(points)
    matrix = region.matrix()
    fractions = (points[:, :2] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    assert np.degrees(region.angle) == pytest.approx(30, abs=2)
    assert fractions.min() > 0.1
    assert fractions.max() < 0.9
    assert fractions[33, 1] == pytest.approx(fractions[263, 1], abs=0.01)


def test_a_plain_wall_has_no_face_presence(networks: Networks) -> None:
    region = detect_faces(networks, decode_image(inspect_image(drawn_portrait(".png"))))[0].region()
    assert (
        run_mesh_network(networks, decode_image(inspect_image(encoded(scenes.wall(), ".png"))), region).presence < 0.5
    )


def test_the_mean_of_two_views_repeats_better_than_a_single_run(networks: Networks) -> None:
    """The same face, its square found a little differently each time."""
    image = decode_image(inspect_image(drawn_portrait(".png")))
    square = detect_faces(networks, image)[0].region()
    nudges = [square.shifted(0.03 * np.cos(a), 0.03 * np.sin(a), 1 + 0.06 * np.sin(3 * a), 0.1 * np.cos(a))
              for a in np.arange(8.0)]  # fmt: skip
    once = np.stack([run_mesh_network(networks, image, nudged).points[:, :2] for nudged in nudges])
    product = np.stack([find_landmarks(networks, image, nudged).points[:, :2] for nudged in nudges])
    assert product.std(axis=0).mean() < 0.5 * once.std(axis=0).mean()


def test_the_eyes_are_found_at_their_drawn_positions_right_eye_first(networks: Networks) -> None:
    image = decode_image(inspect_image(drawn_portrait(".png")))
    lids, irises = find_eyes(networks, image, mesh_of(networks, image).points)
    drawn, tolerance = (
        DRAWN,
        0.06 * eye_distance(DRAWN),
    )
    assert lids.shape == (2, 16, 2)
    assert irises.shape == (2, 5, 2)
    for eye, (outer, inner) in enumerate(((33, 133), (263, 362))):
        assert lids[eye, 0] == pytest.approx(drawn[outer], abs=tolerance)
        assert lids[eye, 8] == pytest.approx(drawn[inner], abs=tolerance)
        assert irises[eye, 0] == pytest.approx(drawn[[outer, inner]].mean(axis=0), abs=1.5 * tolerance)
        assert lids[eye, 12, 1] < lids[eye, 4, 1]  # the upper lid above the lower one


def test_mirrored_photos_have_mirrored_eyes(networks: Networks) -> None:
    rgb = scenes.turned()
    straight, mirrored = (
        decode_image(inspect_image(encoded(rgb, ".png"))),
        decode_image(inspect_image(encoded(rgb[:, ::-1], ".png"))),
    )
    points = mesh_of(networks, straight).points
    flipped = points[canonical_face().mirror] * (-1, 1, 1) + (479, 0, 0)
    lids, _ = find_eyes(networks, straight, points)
    others, _ = find_eyes(networks, mirrored, flipped)
    assert others[::-1] * (-1, 1) + (479, 0) == pytest.approx(lids, abs=1.0)
