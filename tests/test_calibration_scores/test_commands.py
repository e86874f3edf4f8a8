"""The commands, on simulated people."""

import json
from pathlib import Path

import numpy as np
import pytest
from calibration.scores import meanings
from calibration.scores.__main__ import main
from calibration.scores.figures import Figure
from calibration.scores.report import reached
from calibration.scores.sample import KEYS, SCORED

from gwansang.reading import agreement
from gwansang.reading.archetypes import archetype_definitions
from gwansang.reading.taxonomy import load_taxonomy
from tests.test_calibration_scores.simulated import simulate_measures


@pytest.fixture
def measures(tmp_path: Path) -> Path:
    path = tmp_path / "measures.npz"
    np.savez(path, **simulate_measures(72, sex_difference=0.3))
    return path


def test_fit_writes_the_data_files_of_the_reading(
    measures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meanings, "_SIMULATED", 500)
    main(["fit", str(measures), str(tmp_path / "out")])
    data = {path.stem: json.loads(path.read_bytes()) for path in (tmp_path / "out").iterdir()}
    assert set(data) == {"taxonomy", "measures", "truth", "gate", "scores"}
    assert set(data["measures"]["norms"]["measures"]) == set(data["truth"]["measures"]) == set(KEYS)
    assert set(data["measures"]) == {"norms", "population"}, "vision declares the errors"
    assert set(data["scores"]["weights"]) == {"wealth", "love", "health", "social", "overall"}
    assert list(data["scores"]["weights"]["love"]) == list(SCORED) == data["gate"]["keys"]
    assert np.array(data["gate"]["same"]).shape == (len(SCORED), len(SCORED))
    assert set(data["scores"]["scales"]["archetype_offsets"]) == {one.id for one in archetype_definitions()}
    cheekbones = next(part for part in data["taxonomy"]["parts"] if part["key"] == "cheekbones")
    assert cheekbones["measures"] == ["CJ", "FL"]
    assert "people" not in json.dumps(data["truth"]["measures"]), "aggregate figures only"


def test_evaluate_prints_every_figure_with_its_target(
    measures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "_DRAWS", 10)
    monkeypatch.setattr(meanings, "_SIMULATED", 500)
    data = simulate_measures(8, seed=5)
    groups = {name: data[name] for name in ("keys", "extra_keys")} | {"names": np.array([f"g{i}" for i in range(8)])}
    np.savez(tmp_path / "groups.npz", measured=data["measured"][:8], extras=data["extras"][:8], **groups)
    target = tmp_path / "figures.json"
    main(["evaluate", str(measures), "--groups", str(tmp_path / "groups.npz"), "--json", str(target)])
    content = json.loads(target.read_bytes())
    figures = content["figures"]
    assert content["people"] == 72
    assert figures["class truth, neutral"]["value"] > 0.3
    assert figures["honest smile: refused"]["value"] <= 0.03
    assert figures["largest correlation of two energies"]["value"] < 0.6
    assert len(content["groups"]) == 15
    assert set(content["parts"]) == {part.key for part in load_taxonomy()}
    printed = capsys.readouterr().out
    assert all(f"| {name} |" in printed for name in figures)
    low, high = figures["overall: d women - men"]["interval"]
    assert low <= high


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure(0.4, None, ">= 0.38"), True),
        (Figure(0.6, None, "<= 0.5"), False),
        (Figure(0.0, None, "> 0"), False),
        (Figure(float("nan"), None, "<= 0.5"), False),
        (Figure(0.5, (-0.1, 1.1), "meets -0.3..0.3"), True),
        (Figure(0.9, (0.4, 1.4), "meets -0.3..0.3"), False),
        (Figure(0.5), None),
    ],
)
def test_a_figure_is_judged_by_its_target_alone(figure: Figure, verdict: bool | None) -> None:
    assert reached(figure) is verdict


def test_a_broken_file_is_named_in_one_sentence(tmp_path: Path) -> None:
    np.savez(tmp_path / "measures.npz", person=np.array(["a"]))
    with pytest.raises(SystemExit, match="lacks photo"):
        main(["evaluate", str(tmp_path / "measures.npz")])
