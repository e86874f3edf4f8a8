"""Who is in the picture: one person on a plain ground is one, at any size, place and angle, and two people are two."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gwansang.core.exceptions import AppError
from gwansang.vision.decode import decode_image
from gwansang.vision.errors import MultipleFacesError, NoFaceError
from gwansang.vision.face import Points
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from gwansang.vision.subjects import search_again
from gwansang.vision.tracking import TrackingState, track_frame
from tests.support.photos import encoded, evaluation_photos
from tests.test_vision import scenes

Rgb = NDArray[np.uint8]
Place = tuple[float, float]


@dataclass(frozen=True)
class Person:
    """A portrait and the (478, 2) points of its face."""

    image: Rgb
    points: Points

    def paste(self, scene: Rgb, width: float, at: Place, angle: float = 0.0, *, whole: bool = True) -> Points:
        """Paste the portrait, or the face alone, so that the face has a width and a middle; return its points there."""
        scale, turn = width / float(np.linalg.norm(self.points[234] - self.points[454])), np.radians(angle)
        linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix = np.column_stack([linear, np.array(at) - linear @ self.points.mean(axis=0)])
        size, mask = (scene.shape[1], scene.shape[0]), np.full(self.image.shape[:2], 255, np.uint8)
        if not whole:
            mask[:] = 0
            cv2.fillPoly(mask, [cv2.convexHull(np.round(self.points[:468]).astype(np.int32))], (255,))
            mask = cv2.GaussianBlur(mask, (0, 0), 1.5).astype(np.uint8)
        pasted = cv2.warpAffine(self.image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        weight = cv2.warpAffine(mask, matrix, size)[..., None] / 255
        scene[:] = np.round(pasted * weight + scene * (1 - weight)).astype(np.uint8)
        placed: Points = self.points @ linear.T + matrix[:, 2]
        return placed


@pytest.fixture(scope="module")
def people(networks: Networks) -> dict[str, Person]:
    """Return some portraits by name."""
    names = ("001_03", "005_08", "127_08", "103_08", "011_03", "022f", "098m", "013_03", "119m", "061_08", "091_03")
    chosen = {path.stem: path for path in evaluation_photos("london", "canada") if path.stem in names}
    return {name: _person(path.read_bytes(), networks) for name, path in chosen.items()}


def _person(photo: bytes, networks: Networks) -> Person:
    points = read_photo(photo, networks).points[:, :2]
    image = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR_RGB)
    scale = 700 / max(image.shape)
    return Person(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), points * scale)


def ground(width: int, height: int, *colour: int) -> Rgb:
    return np.full((height, width, 3), colour, np.uint8)


@pytest.mark.parametrize(
    ("name", "size", "colour", "width", "at", "angle", "whole"),
    [
        ("127_08", (1600, 1200), (32, 225, 203), 145, (976, 683), 0, True),  # a ghost around the face
        ("103_08", (1280, 720), (187, 34, 1), 110, (778, 154), 0, True),
        ("005_08", (640, 480), (169, 248, 21), 105, (90, 278), 2, True),  # a ghost beside it
        ("001_03", (1280, 720), (211, 159, 158), 135, (135, 174), 0, True),
        ("011_03", (1280, 720), (178, 249, 17), 183, (743, 312), 27, False),
        ("098m", (720, 1280), (20, 20, 20), 105, (609, 618), -87, False),  # two boxes of one face
        ("013_03", (720, 1280), (215, 191, 128), 183, (392, 580), -161, True),  # lying and upside down
        ("119m", (720, 1280), (131, 254, 150), 140, (626, 425), 173, False),
        ("022f", (1000, 1000), (60, 60, 60), 130, (400, 300), 120, False),
        ("022f", (800, 800), (255, 255, 255), 480, (400, 420), 0, True),
        ("001_03", (1600, 1200), (0, 0, 0), 130, (1500, 1080), 90, True),
    ],
)
def test_one_person_on_a_plain_ground_is_one(
    networks: Networks,
    people: dict[str, Person],
    name: str,
    size: tuple[int, int],
    colour: tuple[int, int, int],
    width: float,
    at: Place,
    angle: float,
    whole: bool,
) -> None:
    scene = ground(*size, *colour)
    placed = people[name].paste(scene, width, at, angle, whole=whole)
    face = read_photo(encoded(scene), networks)
    off = float(np.linalg.norm(face.points[:, :2] - placed, axis=1).mean())
    assert off < 0.08 * width
    assert "OTHER_FACES" not in face.quality.warnings


@pytest.mark.parametrize(
    ("names", "share", "apart", "above"),
    [
        (("001_03", "022f"), 1.0, 1.5, 0.0),
        (("005_08", "103_08"), 0.9, 1.2, 0.05),
        (("061_08", "091_03"), 0.9, 1.45, 0.0),
        (("013_03", "119m"), 1.0, 0.85, 0.0),  # cheeks overlap
        (("127_08", "098m"), 0.85, 0.88, 0.1),
        (("011_03", "001_03"), 0.55, 1.2, 0.3),  # one behind the other
        (("098m", "022f"), 0.65, 1.15, 0.2),
    ],
)
def test_two_people_are_two(
    networks: Networks, people: dict[str, Person], names: tuple[str, str], share: float, apart: float, above: float
) -> None:
    scene, width = ground(1280, 800, 120, 150, 170), 230.0
    first, second = (people[name] for name in names)
    x = 420.0
    second.paste(scene, share * width, (x + apart * width * (1 + share) / 2, 420 - above * width), whole=False)
    first.paste(scene, width, (x, 420), whole=False)
    with pytest.raises(MultipleFacesError) as caught:
        read_photo(encoded(scene), networks)
    assert caught.value.context["count"] == 2


def test_a_search_in_all_rotations_counts_all_it_finds(networks: Networks, people: dict[str, Person]) -> None:
    scene = ground(1280, 800, 120, 150, 170)
    for name, x in (("001_03", 320.0), ("022f", 900.0)):
        people[name].paste(scene, 230, (x, 420), whole=False)
    image = decode_image(inspect_image(encoded(scene)))
    with pytest.raises(MultipleFacesError):
        search_again(networks, image)


def test_the_face_of_a_frame_is_found_beside_a_larger_ghost(networks: Networks, people: dict[str, Person]) -> None:
    scene = ground(640, 480, 169, 248, 21)
    placed = people["005_08"].paste(scene, 105, (90, 278), 2)
    frame = track_frame(encoded(scene), TrackingState(), networks)
    assert frame.points is not None
    assert frame.points[:, :2].mean(axis=0) == pytest.approx(placed.mean(axis=0), abs=12)
    assert frame.faces == 1


@pytest.mark.parametrize("scene", [scenes.wall(), scenes.noise(), np.rot90(scenes.noise())])
def test_a_search_in_all_rotations_finds_no_face_where_there_is_none(networks: Networks, scene: Rgb) -> None:
    with pytest.raises(NoFaceError):
        read_photo(encoded(np.ascontiguousarray(scene)), networks)


def test_a_single_upright_face_costs_no_further_look(networks: Networks, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = {"short_range": 0, "full_range": 0, "mesh": 0}
    for name in runs:
        network = getattr(networks, name)

        def counted(tensor: object, name: str = name, run: object = network.run) -> object:
            runs[name] += 1
            return run(tensor)  # type: ignore[operator]

        monkeypatch.setattr(network, "run", counted)
    read_photo(encoded(scenes.draw_face()), networks)
    assert (runs["short_range"], runs["mesh"]) == (1, 2)
    assert runs["full_range"] <= 1


def test_a_crowd_keeps_its_number(networks: Networks) -> None:
    with pytest.raises(AppError) as caught:
        read_photo(encoded(scenes.crowd(4, 1, 640)), networks)
    assert caught.value.context["count"] == 4
