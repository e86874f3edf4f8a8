"""Covered faces between vision and readings: several photos, clips, look-alikes, and kept readings of older codes."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from gwansang.api.v1.presenters.lookalike import present_matches
from gwansang.api.v1.presenters.readings import present_kept
from gwansang.reading.lookalike import Region
from gwansang.services.lookalike.gallery import GalleryPerson, Match, Matches, RegionMatch
from gwansang.services.lookalike.match_service import MatchResult
from gwansang.services.ml.face_analyzer import canonical_landmarks, capture_of, measures_of, merge_faces
from gwansang.services.readings.clip_reader import ClipPart, FrameObservation, merge_parts
from gwansang.services.readings.comparison import ComparedCondition, compare
from gwansang.services.readings.kept_content import KeptAnalysis
from gwansang.texts import LOCALES, Locale, load
from gwansang.vision.face import Face, FaceRegion
from gwansang.vision.given_landmarks import GivenLandmarks
from gwansang.vision.quality import cover_warnings
from tests.support.fakes import FakeVision
from tests.test_services.test_history import make_analysis

MASK: tuple[FaceRegion, ...] = ("nose", "mouth", "cheeks", "jaw")


@pytest.mark.parametrize("locale", LOCALES)
def test_kept_readings_with_codes_of_older_releases_are_still_presented(locale: Locale) -> None:
    analysis = TypeAdapter(KeptAnalysis)
    stored = analysis.dump_python(make_analysis(locale=locale), mode="json")
    del stored["quality"]["covered"]
    stored["quality"]["warnings"] = ["FRINGE", "COVERED", "TURNED"]
    for part in stored["reading"]["parts"]:
        del part["covered"]
    shown = present_kept(analysis.validate_python(stored))
    assert shown.quality.warnings == ["FRINGE", "COVERED", "TURNED"]
    assert [advice.code for advice in shown.quality.advice] == ["FRINGE", "COVERED", "TURNED"]
    assert shown.quality.covered == []
    assert all(part.covered == [] for part in shown.parts_analysis.values())


def face(*covered: FaceRegion, score: float = 0.9) -> Face:
    found = FakeVision().face_from_landmarks(GivenLandmarks(canonical_landmarks(), 1000, 1000, two_looks=True))
    warnings = (*cover_warnings(covered), *found.quality.warnings)
    return replace(found, quality=replace(found.quality, score=score, covered=covered, warnings=warnings))


def test_of_several_photos_only_what_all_hide_is_covered() -> None:
    masked, muffled, bare = face(*MASK), face("mouth", "jaw", score=0.5), face(score=0.4)
    both = merge_faces([masked, muffled])
    assert both.quality.covered == ("mouth", "jaw")
    assert [warning for warning in both.quality.warnings if "OCCLUDED" in warning] == [
        "MOUTH_OCCLUDED",
        "FACE_OCCLUDED",
    ]
    all_three = merge_faces([masked, muffled, bare])
    assert (all_three.quality.covered, all_three.quality.photos) == ((), 3)
    assert [warning for warning in all_three.quality.warnings if "OCCLUDED" in warning] == []
    assert all_three.measures.unseen == frozenset()
    assert all_three.measures.values["MW"].value == pytest.approx(measures_of(bare).values["MW"].value)


def test_of_a_clip_only_what_all_chosen_frames_hide_is_covered() -> None:
    frames = [
        FrameObservation(float(second), shot.pose, shot.quality, measures_of(shot), shot.points[:, :2])
        for second, shot in enumerate([face("mouth", "eyes"), face("mouth"), face("mouth")])
    ]
    merged = merge_parts([ClipPart(tuple(frames), {})])
    assert merged.quality.covered == ("mouth",)
    assert "MOUTH_OCCLUDED" in merged.quality.warnings
    assert "EYES_NOT_VISIBLE" not in merged.quality.warnings
    assert {"MW", "UL"} <= merged.measures.unseen
    assert "EO" not in merged.measures.unseen


def test_a_smile_behind_a_mask_is_no_condition_of_a_comparison() -> None:
    plain = make_analysis()
    smiling = replace(plain, quality=replace(plain.quality, smile=0.9))
    masked = replace(smiling, quality=replace(smiling.quality, covered=MASK))
    assert compare(plain, smiling).conditions["smile"].differs
    assert compare(plain, masked).conditions["smile"] == ComparedCondition(plain.quality.smile, None, False)


def test_the_reading_gets_the_warnings_about_the_picture() -> None:
    assert capture_of(face("eyes")).warnings >= {"EYES_NOT_VISIBLE"}


@pytest.mark.parametrize("locale", LOCALES)
def test_matches_of_a_covered_face_come_with_a_word_about_it(locale: Locale) -> None:
    someone = GalleryPerson(1, "홍길동", "Hong Gildong", "actor")
    similarity: dict[Region, int] = {"eyes": 80, "brows": 70, "nose": 50, "mouth": 50, "outline": 50}
    matches = Matches(1, 1, (Match(someone, 90.0, similarity),), {"eyes": RegionMatch(someone, 80)})
    shown = present_matches(MatchResult(matches, locale, is_covered=True), with_card=True)
    assert shown.notice == load("lookalike", locale, dict[str, str])["covered"]
    assert list(shown.regions) == ["eyes"]
    assert shown.card is not None
    assert present_matches(MatchResult(matches, locale), with_card=False).notice is None
