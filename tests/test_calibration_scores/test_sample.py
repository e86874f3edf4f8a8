"""The format of MEASURES.npz."""

from pathlib import Path

import numpy as np
import pytest
from calibration.scores.sample import INDEX, UNMARKED_COLUMNS, SampleError, build_sample, load_sample, zones

from tests.test_calibration_scores.simulated import simulate_measures


def test_photos_become_one_row_for_each_person(tmp_path: Path) -> None:
    data = simulate_measures(12)
    np.savez(tmp_path / "measures.npz", **data)
    sample = load_sample(tmp_path / "measures.npz")
    assert len(sample) == 12
    assert list(sample.retakes) == ["near40"]
    assert sample.measured[3, INDEX["JW"]] == data["measured"][3, list(data["keys"]).index("JW")]
    assert sample.smiling[3, INDEX["FW"]] == data["extras"][12 + 3, list(data["extra_keys"]).index("FW")]
    assert (np.ptp(sample.hand[:, UNMARKED_COLUMNS], axis=0) == 0).all(), "nobody marked these"


def test_a_person_without_a_smiling_photo_has_nan_there() -> None:
    data = simulate_measures(6)
    kept = np.arange(18) != 6 + 2
    rows = {name: values[kept] if len(values) == 18 else values for name, values in data.items()}
    sample = build_sample(rows)
    assert sample.twice.tolist() == [True, True, False, True, True, True]


def test_a_file_without_neutral_photos_or_without_a_column_is_refused(tmp_path: Path) -> None:
    data = simulate_measures(4)
    with pytest.raises(SampleError, match="neutral"):
        build_sample({**data, "photo": np.array(["smiling", "a", "b"]).repeat(4)})
    with pytest.raises(SampleError, match="two photos of one name"):
        build_sample({**data, "photo": np.array(["neutral", "smiling", "smiling"]).repeat(4)})
    del data["error"]
    np.savez(tmp_path / "measures.npz", **data)
    with pytest.raises(SampleError, match="lacks error"):
        load_sample(tmp_path / "measures.npz")


def test_a_table_of_people_replaces_sex_and_group(tmp_path: Path) -> None:
    np.savez(tmp_path / "measures.npz", **simulate_measures(4))
    (tmp_path / "info.csv").write_text("face_id,face_gender,face_eth\n001,female,east asian\n")
    sample = load_sample(tmp_path / "measures.npz", tmp_path / "info.csv")
    assert sample.women.tolist() == [True, True, True, False]
    assert sample.group.tolist() == ["white", "east_asian", "white", "white"]


def test_zones_are_shares_of_one_face() -> None:
    upper, middle, lower = zones(np.array([0.0, 0.2]), np.array([-1.6, -1.2]))
    assert np.exp(upper) + np.exp(middle) + np.exp(lower) == pytest.approx([1, 1])
    assert lower - middle == pytest.approx([0.0, 0.2])
