"""A photo becomes one face, always the same, or a reason that a user can act on."""

import threading
import time
from collections import Counter
from dataclasses import astuple
from functools import partial

import cv2
import numpy as np
import psutil
import pytest

from gwansang.core.exceptions import AppError
from gwansang.vision import errors, pipeline
from gwansang.vision.decode import DecodedImage, decode_image
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Face
from gwansang.vision.gates.headers import ImageHeader
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Network, Networks, Tensor
from gwansang.vision.pipeline import read_photo
from gwansang.vision.quality import QualityWarning
from gwansang.vision.self_test import run_self_test
from tests.support.photos import drawn_portrait, encoded, evaluation_photos, model_dir
from tests.test_vision import pictures, scenes


@pytest.fixture(scope="module")
def upright(engine: Networks) -> Face:
    return read_photo(drawn_portrait(".png"), engine)


def refusal(data: bytes, engine: Networks) -> AppError:
    with pytest.raises(AppError) as caught:
        read_photo(data, engine)
    return caught.value


# what a photo may show


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        pytest.param(scenes.wall(), errors.NoFaceError, id="a wall"),
        pytest.param(scenes.noise(), errors.NoFaceError, id="noise"),
        pytest.param(draw_face(800, 800, 10), errors.NoFaceError, id="a face of 10 px"),
        pytest.param(draw_face(800, 800, 60), errors.FaceTooSmallError, id="a face of 60 px"),
        pytest.param(scenes.crowd(2, 1, 640), errors.MultipleFacesError, id="two faces"),
        pytest.param(scenes.crowd(10, 5, 400), errors.MultipleFacesError, id="fifty faces"),
        pytest.param(draw_face()[:, 240:], errors.FaceCutOffError, id="half outside"),
        pytest.param(scenes.turned(yaw_deg=55), errors.FaceTurnedError, id="turned to the left"),
        pytest.param(scenes.turned(yaw_deg=-60), errors.FaceTurnedError, id="turned to the right"),
        pytest.param(scenes.turned(pitch_deg=45), errors.FaceTurnedError, id="chin up"),
        pytest.param(scenes.turned(pitch_deg=-45), errors.FaceTurnedError, id="chin down"),
        pytest.param(scenes.blurred(6), errors.FaceBlurredError, id="blurred"),
    ],
)
def test_what_gives_no_reading_is_named(engine: Networks, scene: scenes.Rgb, expected: type[AppError]) -> None:
    assert type(refusal(encoded(scene, ".png"), engine)) is expected


def test_the_number_of_faces_is_told(engine: Networks) -> None:
    assert refusal(encoded(scenes.crowd(3, 1, 640), ".png"), engine).context["count"] == 3


def test_a_small_face_behind_is_only_mentioned(engine: Networks) -> None:
    assert QualityWarning.OTHER_FACES in read_photo(encoded(scenes.with_one_behind(), ".png"), engine).quality.warnings


@pytest.mark.parametrize("degrees", [180, 90, -90, 45])
def test_a_photo_on_its_side_or_head_gives_the_same_face_and_how_it_lay(
    engine: Networks, upright: Face, degrees: int
) -> None:
    face = read_photo(encoded(scenes.rolled(degrees), ".png"), engine)
    assert (face.pose.roll_deg - degrees + 180) % 360 - 180 == pytest.approx(0, abs=3)
    assert face.frontal == pytest.approx(upright.frontal, abs=0.6)


@pytest.mark.parametrize("degrees", [-20, -10, 10, 20])
def test_the_angles_of_a_drawn_head_come_back_with_their_signs(engine: Networks, degrees: int) -> None:
    yaw = read_photo(encoded(scenes.turned(yaw_deg=degrees), ".png"), engine).pose.yaw_deg
    pitch = read_photo(encoded(scenes.turned(pitch_deg=degrees), ".png"), engine).pose.pitch_deg
    assert yaw == pytest.approx(degrees, abs=7)
    assert pitch == pytest.approx(degrees, abs=7)


def test_a_mirrored_photo_gives_the_mirrored_face(engine: Networks, upright: Face) -> None:
    mirrored = read_photo(encoded(draw_face()[:, ::-1], ".png"), engine)
    twins = canonical_face().mirror
    assert mirrored.points[twins, :2] * (-1, 1) + (479, 0) == pytest.approx(upright.points[:, :2], abs=2.5)
    assert mirrored.pose.yaw_deg == pytest.approx(-upright.pose.yaw_deg, abs=1)


@pytest.mark.parametrize("name", pictures.polyglots())
def test_a_portrait_with_something_hidden_in_it_is_that_portrait(engine: Networks, name: str) -> None:
    face, plain = (read_photo(data, engine) for data in (pictures.polyglots()[name], drawn_portrait()))
    assert np.array_equal(face.points, plain.points)


def test_bombs_are_refused_before_anything_is_decoded(engine: Networks) -> None:
    process = psutil.Process()
    for bomb in (pictures.png_of_zeros(16_000, 16_000), pictures.jpeg_claiming(drawn_portrait(), 65_500, 65_500)):
        before, start = process.memory_info().rss, time.thread_time()
        assert type(refusal(bomb, engine)) is errors.ImageTooLargeError
        assert time.thread_time() - start < 0.05
        assert process.memory_info().rss - before < 10_000_000


# the same face


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp"])
def test_the_orientation_of_the_file_changes_nothing(
    engine: Networks, upright: Face, orientation: int, kind: str
) -> None:
    stored = encoded(pictures.stored_as(draw_face(), orientation), kind)
    height, width = pictures.stored_as(draw_face(), orientation).shape[:2]
    block = pictures.tiff(orientation)
    photo = {
        ".jpg": lambda: pictures.jpeg_with_exif(stored, block),
        ".png": lambda: pictures.png_with(stored, pictures.chunk(b"eXIf", block)),
        ".webp": lambda: pictures.webp_with_exif(stored, block, width, height),
    }[kind]()
    face = read_photo(photo, engine)
    assert (face.image_width, face.image_height) == (480, 640)
    assert face.points[:, :2] == pytest.approx(upright.points[:, :2], abs=2)


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
@pytest.mark.parametrize("enlarged", [2, 4, 8])
def test_a_large_photo_is_read_from_a_reduced_one_at_the_same_place(
    engine: Networks, orientation: int, enlarged: int
) -> None:
    small = draw_face(479, 641)  # sides that leave a rest
    large = cv2.resize(small, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    stored = encoded(pictures.stored_as(large, orientation))
    face = read_photo(pictures.jpeg_with_exif(stored, pictures.tiff(orientation)), engine)
    expected = (read_photo(encoded(small, ".png"), engine).points[:, :2] + 0.5) * enlarged - 0.5
    assert face.points[:, :2] == pytest.approx(expected, abs=2 * enlarged)


@pytest.fixture
def decoded_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The reductions at which photos are decoded from now on; decoding itself is the real one."""
    reductions: list[int] = []

    def counted(header: ImageHeader, reduction: int = 1) -> DecodedImage:
        reductions.append(reduction)
        return decode_image(header, reduction)

    monkeypatch.setattr(pipeline, "decode_image", counted)
    return reductions


def twelve_megapixels(face_width: float) -> bytes:
    return pictures.jpeg_with_exif(
        encoded(pictures.stored_as(draw_face(4_032, 3_024, face_width), 6)), pictures.tiff(6)
    )


def test_twelve_megapixels_are_decoded_once_at_an_eighth_where_the_face_is_large(
    engine: Networks, decoded_at: list[int]
) -> None:
    face = read_photo(twelve_megapixels(1_400), engine)
    assert decoded_at == [8]
    assert (face.image_width, face.image_height) == (4_032, 3_024)
    assert face.quality.face_width_px == pytest.approx(1_330, rel=0.05)


@pytest.mark.parametrize(("face_width", "then"), [(620.0, 4), (330.0, 2), (210.0, 1)])
def test_twelve_megapixels_are_decoded_again_larger_where_the_face_is_small(
    engine: Networks, decoded_at: list[int], face_width: float, then: int
) -> None:
    face = read_photo(twelve_megapixels(face_width), engine)
    assert decoded_at == [8, then]
    assert face.quality.face_width_px == pytest.approx(face_width * 0.95, rel=0.05)


def facts(face: Face) -> tuple[object, ...]:
    return tuple(part.tobytes() if isinstance(part, np.ndarray) else part for part in astuple(face))


def test_the_same_bytes_give_the_same_face_on_every_engine_and_thread(engine: Networks, upright: Face) -> None:
    found: list[tuple[object, ...]] = []

    def read() -> None:
        own = Networks.load(model_dir())
        found.extend(facts(read_photo(drawn_portrait(".png"), own)) for _ in range(3))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert set(found) == {facts(upright)}


def test_the_loaded_networks_pass_their_self_test(engine: Networks) -> None:
    run_self_test(engine)


class Skewed(Network):
    """A network whose answers are off by a tenth of the view, as another model's might be."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.input_shape = network.input_shape

    def run(self, tensor: Tensor) -> list[Tensor]:
        return [output + 19 if output.size == 1404 else output for output in self._network.run(tensor)]


def test_a_network_that_measures_another_face_fails_the_self_test(engine: Networks) -> None:
    skewed = Networks(engine.short_range, engine.full_range, Skewed(engine.mesh), engine.iris)
    with pytest.raises(errors.ModelsMissingError):
        run_self_test(skewed)


def test_a_longer_lens_means_a_camera_further_away(engine: Networks) -> None:
    near, far = (
        read_photo(pictures.jpeg_with_exif(drawn_portrait(), pictures.tiff(1, focal_35mm=mm)), engine).quality
        for mm in (26, 52)
    )
    assert near.distance_cm == pytest.approx(30, abs=15)
    assert far.distance_cm == pytest.approx(2 * (near.distance_cm or 0.0))


# real photos


def test_nearly_all_evaluation_photos_give_a_face(engine: Networks) -> None:
    photos = evaluation_photos("london", "selfie", "distance")
    reasons: Counter[str] = Counter()
    for photo in photos:
        try:
            read_photo(photo.read_bytes(), engine)
        except AppError as error:
            reasons[error.code] += 1
    read = len(photos) - reasons.total()
    assert read >= len(photos) - 2, f"{read} of {len(photos)} photos give a face; refused: {dict(reasons)}"


def test_the_average_faces_are_read(engine: Networks) -> None:
    faces = list(map(partial(read_photo, engine=engine), (p.read_bytes() for p in evaluation_photos("composite"))))
    assert len(faces) == 10
    assert all(abs(face.pose.yaw_deg) < 5 for face in faces)


def test_a_real_photo_on_its_head_is_never_read_wrongly(engine: Networks) -> None:
    for photo in evaluation_photos("london", "selfie")[::8]:
        rgb = cv2.imread(str(photo))[..., ::-1].astype(np.uint8)
        try:
            roll = read_photo(encoded(rgb[::-1, ::-1]), engine).pose.roll_deg
        except errors.NoFaceError:
            continue
        assert abs(roll) > 150, photo.name
