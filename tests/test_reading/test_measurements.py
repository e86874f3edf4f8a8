"""The measures are properties of the face, not of the photo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.errors import UnmeasurableFaceError
from gwansang.reading.measurement_error import measurement_error
from gwansang.reading.measurements import MEASURE_TABLE, MEASURES_BY_KEY, measure_face
from gwansang.reading.model import CaptureConditions
from gwansang.reading.norms import default_norms
from gwansang.reading.texts import measures_text
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from gwansang.vision.pose import align_to_canonical
from tests.support.factories import IDEAL, frontal_face, mirror_mesh, project_mesh
from tests.support.photos import evaluation_photos, model_dir

seeds = st.integers(0, 10_000)


def values(mesh: np.ndarray) -> dict[str, float]:
    return {key: m.value for key, m in measure_face(mesh, IDEAL).values.items()}


@given(seeds, st.floats(1e-6, 1e200))
def test_a_larger_photo_gives_the_same_measures(seed: int, scale: float) -> None:
    face = frontal_face(seed)
    assert values(face * scale) == pytest.approx(values(face), rel=1e-6, abs=1e-9)


@given(seeds, st.tuples(*[st.floats(-50, 50)] * 3))
def test_a_shifted_face_gives_the_same_measures(seed: int, shift: tuple[float, float, float]) -> None:
    face = frontal_face(seed)
    assert values(face + shift) == pytest.approx(values(face), rel=1e-6, abs=1e-9)


@given(seeds)
def test_a_mirrored_selfie_gives_the_same_measures(seed: int) -> None:
    face = frontal_face(seed, lopsided=0.6)
    assert values(mirror_mesh(face)) == pytest.approx(values(face), rel=1e-9, abs=1e-9)
    assert measure_face(mirror_mesh(face), IDEAL).asymmetry == pytest.approx(measure_face(face, IDEAL).asymmetry)


@given(seeds, st.floats(-180, 180))
def test_a_tilted_photo_gives_the_same_measures(seed: int, roll_deg: float) -> None:
    face = frontal_face(seed)
    upright, tilted = (
        align_to_canonical(project_mesh(face)).frontal,
        align_to_canonical(project_mesh(face, roll_deg)).frontal,
    )
    assert values(tilted) == pytest.approx(values(upright), rel=1e-6, abs=1e-6)


@given(seeds)
def test_a_lopsided_face_has_a_larger_asymmetry(seed: int) -> None:
    even = measure_face(frontal_face(seed, lopsided=0.02), IDEAL).asymmetry
    lopsided = measure_face(frontal_face(seed, lopsided=0.8), IDEAL).asymmetry
    assert sum(lopsided.values()) > sum(even.values())


def test_the_measures_of_the_canonical_face_have_their_documented_values() -> None:
    found = values(canonical_face().vertices)
    expected = {"JA": 139.92, "ES": 1.433, "EO": 0.259, "BS": -9.932, "ET": 1.742, "MC": -1.730, "NL": 0.375}
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=0.002)
    more = {"BO": 0.492, "BE": 0.596, "BA": 0.124, "NR": 0.398, "MW": 1.323, "LF": 0.287, "CL": 0.753, "PL": 0.180}
    assert {key: found[key] for key in more} == pytest.approx(more, abs=0.002)


def test_every_measure_has_an_overlay_a_label_and_a_norm() -> None:
    assert len({row.name for row in MEASURE_TABLE}) == len(MEASURE_TABLE)
    assert set(MEASURES_BY_KEY) == set(default_norms().measures)
    assert list(measures_text("ko")) == [row.name for row in MEASURE_TABLE]
    for row in MEASURE_TABLE:
        assert row.overlays
        assert all(0 <= vertex < 468 for overlay in row.overlays for vertex in overlay.vertices)
        assert row.sensitive_to
        assert row.source


@pytest.mark.parametrize(
    ("key", "better", "worse"),
    [
        ("FH", IDEAL, CaptureConditions(fringe=True)),
        ("MW", IDEAL, CaptureConditions(smile=0.9)),
        ("CL", IDEAL, CaptureConditions(mouth_gap=0.3)),
        ("BS", IDEAL, CaptureConditions(pitch_deg=15.0)),
        ("EO", CaptureConditions(face_width_px=400), CaptureConditions(face_width_px=100)),
        ("CL", CaptureConditions(distance_cm=80), CaptureConditions(distance_cm=25)),
        ("BO", IDEAL, CaptureConditions(yaw_deg=20.0)),
    ],
)
def test_worse_conditions_increase_the_error_of_a_measure(
    key: str, better: CaptureConditions, worse: CaptureConditions
) -> None:
    assert measurement_error(key, worse) > measurement_error(key, better) > 0


def test_the_error_at_an_unknown_distance_is_between_far_and_near() -> None:
    known, unknown, close = (measurement_error("JW", CaptureConditions(distance_cm=cm)) for cm in (80.0, None, 20.0))
    assert known < unknown < close


def broken_faces() -> dict[str, np.ndarray]:
    face = canonical_face().vertices
    hole, infinite, flat = face.copy(), face.copy(), face.copy()
    hole[33, 1], infinite[4, 2] = np.nan, np.inf
    flat[:, 1] = 0.0
    return {
        "too few points": face[:467],
        "no depth": face[:, :2],
        "a hole": hole,
        "infinite": infinite,
        "one point": np.zeros((468, 3)),
        "a line": flat,
        "upside down": face * (1.0, -1.0, 1.0),
        "from behind": face * (-1.0, 1.0, 1.0),
        "shuffled": np.random.default_rng(1).permutation(face),
    }


@pytest.mark.parametrize("kind", broken_faces())
def test_points_that_are_no_face_are_refused_with_a_reason(kind: str) -> None:
    with pytest.raises(UnmeasurableFaceError, match=r"\w+ \w+"), np.errstate(all="ignore"):
        measure_face(broken_faces()[kind], IDEAL)


def test_the_norms_fit_the_measures_of_real_portraits() -> None:
    """The shipped norms stand for another population; a wrong definition would still be many SD away."""
    photos = [photo for photo in evaluation_photos("london") if "neutral" in str(photo)][::4]
    networks = Networks.load(model_dir())
    found = [values(read_photo(photo.read_bytes(), networks).frontal) for photo in photos]
    norms = default_norms()
    medians = {key: norms.z(key, float(np.median([face[key] for face in found]))) for key in norms.measures}
    assert {key: z for key, z in medians.items() if abs(z) > 2.0} == {}
    assert sum(abs(z) <= 1.0 for z in medians.values()) >= 0.75 * len(medians)
