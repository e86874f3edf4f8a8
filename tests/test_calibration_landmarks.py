"""Measures from mesh and pixels: geometry, channels, cascade, expressions, weights, and two real portraits."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from calibration.landmarks.__main__ import main
from calibration.landmarks.combining import learn_errors, learn_weights
from calibration.landmarks.cross_validation import HeldOut
from calibration.landmarks.expression import learn_relaxer
from calibration.landmarks.figures import classify
from calibration.landmarks.landmarker import Landmarker
from calibration.landmarks.learn_cascade import learn_cascade
from calibration.landmarks.least_squares import fit_ridge, solve_nonnegative
from calibration.landmarks.measures_file import save_measures
from calibration.landmarks.portraits import NEUTRAL, find_portraits, read_people
from calibration.landmarks.retakes import FIXED, PLAIN, Light, Retake, draw_retake, retake_portrait
from calibration.landmarks.takes import Takes, make_takes
from calibration.landmarks.training_set import TrainingSet
from calibration.landmarks.weights_file import save
from calibration.scores.sample import load_sample
from numpy.typing import NDArray

from gwansang.cli.people_info import PersonInfo
from gwansang.reading.hand_marks import MARKED_KEYS, measure_marks
from gwansang.reading.hand_marks import POINT_COUNT as TEMPLATE_POINTS
from gwansang.reading.truth_sample import MARKED_PARTS
from gwansang.vision.face import Points
from gwansang.vision.measuring.cascade import Cascade, RidgeStep, both_halves, join_halves, sample_grids, start_places
from gwansang.vision.measuring.channels import (
    CHANNELS,
    EYE_SPAN,
    HEIGHT,
    MIRRORED_CHANNELS,
    STRIDE,
    WIDTH,
    apply_matrix,
    crop_face,
    crop_matrix,
    make_channels,
    sample_channels,
)
from gwansang.vision.measuring.combining import CONDITIONS, Combiner, Errors, Estimator
from gwansang.vision.measuring.drawing import Drawing
from gwansang.vision.measuring.expression import Relaxer
from gwansang.vision.measuring.mesh_measures import EXTRA_KEYS, measure_extras, measure_mesh
from gwansang.vision.measuring.model import (
    Geometry,
    LandmarkModel,
    Landmarks,
    Nearness,
    join_shape,
    split_shape,
    turn_frontal,
)
from gwansang.vision.measuring.template import (
    KEYS,
    MODELS,
    TWINS,
    fold_halves,
    measure_template,
    mirror_points,
    unfold_halves,
)
from gwansang.vision.measuring.weights import load
from gwansang.vision.mesh import LANDMARK_COUNT, canonical_face, mirrored_landmarks
from tests.support.hand_marks import drawn_marks
from tests.support.photos import evaluation_photos, faces_folder, model_dir

SHAPE = 468 * 3 + len(MODELS) * 2


def random_crop(seed: int = 0) -> NDArray[np.uint8]:
    """Return a smooth random crop (420, 360, 3)."""
    noise = np.random.default_rng(seed).uniform(0, 255, (21, 18, 3)).astype(np.float32)
    return np.clip(cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), 20, 235).astype(np.uint8)


def crop_mesh(seed: int = 0) -> Points:
    """Return an irregular (478, 2) mesh in crop pixels."""
    vertices = np.vstack([canonical_face().vertices, np.zeros((10, 3))])
    wobble = np.random.default_rng(seed).normal(0, 2, (LANDMARK_COUNT, 2))
    return vertices[:, :2] * (14, -14) + (WIDTH / 2, 180) + wobble


def pixel_mesh() -> Points:
    """Return the canonical face as (478, 3) pixels of a photo."""
    vertices = np.vstack([canonical_face().vertices, canonical_face().vertices[[468 - 1] * 10]])
    return vertices * (20, -20, -20) + (300, 300, 0)


def small_model() -> LandmarkModel:
    """Return a model of random numbers that starts the points of `pixel_mesh` at a plausible face."""
    rng = np.random.default_rng(1)
    keys = len(KEYS)

    def estimator() -> Estimator:
        three, one = rng.uniform(1, 2, (3, 3, keys)), rng.uniform(1, 2, (5, keys))
        return Estimator(Combiner(*three, *one[:4]), Errors(one[4], rng.uniform(0, 1, (len(CONDITIONS), keys))))

    near = rng.integers(0, 468, (len(MODELS), 8))
    mesh = apply_matrix(crop_matrix(pixel_mesh()), pixel_mesh()[:, :2])
    face = (drawn_marks() - (500, 400)) * EYE_SPAN / 200 + ((WIDTH - 1) / 2, 172)
    bias = fold_halves(face, WIDTH) - start_places(mesh, near)[0]
    start = RidgeStep(rng.normal(0, 1e-4, (len(MODELS), 16, 2)).astype(np.float32), bias.astype(np.float32))
    weights = rng.normal(0, 1e-3, (len(MODELS), 25 * CHANNELS, 2)).astype(np.float32)
    step = RidgeStep(weights, np.zeros((len(MODELS), 2), np.float32))
    relaxer = Relaxer(
        join_shape(canonical_face().vertices, fold_halves(face, WIDTH)), *rng.normal(0, 0.003, (2, 4, SHAPE))
    )
    extra_errors = Errors(np.ones(len(EXTRA_KEYS)), np.ones((len(CONDITIONS), len(EXTRA_KEYS))))
    geometry = Geometry(relaxer, Nearness(rng.normal(0, 1e-3, 1404), 0.01), -3.0)
    return LandmarkModel(
        Cascade(near, start, (step,)), geometry, estimator(), estimator(), np.eye(2 * len(MODELS)), extra_errors
    )


def test_measures_of_a_template_do_not_change_with_scale_turn_and_mirroring() -> None:
    plain = measure_template(drawn_marks())
    np.testing.assert_allclose(measure_template(drawn_marks(2.5, 20.0)), plain, atol=1e-9)
    mirrored = np.full((TEMPLATE_POINTS, 2), np.nan)
    points = drawn_marks()
    mirrored[list(MODELS)] = mirror_points(points[list(TWINS)], 1000)
    mirrored[list(TWINS)] = mirror_points(points[list(MODELS)], 1000)
    keys = [KEYS.index(key) for key in KEYS if key not in {"NL", "CL"}]  # the drawn face has one bridge point
    np.testing.assert_allclose(measure_template(mirrored)[keys], plain[keys], atol=1e-9)
    assert measure_template(np.stack([points] * 6).reshape(2, 3, -1, 2)).shape == (2, 3, len(KEYS))


def test_the_measures_of_a_template_are_those_of_the_hand_marks() -> None:
    marks = drawn_marks() + np.random.default_rng(0).normal(0, 3, (TEMPLATE_POINTS, 2))
    assert KEYS == MARKED_KEYS
    np.testing.assert_allclose(measure_template(marks), list(measure_marks(marks).values()), rtol=1e-9)


def test_halves_that_are_folded_and_unfolded_are_symmetric() -> None:
    points = np.random.default_rng(0).uniform(0, 300, (3, TEMPLATE_POINTS, 2))
    half = fold_halves(points, WIDTH)
    whole = unfold_halves(half, WIDTH)
    np.testing.assert_allclose(whole[:, list(MODELS)], mirror_points(whole[:, list(TWINS)], WIDTH))
    np.testing.assert_allclose(fold_halves(whole, WIDTH), half)


def test_measures_of_a_mesh_are_ratios_of_its_vertices() -> None:
    mesh = canonical_face().vertices
    values = dict(zip(KEYS, measure_mesh(mesh), strict=True))
    inner = np.hypot(*(mesh[133] - mesh[362])[:2])
    assert values["MW"] == pytest.approx(np.hypot(*(mesh[61] - mesh[291])[:2]) / inner)
    assert values["CJ"] == pytest.approx(1 / values["JW"])
    np.testing.assert_allclose(measure_mesh(3 * mesh), measure_mesh(mesh))
    assert measure_extras(np.stack([mesh, mesh])).shape == (2, len(EXTRA_KEYS))


def test_a_crop_has_level_eyes_at_one_distance_whatever_the_photo() -> None:
    points = pixel_mesh()
    angle = np.radians(25)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = points.copy()
    turned[:, :2] = 1.7 * points[:, :2] @ turn.T + (40, -90)
    for mesh in (points, turned):
        right, left = apply_matrix(crop_matrix(mesh), mesh[[33, 263], :2])
        np.testing.assert_allclose(left - right, (EYE_SPAN, 0), atol=1e-9)
        np.testing.assert_allclose((left + right) / 2, (WIDTH / 2 - 0.5, 172), atol=1e-9)


def test_a_larger_photo_gives_the_same_crop() -> None:
    small = random_crop()
    large = cv2.resize(small, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    unit = np.array([[1.0, 0, 0], [0, 1, 0]])
    quarter = np.array([[0.25, 0, -0.375], [0, 0.25, -0.375]])
    difference = np.abs(crop_face(large, quarter).astype(int) - crop_face(small, unit))
    assert np.median(difference) <= 1


def test_channels_of_a_mirrored_crop_are_the_mirrored_channels() -> None:
    crop = random_crop()
    maps, mirrored = make_channels(crop), make_channels(np.ascontiguousarray(crop[:, ::-1]))
    difference = np.abs(mirrored[:, ::-1][..., MIRRORED_CHANNELS].astype(int) - maps)
    assert difference[12:-12, 12:-12].max() <= 2


def test_channels_hardly_change_with_the_exposure() -> None:
    crop = random_crop()
    dark = (crop * 0.6).astype(np.uint8)
    assert np.median(np.abs(make_channels(crop).astype(int) - make_channels(dark))) <= 4


def test_sampling_reads_cells_at_their_centres_and_between_them() -> None:
    maps = np.random.default_rng(0).integers(0, 255, (HEIGHT // STRIDE, WIDTH // STRIDE, CHANNELS)).astype(np.uint8)
    centre = np.array([[20.5, 10.5], [21.5, 10.5]])  # of cell (5, 10), and between it and the next
    values = sample_channels(maps, centre) * 64
    np.testing.assert_allclose(values[0], maps[5, 10], atol=1e-3)
    np.testing.assert_allclose(values[1], (maps[5, 10].astype(float) + maps[5, 11]) / 2, atol=1e-3)


def test_a_cascade_finds_mirrored_points_in_a_mirrored_crop() -> None:
    cascade = small_model().cascade
    crop, mesh = random_crop(), crop_mesh()
    found = cascade.find(make_channels(crop), mesh)
    mirrored = cascade.find(
        make_channels(np.ascontiguousarray(crop[:, ::-1])), mirror_points(mesh[mirrored_landmarks()], WIDTH)
    )
    np.testing.assert_allclose(mirror_points(mirrored[list(TWINS)], WIDTH), found[list(MODELS)], atol=0.05)


def test_a_step_of_a_cascade_is_its_features_times_its_weights() -> None:
    maps, places = make_channels(random_crop()), np.full((2, len(MODELS), 2), 150.0)
    features = sample_grids(maps, places)
    step = small_model().cascade.steps[0]
    expected = features[1, 3] @ step.weights[3] + step.bias[3]
    np.testing.assert_allclose(step.shift(features)[1, 3], expected, atol=1e-4)


def test_a_cascade_without_weights_starts_at_the_mean_of_the_nearest_vertices() -> None:
    near = np.tile(np.arange(8), (len(MODELS), 1))
    nothing = RidgeStep(np.zeros((len(MODELS), 16, 2), np.float32), np.ones((len(MODELS), 2), np.float32))
    mesh = crop_mesh()
    points = Cascade(near, nothing, ()).find_without_picture(mesh)
    np.testing.assert_allclose(points[MODELS[0]], mesh[:6].mean(axis=0) + 1)
    halves = both_halves(mesh)[:, :40]
    assert np.isnan(join_halves(halves)[0]).all()  # a template point without a model


def test_a_relaxer_takes_out_the_expression_and_keeps_the_rest() -> None:
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(40, 40)))[0]
    people, smile, residual = basis[:3], basis[3], basis[30]
    neutral = rng.normal(0, 3, (60, 3)) @ people + rng.normal(0, 0.02, (60, 40))
    strength = rng.normal(2, 0.5, (60, 1))
    relaxer = learn_relaxer(neutral, (neutral, neutral + strength * smile), identities=3, expressions=1, noise=1.0)
    face = neutral[0] + 1.5 * residual
    relaxed = relaxer.relax(face + 2 * smile)
    assert abs((relaxed - face) @ smile) < 0.05
    assert relaxed @ residual == pytest.approx(face @ residual, abs=0.05)
    np.testing.assert_allclose(relaxed @ people.T, face @ people.T, atol=0.05)


def test_shapes_are_split_as_they_were_joined() -> None:
    rng = np.random.default_rng(0)
    meshes, half = rng.normal(size=(2, 468, 3)), rng.normal(size=(2, len(MODELS), 2))
    for joined, split in zip((meshes, half), split_shape(join_shape(meshes, half)), strict=True):
        np.testing.assert_allclose(split, joined)


def test_nonnegative_least_squares_finds_known_weights_and_refuses_negative_ones() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 4))
    np.testing.assert_allclose(solve_nonnegative(rows, rows @ (0.5, 0, 2, 0)), (0.5, 0, 2, 0), atol=1e-9)
    weights = solve_nonnegative(rows, rows @ (1, -1, 0.5, 0))
    assert weights[1] == 0
    gradient = rows.T @ (rows @ weights - rows @ (1, -1, 0.5, 0))
    np.testing.assert_allclose(gradient[weights > 0], 0, atol=1e-8)
    assert (gradient[weights == 0] >= -1e-8).all()


def test_ridge_predicts_each_row_from_the_other_folds() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3)).astype(np.float32)
    y = x @ np.array([[1.0, 2], [0, 1], [-1, 0]]) + (5, 6)
    fold, weight = np.arange(80) % 4, np.ones(80, np.float32)
    weights, bias, predictions = fit_ridge(x, y, weight, 1e-6, fold)
    np.testing.assert_allclose(x @ weights + bias, y, atol=1e-4)
    np.testing.assert_allclose(predictions, y, atol=1e-4)
    spoiled = y.copy()
    spoiled[fold == 0] += 100
    np.testing.assert_allclose(fit_ridge(x, spoiled, weight, 1e-6, fold)[2][fold == 0], y[fold == 0], atol=1e-4)


def test_weights_prefer_estimates_that_are_true_and_steady() -> None:
    rng = np.random.default_rng(0)
    hand = rng.normal(size=300)
    true, loud, moved = hand + rng.normal(0, 0.1, 300), rng.normal(size=300), rng.normal(0, 3, 300)
    neutral = np.column_stack([true, loud, hand])
    smiling = np.column_stack([true, loud, hand + moved])
    smiling[::2] = np.nan
    weights = learn_weights(neutral, smiling, hand, ridge=1.0)
    assert weights[0] > 0.85
    assert weights[1:] == pytest.approx(0, abs=0.08)


def test_errors_grow_with_the_conditions_that_spoil_a_measure() -> None:
    rng = np.random.default_rng(0)
    conditions = rng.uniform(0, 2, (4000, len(CONDITIONS)))
    conditions[:1000] = 0
    spread = np.sqrt(0.04 + 0.25 * conditions[:, 2])
    deviations = rng.normal(size=(4000, len(KEYS))) * spread[:, None]
    errors = learn_errors(conditions, deviations, np.arange(4000) < 1000, np.full(len(KEYS), 3.0))
    poor = np.array([0, 0, 2.0, 0, 0])
    assert errors.declare(np.zeros(5)) == pytest.approx(3 * 0.2, rel=0.35)
    assert np.median(errors.declare(poor)) == pytest.approx(3 * np.sqrt(0.54), rel=0.1)


def test_drawn_points_measure_what_is_asked_of_them() -> None:
    upright = (drawn_marks() - (500, 400)) * (1, -1)
    values = measure_template(drawn_marks())
    sd = 0.05 * np.abs(values) + 0.01
    goal = values + sd * np.random.default_rng(0).normal(0, 0.5, len(values))
    drawn = Drawing.around(upright, np.full((80, 80), 4.0) + 25 * np.eye(80), sd).fit_points(upright, goal)
    goal[KEYS.index("CJ")] = 1 / goal[KEYS.index("JW")]
    assert np.abs((measure_template(drawn * (1, -1)) - goal) / sd).max() < 0.1
    np.testing.assert_allclose(drawn[18], drawn[27] * (-1, 1), atol=1e-9)


def test_a_frontal_mesh_is_symmetric_and_has_the_pose_of_the_photo() -> None:
    face = turn_frontal(pixel_mesh())
    np.testing.assert_allclose(face.mesh, canonical_face().vertices, atol=0.05)
    np.testing.assert_allclose(face.pose, 0, atol=0.1)


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    model, path = small_model(), tmp_path / "weights.npz"
    save(model, path)
    again = load(path)
    image = np.zeros((600, 600, 3), np.uint8)
    image[90 : 90 + HEIGHT, 120 : 120 + WIDTH] = random_crop()
    landmarks = Landmarks(pixel_mesh(), np.linspace(0, 1, 52), 300.0)
    first, second = model.measure(image, landmarks), again.measure(image, landmarks)
    np.testing.assert_allclose(second.values, first.values, rtol=0.02, atol=0.05)
    np.testing.assert_allclose(second.errors, first.errors, rtol=1e-5)
    assert second.points[18] == pytest.approx(first.points[18], abs=0.05)
    assert np.isfinite(again.measure_landmarks(landmarks).values).all()


def test_a_retake_moves_the_marks_with_the_picture() -> None:
    image = np.zeros((600, 600, 3), np.uint8)
    mark = np.array([[300.0, 340.0]])
    cv2.circle(image, (300, 340), 5, (255, 255, 255), -1)
    rng = np.random.default_rng(0)
    retake = Retake("all", near_cm=30, yaw_deg=8, face_px=200, quality=90, light=Light(1, 1, 0.1, 0, 1, 1), noise=1)
    changed, moved = retake_portrait(image, pixel_mesh(), mark, retake, 0.05, rng)
    rows, columns = np.nonzero(changed[..., 0] > 120)
    assert np.hypot(columns.mean() - moved[0, 0], rows.mean() - moved[0, 1]) < 0.5
    assert changed.shape[0] < 600
    same, marks_kept = retake_portrait(image, pixel_mesh(), mark, PLAIN, 0.05, rng)
    assert (same == image).all()
    assert (marks_kept == mark).all()


def test_random_retakes_are_the_same_for_the_same_seed() -> None:
    one, other = (draw_retake(np.random.default_rng(5), "r0") for _ in range(2))
    assert one == other
    assert len({retake.name for retake in FIXED}) == len(FIXED)


def test_held_out_measures_are_written_as_the_scores_read_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = [(NEUTRAL, "plain"), (NEUTRAL, "near25"), (NEUTRAL, "r0"), ("smiling", "plain")]
    rows = [(f"{number:03}", kind, name) for number in range(4) for kind, name in names]
    count = len(rows)
    person, kind, name = (np.array(column) for column in zip(*rows, strict=True))
    marked = (drawn_marks() + rng.normal(0, 1, (count, TEMPLATE_POINTS, 2))).astype(np.float32)
    marked[kind != NEUTRAL] = np.nan
    mesh = np.tile(pixel_mesh(), (count, 1, 1)).astype(np.float32)
    blank = np.zeros((count, 1), np.float32)
    matrix = np.tile(np.eye(2, 3), (count, 1, 1))
    takes = Takes(person, kind, name, mesh, blank, matrix, blank.astype(np.uint8), marked, np.zeros(count))
    sexes = ("female", "male", "female", "male")
    training = TrainingSet(takes, {f"{i:03}": PersonInfo(sex, "white") for i, sex in enumerate(sexes)})
    table, extras = rng.normal(size=(count, len(KEYS))), -rng.uniform(0.5, 1, (count, len(EXTRA_KEYS)))
    points = np.zeros((count, TEMPLATE_POINTS, 2))
    held_out = HeldOut(table[:, None], table, table, np.abs(table) + 1, extras, points, table, table[:0])
    save_measures(training, held_out, tmp_path / "measures.npz")
    sample = load_sample(tmp_path / "measures.npz", None)
    assert len(sample) == 4
    assert sample.twice.all()
    assert set(sample.retakes) == {"near25"}


def test_every_part_with_marks_gets_a_class() -> None:
    labels = classify(np.random.default_rng(0).normal(size=(4, len(KEYS))))
    assert labels.shape == (4, len(MARKED_PARTS))


def test_the_command_names_what_it_lacks(tmp_path: Path) -> None:
    command = ["learn", str(tmp_path), "--out", "weights.npz"]
    with pytest.raises(SystemExit, match="holds no portraits"):
        main(command)
    photo = tmp_path / "london" / NEUTRAL / "001_03.jpg"
    photo.parent.mkdir(parents=True)
    photo.touch()
    with pytest.raises(SystemExit, match="can't be used"):
        main([*command, "--models", str(tmp_path)])


def test_a_cascade_learned_from_two_portraits_finds_their_marks() -> None:
    evaluation_photos("london")
    folder = faces_folder()
    assert folder is not None
    portraits = [portrait for portrait in find_portraits(folder) if portrait.kind == NEUTRAL][:2]
    training = TrainingSet(make_takes(portraits, Landmarker(model_dir())), read_people(folder))
    assert training.hand.shape == (2, len(KEYS))
    corners = np.linalg.norm(training.marks[:, [18, 27]] - training.mesh[:, [33, 263]], axis=2)
    assert corners.max() < 12  # crop pixels, in every retake: the marks were moved with the picture
    cascade = learn_cascade(training, np.ones(2, dtype=bool))
    for row in training.plain:
        found = cascade.find(training.takes.maps[row], training.mesh[row])
        distance = np.linalg.norm(found - training.marks[row], axis=1)[list(MODELS)]
        assert np.median(distance) < 3
        start = cascade.find_without_picture(training.mesh[row])
        assert np.median(np.linalg.norm(start - training.marks[row], axis=1)[list(MODELS)]) < 6
