"""Fields of clients' points: learning on synthetic pairs, their file, and the figures of how alike readings become."""

import os
from pathlib import Path

import numpy as np
import pytest
from calibration.landmarks import client_points
from calibration.landmarks.client_fields import (
    FieldSettings,
    learn_field,
    mean_shape,
    save_fields,
    split_symmetric,
    with_errors,
)
from calibration.landmarks.client_networks import ONE_LOOK_PRODUCERS, OlderMeshClient, TasksClient, tracked_region
from calibration.landmarks.client_pairs import Lookers, Pairs, load_pairs
from calibration.landmarks.client_points import (
    ALL_KEYS,
    Reader,
    Study,
    add_zones,
    client_lines,
    learn_and_judge,
    person_folds,
    shape_difference,
)
from calibration.landmarks.landmarker import Landmarker
from calibration.landmarks.portraits import NEUTRAL, SMILING, Portrait

from gwansang.cli.people_info import PersonInfo
from gwansang.reading.belief import Validity
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.vision.client_points import EYE_SPAN, add_irises, read_fields
from gwansang.vision.face import Points
from gwansang.vision.measuring.template import KEYS
from gwansang.vision.mesh import LANDMARK_COUNT, canonical_face
from tests.support.photos import evaluation_photos, model_dir
from tests.test_calibration_landmarks import small_model

SETTINGS = FieldSettings(4, 2, 1e-4)


def made_pairs(count: int = 60, missing_irises: bool = False) -> tuple[Points, Points]:
    """Return points of clients and of the service that follow each other: a mean move, and a wider mouth.

    The service's mouth corners lie further out the longer the client's face is.
    """
    rng = np.random.default_rng(0)
    length = rng.normal(0, 0.05, count)
    vertices = np.repeat(canonical_face().vertices[None], count, axis=0) * (20, -20, -20)
    vertices[:, :, 1] *= 1 + length[:, None]
    clients = np.array([add_irises(np.add(face, (300, 400, 0))) for face in vertices])
    servers = clients.copy()
    servers[:, 1, 1] += 3
    servers[:, 61, 0] -= 40 * length
    servers[:, 291, 0] += 40 * length
    return (clients[:, :468] if missing_irises else clients), servers


@pytest.mark.parametrize("missing_irises", [False, True])
def test_a_field_learns_the_mean_and_what_follows_the_shape(missing_irises: bool) -> None:
    clients, servers = made_pairs(missing_irises=missing_irises)
    field = learn_field(clients[:40], servers[:40], SETTINGS)
    corrected = np.array([field.correct(points) for points in clients[40:]])
    before = np.linalg.norm(clients[40:, [1, 61, 291]] - servers[40:, [1, 61, 291]], axis=-1)
    after = np.linalg.norm(corrected[:, [1, 61, 291]] - servers[40:, [1, 61, 291]], axis=-1)
    assert np.median(after) < 0.15 * np.median(before)


def test_a_mean_shape_is_symmetric_and_of_one_size() -> None:
    mean = mean_shape(made_pairs()[0])
    np.testing.assert_allclose(split_symmetric(mean)[1], 0, atol=1e-9)
    assert float(np.ptp(mean[[33, 263], 0])) == pytest.approx(EYE_SPAN)


def test_a_saved_field_corrects_as_the_learned_one(tmp_path: Path) -> None:
    errors = np.arange(1.0, len(ALL_KEYS) + 1)
    fields = {
        "one_look": with_errors(learn_field(*made_pairs(), SETTINGS), ALL_KEYS, errors),
        "older_mesh": with_errors(learn_field(*made_pairs(missing_irises=True), SETTINGS), ALL_KEYS, errors),
    }
    save_fields(fields, tmp_path / "fields.npz")
    read = read_fields((tmp_path / "fields.npz").read_bytes())
    for kind, field in fields.items():
        points = made_pairs(missing_irises=kind == "older_mesh")[0][3]
        np.testing.assert_allclose(read[kind].correct(points), field.correct(points), atol=0.02)
        assert dict(read[kind].errors) == dict(zip(ALL_KEYS, errors, strict=True))


def test_differences_of_shapes_do_not_depend_on_the_photo() -> None:
    clients, servers = made_pairs(3)
    same = shape_difference(2 * clients + (10, -5, 0), clients)
    np.testing.assert_allclose(same, 0, atol=1e-9)
    assert (shape_difference(clients, servers) > 0).all()


def test_zones_follow_their_ratio_and_the_upper_one() -> None:
    values = np.full((2, len(ALL_KEYS) - 2), -1.0)
    values[:, KEYS.index("L-M")] = 0.3
    middle, lower = add_zones(values)[:, -2:].T
    np.testing.assert_allclose(lower - middle, 0.3)
    np.testing.assert_allclose(np.exp(middle) + np.exp(lower) + np.exp(-1), 1)


def test_a_person_is_in_one_fold() -> None:
    person = np.repeat([f"p{number}" for number in range(20)], 3)
    folds = person_folds(person).reshape(20, 3)
    assert (folds == folds[:, :1]).all()
    assert set(folds[:, 0].tolist()) == set(range(client_points.FOLDS))


def synthetic_pairs() -> Pairs:
    """Return pairs of 20 people with two photos each, in which clients differ by noise."""
    rng = np.random.default_rng(1)
    vertices = np.repeat(canonical_face().vertices[None], 20, axis=0)
    vertices = vertices * rng.normal(1, 0.04, (20, 1, 3)) + rng.normal(0, 0.05, vertices.shape)
    people = np.array([add_irises(face * (20, -20, -20) + (300, 400, 0)) for face in np.repeat(vertices, 2, axis=0)])

    def look(count: int) -> Points:
        return (people + rng.normal(0, 0.3, people.shape))[:, :count].astype(np.float32)

    return Pairs(
        person=np.repeat([f"p{number:02}" for number in range(20)], 2),
        kind=np.tile([NEUTRAL, SMILING], 20),
        name=np.full(40, "plain"),
        server=people.astype(np.float32),
        blendshapes=np.zeros((40, 52), np.float32),
        maps=rng.integers(0, 255, (40, 210, 180, 10)).astype(np.uint8),
        tasks=look(LANDMARK_COUNT),
        tracked=look(LANDMARK_COUNT),
        averaged=look(LANDMARK_COUNT),
        still=look(468),
        second=look(468),
        product=look(468),
    )


def test_figures_compare_every_producer_with_points_and_photo() -> None:
    pairs = synthetic_pairs()
    info = {
        person: PersonInfo(sex="female" if index % 2 else "male", origin="white")
        for index, person in enumerate(pairs.person.tolist())
    }
    count = len(MEASURES_BY_KEY)
    reader = Reader(np.zeros(count), np.ones(count), Validity(np.full(count, 0.8), np.full(count, 0.3), 0.83))
    study = Study(pairs, info, small_model(), reader)
    fields, figures = learn_and_judge(study, lambda meshes: np.zeros((len(meshes), 52), np.float32))
    assert set(figures) == {"points of the service", *ONE_LOOK_PRODUCERS, "still", "second", "product"}
    assert set(fields["one_look"].errors) == set(ALL_KEYS)
    assert all(0 <= share <= 1 for share in figures["tasks"]["parts like photo"].values())
    lines = list(client_lines(fields, figures))
    assert sum(line.startswith("| ") for line in lines) == 2 + len(figures) + len(ALL_KEYS)


def test_a_tracked_region_surrounds_the_points() -> None:
    points = made_pairs(1)[0][0]
    region = tracked_region(points)
    assert region.width == pytest.approx(1.5 * np.ptp(points[:, :2], axis=0).max())
    assert region.angle == pytest.approx(0.0, abs=1e-6)


def test_clients_look_at_a_real_portrait() -> None:
    (portrait, *_) = evaluation_photos("london")
    portraits = [Portrait("1", NEUTRAL, portrait, None)]
    older = Path(os.environ.get("GWANSANG_OLDER_MODELS", ""))
    if not (older / "face_landmark.tflite").is_file():
        pytest.skip("the networks of the older mesh are missing; set GWANSANG_OLDER_MODELS to their folder")
    lookers = Lookers(Landmarker(model_dir()), TasksClient(model_dir()), OlderMeshClient(older))
    pairs = load_pairs(portraits, lookers, None)
    plain = np.flatnonzero(pairs.name == "plain")
    assert len(pairs.person) == 10
    assert shape_difference(pairs.points("tasks")[plain], pairs.points("server")[plain])[0] < 0.01
    assert shape_difference(pairs.points("still")[plain], pairs.points("server")[plain])[0] < 0.08
    assert pairs.points("server").shape == (len(pairs.person), LANDMARK_COUNT, 3)
