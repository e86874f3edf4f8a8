"""`gwansang evaluate quality` as its users run it."""

import json
from pathlib import Path

import pytest

from tests.support.photos import drawn_portrait
from tests.test_cli.running import gwansang


@pytest.fixture
def portraits(tmp_path: Path) -> Path:
    """Two photos of drawn people with their groups, and a file that is no photo."""
    folder = tmp_path / "portraits"
    folder.mkdir()
    for name, width in (("anna", 225.0), ("ben", 250.0)):
        (folder / f"{name}_1.jpg").write_bytes(drawn_portrait(face_width=width))
    (folder / "carl_1.jpg").write_text("no photo")
    (folder / "info.csv").write_text("face_id,face_gender,face_eth\nanna,female,white\nben,male,black\n")
    return folder


def test_drawings_on_two_photos_give_figures_and_contact_sheets(portraits: Path, tmp_path: Path) -> None:
    out, sheets = tmp_path / "out.json", tmp_path / "sheets"
    kinds = ("--only", "cover", "--only", "steady change", "--only", "composition")
    arguments = (portraits, *kinds, "--compositions", "2", "--seed", "3", "--json", out, "--save", sheets)
    done = gwansang("evaluate", "quality", *arguments, COLUMNS="250")
    assert done.returncode == 0, done.stderr
    assert "2 photos of 3 people, seed 3" in done.stdout
    assert "1 refused, UNSUPPORTED_IMAGE_TYPE" in done.stdout
    figures = json.loads(out.read_text())
    drawn = figures["drawn"]
    assert list(drawn) == ["cover", "steady change", "composition"]
    assert {name: row["drawn"] for name, row in drawn["cover"].items()}["sunglasses"] == 2
    assert drawn["cover"]["all"]["drawn"] == 2 * (len(drawn["cover"]) - 1)
    assert (
        0 <= drawn["steady change"]["mirrored"]["parts_kept"] <= drawn["steady change"]["mirrored"]["parts_told"] <= 15
    )
    assert drawn["cover"]["mask"]["covered_parts"] >= 2 * 4
    assert {name: row["photos"] for name, row in figures["bare"].items()} == {
        **{"all": 2, "female": 1, "male": 1},
        **{"black": 1, "white": 1},
    }
    assert len(list(sheets.glob("*.png"))) == sum(len(set(rows) - {"all"}) for rows in drawn.values())


def test_one_photo_and_one_kind_can_be_chosen(portraits: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    options = ("--only", "composition", "--photos", "1", "--seed", "1", "--compositions", "3", "--json", out)
    assert gwansang("evaluate", "quality", portraits, *options).returncode == 0
    figures = json.loads(out.read_text())
    assert figures["photos"] + sum(figures["refused"].values()) == 1
    assert {name: row["drawn"] for name, row in figures["drawn"]["composition"].items()} == {
        "ground: plain": 2,
        "ground: gradient": 1,
        "all": 3,
    }


def test_a_folder_without_a_face_and_an_unknown_kind_are_refused_with_the_reason(portraits: Path) -> None:
    for name in ("anna", "ben"):
        (portraits / f"{name}_1.jpg").unlink()
    done = gwansang("evaluate", "quality", portraits)
    assert done.returncode == 1
    assert f"gwansang: Nothing can be drawn on in {portraits}: 1 refused, UNSUPPORTED_IMAGE_TYPE" in done.stderr
    done = gwansang("evaluate", "quality", portraits, "--only", "tattoo", COLUMNS="200")
    assert done.returncode == 2
    assert "tattoo is none of cover, harmless, change, steady change, composition" in done.stderr
    assert "Traceback" not in done.stderr
