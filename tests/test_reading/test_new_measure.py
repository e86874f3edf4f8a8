"""A new measure touches two files besides vision, its row and its norm, and its label in each language."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import gwansang
from gwansang.texts import LOCALES

ROW = """    _row("XY", "mouth_to_face", "ratio", (_MOUTH, _CHEEKS), "smile", _OWN),
)
# fmt: on
"""
NORM = {"median": 0.42, "sd": 0.03, "p05": 0.37, "p25": 0.4, "p75": 0.44, "p95": 0.47}
SCRIPT = """
from datetime import date
from gwansang.reading.composer import compose
from gwansang.reading.gate import evidence_of_another_face
from gwansang.reading.lookalike import build_region_gallery
from gwansang.reading.measurements import MEASURES_BY_KEY, collect_measures
from gwansang.reading.model import CaptureConditions
from gwansang.reading.norming import derive_norms
from gwansang.reading.norms import default_norms, standardize
from gwansang.reading.stability import sample_photo
from gwansang.reading.texts import measures_text
capture = CaptureConditions()
norms = default_norms().measures
measures = collect_measures(
    {key: norm.median for key, norm in norms.items()}, {key: norm.sd / 2 for key, norm in norms.items()}, capture
)
assert measures.values["XY"].error == 0.015
assert standardize(measures, default_norms()).z["XY"] == 0
compose(measures, capture, date(2026, 11, 23), "en", 1990)
build_region_gallery([measures, measures]).compare(measures).nearest()
assert evidence_of_another_face(measures, measures) < 0
assert "XY" in sample_photo(measures, default_norms()).values
people = [{key: row + index for key in norms} for index, row in enumerate([0.1, 0.3] * 15)]
assert derive_norms(people, "own", "test", simulated_faces=50).measures["XY"].sd > 0
print(measures_text("ko")[MEASURES_BY_KEY["XY"].name], measures_text("en")[MEASURES_BY_KEY["XY"].name])
"""


def test_a_new_measure_touches_its_row_its_norm_and_its_labels(tmp_path: Path) -> None:
    package = shutil.copytree(Path(gwansang.__file__).parent, tmp_path / "gwansang")
    table = package / "reading" / "measurements.py"
    table.write_text(table.read_text().replace(")\n# fmt: on\n", ROW))
    for locale in LOCALES:
        edit(package / "texts" / locale / "measures.json", {"mouth_to_face": f"a label ({locale})"})
    edit(package / "reading" / "knowledge" / "measures.json", {}, norms=NORM)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert (done.stdout, done.stderr) == ("a label (ko) a label (en)\n", "")


def edit(path: Path, entries: dict[str, str], **figures: dict[str, float]) -> None:
    content = {**json.loads(path.read_bytes()), **entries}
    for section, row in figures.items():
        content[section]["measures"]["XY"] = row
    path.write_text(json.dumps(content))
