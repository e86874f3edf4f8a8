"""Landmarks of a drawn face: the mesh, the irises and the expression."""

import numpy as np
import pytest

from gwansang.vision.crop import CropRegion
from gwansang.vision.decode import DecodedImage, decode_image
from gwansang.vision.detector import detect_faces
from gwansang.vision.drawn_face import drawn_points
from gwansang.vision.face import Points
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.landmarks import (
    FaceMesh,
    face_region,
    find_blendshapes,
    find_landmarks,
    find_landmarks_once,
)
from gwansang.vision.mesh import canonical_face, mirrored_landmarks
from gwansang.vision.models.runtime import Networks
from tests.support.photos import drawn_portrait, encoded
from tests.test_vision import scenes

DRAWN = drawn_points(480, 640, 225.0, canonical_face().vertices)


def mesh_of(networks: Networks, image: DecodedImage) -> FaceMesh:
    return find_landmarks(networks, image, detect_faces(networks, image)[0].region())


def eye_distance(points: Points) -> float:
    return float(np.linalg.norm(points[[33, 133], :2].mean(axis=0) - points[[263, 362], :2].mean(axis=0)))


def error_in_eye_distances(points: Points, expected: Points) -> float:
    """Return the mean distance between two meshes in eye distances."""
    offsets = points[:468, :2] - expected[:468, :2]
    return float(np.linalg.norm(offsets, axis=1).mean()) / eye_distance(expected)


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
    wall = decode_image(inspect_image(encoded(scenes.wall(), ".png")))
    assert find_landmarks_once(networks, wall, region).presence < 0.5
    assert find_landmarks(networks, wall, region).presence < 0.5


def test_the_mirrored_crop_gives_the_mirrored_landmarks(networks: Networks) -> None:
    rgb = scenes.turned()
    straight, mirrored = (decode_image(inspect_image(encoded(one, ".png"))) for one in (rgb, rgb[:, ::-1]))
    region = detect_faces(networks, straight)[0].region()
    flipped = CropRegion(479 - region.x, region.y, region.width, region.height, -region.angle)
    points = find_landmarks(networks, straight, region).points
    expected = points[mirrored_landmarks()] * (-1, 1, 1) + (479, 0, 0)
    # The crop's pixels lie half a pixel beside their mirror image, as in MediaPipe's own graph.
    assert error_in_eye_distances(find_landmarks(networks, mirrored, flipped).points, expected) < 0.005


def test_the_irises_are_found_in_the_middle_of_their_eyes_right_one_first(networks: Networks) -> None:
    points = mesh_of(networks, decode_image(inspect_image(drawn_portrait(".png")))).points
    assert points.shape == (478, 3)
    for centre, outer, inner in ((468, 33, 133), (473, 263, 362)):
        middle = DRAWN[[outer, inner]].mean(axis=0)
        assert points[centre, :2] == pytest.approx(middle, abs=0.09 * eye_distance(DRAWN))
        assert np.linalg.norm(points[centre + 1 : centre + 5, :2] - points[centre, :2], axis=1).min() > 2


def test_a_drawn_neutral_face_has_no_expression(networks: Networks) -> None:
    image = decode_image(inspect_image(drawn_portrait(".png")))
    blendshapes = find_blendshapes(networks, mesh_of(networks, image).points)
    assert blendshapes.shape == (52,)
    assert ((blendshapes >= 0) & (blendshapes <= 1)).all()
    assert blendshapes[[44, 45]].mean() < 0.3  # the corners of the mouth
