"""Readings of a face that is partly covered: covered parts are left open, and the others read as they were."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gwansang.reading.composer import compose
from gwansang.reading.covers import HIDDEN_MEASURES, REGIONS_OF_PART, UNSEEN_SHAPE, hidden_measures
from gwansang.reading.gate import evidence_of_another_face
from gwansang.reading.lookalike import UNKNOWN, build_region_gallery
from gwansang.reading.measurements import MEASURE_TABLE, MEASURES_BY_KEY, Measures, hide_covered
from gwansang.reading.memory import ReadingWithMemory, first_different_face, read_with_memory, shape_labels
from gwansang.reading.model import CaptureConditions, Reading
from gwansang.reading.palaces import PALACE_WEIGHTS
from gwansang.reading.profile import Profile, combine_frames, combine_photos
from gwansang.reading.scores import PART_MIDDLE
from gwansang.reading.shapes import DECIDED
from gwansang.reading.taxonomy import load_taxonomy
from gwansang.reading.texts import shapes_text
from gwansang.reading.two_distances import estimate_afar
from gwansang.texts import LOCALES, Locale
from gwansang.vision.face import FaceRegion
from gwansang.vision.quality import QualityWarning
from tests.support.factories import IDEAL, face_of, measures_at, read_face, simulate_faces
from tests.test_reading.days import A_DAY
from tests.test_reading.test_reading import texts

REGIONS = tuple(HIDDEN_MEASURES)
KEY_OF = {row.name: row.key for row in MEASURE_TABLE}
MASK = frozenset({"nose", "mouth", "cheeks", "jaw"})
seeds = st.integers(0, 10_000)
covers = st.sets(st.sampled_from(REGIONS), min_size=1).map(frozenset)


def behind(covered: frozenset[str]) -> CaptureConditions:
    return CaptureConditions(covered=covered)


def test_regions_are_those_of_the_vision_and_every_part_loses_a_measure_with_its_region() -> None:
    assert get_args(FaceRegion) == REGIONS
    assert set(REGIONS_OF_PART) == {part.key for part in load_taxonomy()}
    assert set().union(*HIDDEN_MEASURES.values()) == set(MEASURES_BY_KEY)
    for part in load_taxonomy():
        for region in REGIONS_OF_PART[part.key]:
            assert set(HIDDEN_MEASURES[region]).intersection(part.measures), (part.key, region)


@settings(max_examples=25)
@given(seeds, covers)
def test_covered_parts_are_not_told_and_untouched_ones_as_before(seed: int, covered: frozenset[str]) -> None:
    hidden, told = hidden_measures(covered), read_face(seed, behind(covered), A_DAY)
    for part, bare, kind in zip(told.parts, read_face(seed, IDEAL, A_DAY).parts, load_taxonomy(), strict=True):
        if covered.intersection(REGIONS_OF_PART[part.part]):
            assert (part.shape_id, part.decided, part.reasons, part.alternative) == (UNSEEN_SHAPE, False, (), None)
            assert (part.probability, part.reliability) == (0.0, 0.0)
            assert part.meaning == shapes_text("ko")["parts"][part.part]["covered"]
            assert covered.intersection(part.covered)
        elif hidden.intersection(kind.measures):
            assert part.covered
            assert set(part.covered) <= covered
            assert part.reliability < bare.reliability
            assert part.decided == (part.probability >= DECIDED)
        else:
            assert part.covered == ()
            assert replace(part, score=0, meaning="") == replace(bare, score=0, meaning="")
        assert hidden.isdisjoint(KEY_OF[reason.measure] for reason in part.reasons)


def test_a_covered_mouth_leaves_eyes_brows_and_nose_as_they_were() -> None:
    for seed in range(20):
        told, bare = (
            {part.part: (part.shape_id, part.decided, part.reasons) for part in read_face(seed, capture, A_DAY).parts}
            for capture in (behind(frozenset({"mouth"})), IDEAL)
        )
        lost = {part for part in told if told[part] != bare[part]}
        assert {"mouth", "lips", "philtrum"} <= lost <= {"mouth", "lips", "philtrum", "jaw"}


@settings(max_examples=25)
@given(seeds, seeds, covers, st.sampled_from(LOCALES))
def test_nothing_that_is_told_depends_on_what_was_measured_behind_a_cover(
    seed: int, other: int, covered: frozenset[str], locale: Locale
) -> None:
    hidden = hidden_measures(covered)
    one, imagined = face_of(seed), face_of(other)
    with_others = {key: imagined[key] if key in hidden else z for key, z in one.items()}
    readings = [
        compose(measures_at(behind(covered), **z), behind(covered), A_DAY, locale, 1990) for z in (one, with_others)
    ]
    assert readings[0] == readings[1]


@settings(max_examples=25)
@given(seeds, covers)
def test_archetypes_palaces_and_zones_rest_on_what_is_seen(seed: int, covered: frozenset[str]) -> None:
    hidden, told = hidden_measures(covered), read_face(seed, behind(covered), A_DAY)
    shapes = {part.part: part.shape_id for part in told.parts}
    assert told.archetypes is not None
    for calling in told.archetypes.callings:
        for reason in calling.reasons:
            assert shapes[reason.part] == reason.shape_id != UNSEEN_SHAPE
            assert KEY_OF[reason.measure] not in hidden
    for palace in told.palaces:
        rests_on = PALACE_WEIGHTS.get(palace.id, {}).keys()
        assert (palace.z is None) == (not rests_on or bool(hidden.intersection(rests_on)))
        assert (palace.status == "not_measured") == (palace.z is None)
    for zone, key in zip(told.zones, "UML", strict=True):
        if key in hidden:
            assert (zone.z, zone.level, zone.low, zone.high, zone.estimated) == (0.0, 50, 16, 84, True)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_names_the_shape_of_a_covered_part(locale: Locale) -> None:
    capture = behind(frozenset({"eyes", "mouth"}))
    names = [
        shape["name"]
        for part in ("eyes", "mouth", "lips", "philtrum", "eye_spacing", "eyelid")
        for shape in shapes_text(locale)["parts"][part]["classes"].values()
    ]
    for year in range(1930, 2012, 4):
        told = compose(measures_at(capture, **face_of(year)), capture, A_DAY, locale, year)
        assert [text for text in texts(told) for name in names if name in text] == []


def test_a_smile_behind_a_mask_is_not_told_even_of_a_remembered_mouth() -> None:
    remembered = measures_at(**face_of(1))
    seen, masked = (
        " ".join(texts(compose(remembered, capture, A_DAY)))
        for capture in (CaptureConditions(smile=0.9), CaptureConditions(smile=0.9, covered=MASK))
    )
    assert "웃는 얼굴로 잰 값" in seen
    assert "웃는 얼굴로 잰 값" not in masked


def test_scores_of_covered_faces_stay_in_range_and_move_to_the_middle() -> None:
    faces = list(simulate_faces(60, seed=8))

    def spread(covered: frozenset[str]) -> float:
        told = [compose(measures_at(behind(covered), **z), behind(covered), A_DAY) for z in faces]
        assert all(60 <= score <= 98 for one in told for score in (one.overall_score, *(p.score for p in one.parts)))
        assert all(1 <= value <= 5 for one in told for value in one.energy_values.values())
        values = [[one.overall_score / 7.5, *one.energy_values.values()] for one in told]
        return float(np.std(values, axis=0).mean())

    assert spread(frozenset(REGIONS)) == pytest.approx(0.0)
    assert spread(MASK) < 0.75 * spread(frozenset())
    whole = compose(measures_at(behind(frozenset(REGIONS)), **faces[0]), behind(frozenset(REGIONS)), A_DAY)
    assert (whole.overall_score, set(whole.energy_values.values())) == (79, {3.0})
    assert not any(part.decided for part in whole.parts)


def test_photos_that_show_a_place_outweigh_those_that_hide_it() -> None:
    bare, masked, sunglasses = (
        measures_at(behind(frozenset(covered)), **{key: z + step for key, z in face_of(2).items()})
        for covered, step in ((set[str](), 0.0), (MASK, 0.1), ({"eyes"}, 0.2))
    )
    hidden = hidden_measures(MASK)
    for merged in (combine_photos([bare, masked]), combine_photos([masked, bare]), combine_frames([masked, bare])):
        assert merged.unseen == frozenset()
        for key in hidden:
            assert merged.values[key].value == pytest.approx(bare.values[key].value)
            assert merged.values[key].error == pytest.approx(bare.values[key].error)
    assert combine_photos([masked, sunglasses]).unseen == hidden & hidden_measures({"eyes"})
    assert combine_photos([masked] * 50).unseen == hidden
    assert hide_covered(combine_frames([bare, masked]), MASK).unseen == hidden


def test_perspective_is_taken_out_of_what_both_photos_show() -> None:
    near, far = measures_at(behind(MASK), **face_of(3)), measures_at(**face_of(4))
    mean = combine_photos([near, far])
    afar = estimate_afar(mean, [near, far], [40.0, 20.0])
    for key in MEASURES_BY_KEY:
        assert (afar.values[key] == mean.values[key]) == (key in hidden_measures(MASK))


def test_each_photo_may_hide_something_else_of_a_part() -> None:
    photos = [measures_at(behind(frozenset({region})), **face_of(5)) for region in ("brows", "eyes")]
    told = {part.part: part for part in compose(combine_photos(photos), IDEAL, A_DAY).parts}
    assert (told["eyelid"].shape_id, told["eyelid"].covered) == (UNSEEN_SHAPE, ("brows", "eyes"))
    assert told["eyes"].covered == told["glabella"].covered == ()


def test_what_the_best_photo_hides_does_not_explain_what_all_photos_hide_together() -> None:
    hidden = (frozenset({"forehead", "cheeks"}), frozenset({"forehead", "jaw"}))
    merged = combine_photos([measures_at(behind(covered), **face_of(5)) for covered in hidden])
    told = {part.part: part for part in compose(merged, behind(frozenset({"forehead"})), A_DAY).parts}
    assert (told["face_shape"].shape_id, told["face_shape"].covered) == (UNSEEN_SHAPE, ("forehead", "cheeks", "jaw"))
    assert told["forehead"].covered == ("forehead",)


def test_the_score_of_an_unseen_part_follows_nothing() -> None:
    scores = {part.score for seed in range(10) for part in read_face(seed, behind(frozenset({"mouth"})), A_DAY).parts
              if part.shape_id == UNSEEN_SHAPE}  # fmt: skip
    assert scores == {PART_MIDDLE}


@settings(max_examples=25)
@given(seeds, seeds, covers)
def test_covered_measures_have_no_vote_on_another_face(seed: int, other: int, covered: frozenset[str]) -> None:
    hidden = hidden_measures(covered)
    one, second = measures_at(**face_of(seed)), face_of(other)
    moved = {key: -z if key in hidden else z for key, z in second.items()}
    evidence = [evidence_of_another_face(one, measures_at(behind(covered), **z)) for z in (second, moved)]
    assert evidence[0] == evidence[1]


def test_a_person_with_a_mask_is_not_another_face_but_a_stranger_mostly_is() -> None:
    faces = list(simulate_faces(100, seed=3))
    imagined = simulate_faces(100, seed=4)  # what the measuring makes up of the part behind the mask
    hidden = hidden_measures(MASK)
    masked = [
        measures_at(behind(MASK), **{key: fancy[key] if key in hidden else z for key, z in face.items()})
        for face, fancy in zip(faces, imagined, strict=True)
    ]
    own = [
        evidence_of_another_face(measures_at(**face), behind_it) for face, behind_it in zip(faces, masked, strict=True)
    ]
    strangers = [evidence_of_another_face(measures_at(**faces[i]), masked[i - 1]) for i in range(100)]
    assert max(own) < 0
    assert np.mean(np.array(strangers) > 0) > 0.5
    assert first_different_face([measures_at(**faces[0]), masked[0]]) is None


def read(profile: Profile | None, measures: Measures, capture: CaptureConditions) -> ReadingWithMemory:
    def compose_reading(combined: Measures, previous: Mapping[str, str] | None) -> Reading:
        return compose(combined, capture, A_DAY, previous=previous)

    return read_with_memory(profile, measures, 1, compose_reading)


def test_a_remembered_face_tells_what_a_mask_hides_today() -> None:
    bare, masked = measures_at(**face_of(7)), measures_at(behind(MASK), **face_of(7))
    first = read(None, bare, IDEAL)
    second = read(first.profile, masked, behind(MASK))
    assert (second.same_face, second.changed, second.same_as_last_time) == (True, (), 1.0)
    assert shape_labels(second.reading) == shape_labels(first.reading)
    assert all(part.covered == () for part in second.reading.parts)


def test_what_a_mask_hid_is_neither_remembered_nor_counted_as_a_change() -> None:
    bare, masked = measures_at(**face_of(9)), measures_at(behind(MASK), **face_of(9))
    first = read(None, masked, behind(MASK))
    assert "mouth" not in first.profile.shapes
    second = read(first.profile, bare, IDEAL)
    alone = {part.part: part.shape_id for part in read(None, bare, IDEAL).reading.parts}
    assert "mouth" not in second.changed
    assert {part.part: part.shape_id for part in second.reading.parts}["mouth"] == alone["mouth"]
    again = read(second.profile, masked, behind(MASK))
    assert "mouth" not in again.changed
    assert shape_labels(again.reading)["mouth"] == alone["mouth"]


@pytest.mark.parametrize(
    "warning", ["MONOCHROME", "UNNATURAL_COLOUR", "LOW_DYNAMIC_RANGE", "COMPRESSION_ARTIFACTS", "STRETCHED"]
)
def test_a_changed_picture_is_told_with_larger_errors_and_the_same_values(warning: str) -> None:
    assert QualityWarning(warning)
    capture = CaptureConditions(warnings=frozenset({warning}))
    plain, changed = measures_at(**face_of(1)), measures_at(capture, **face_of(1))
    assert all(changed.values[key].value == plain.values[key].value for key in plain.values)
    wider = {key for key in plain.values if changed.values[key].error > plain.values[key].error}
    assert {"FW", "FH"} <= wider
    assert changed.unseen == frozenset()
    both = measures_at(CaptureConditions(warnings=frozenset({warning, "SMILE", "TOO_DARK"})), **face_of(1))
    assert both == changed


def test_a_stretched_picture_decides_less_of_what_it_stretches() -> None:
    captures = IDEAL, CaptureConditions(warnings=frozenset({"STRETCHED"}))
    decided = [
        sum(
            part.decided
            for z in simulate_faces(40, seed=6)
            for part in compose(measures_at(capture, **z), capture, A_DAY).parts
            if part.part in ("face_shape", "cheekbones", "forehead")
        )
        for capture in captures
    ]
    assert decided[1] < 0.8 * decided[0]


def test_look_alikes_are_not_sought_in_covered_regions() -> None:
    people = [measures_at(**z) for z in simulate_faces(30, seed=2)]
    gallery = build_region_gallery(people)
    masked = measures_at(behind(MASK), **face_of(1))
    plain, hidden = gallery.compare(measures_at(**face_of(1))), gallery.compare(masked)
    assert set(hidden.nearest()) == {"eyes", "brows"}
    assert hidden.nearest()["eyes"] == plain.nearest()["eyes"]
    assert {hidden.similarity(3)[region] for region in ("nose", "mouth", "outline")} == {UNKNOWN}
    assert hidden.similarity(3)["brows"] == plain.similarity(3)["brows"]


def test_a_masked_picture_of_the_gallery_is_nobody_s_mouth_and_changes_nobody_else_s() -> None:
    z = list(simulate_faces(30, seed=2))
    people = [measures_at(**one) for one in z]
    masked = measures_at(behind(MASK), **face_of(1))
    with_mask, without = (build_region_gallery(one) for one in ([*people, masked], people))
    face = measures_at(**face_of(1))
    compared = with_mask.compare(face)
    assert all(neighbour.index != 30 for neighbour in compared.nearest(31)["mouth"])
    assert compared.similarity(30)["mouth"] == UNKNOWN
    assert compared.nearest()["eyes"][0].index == 30
    assert compared.nearest()["mouth"] == without.compare(face).nearest()["mouth"]


def test_a_fringe_leaves_the_outline_comparable() -> None:
    people = [measures_at(**z) for z in simulate_faces(30, seed=2)]
    fringe = measures_at(behind(frozenset({"forehead"})), **next(simulate_faces(30, seed=2)))
    nearest = build_region_gallery(people).compare(fringe).nearest()["outline"][0]
    assert (nearest.index, nearest.similarity) == (0, 99)


def test_every_combination_of_regions_can_be_read() -> None:
    for size in range(len(REGIONS) + 1):
        for covered in combinations(REGIONS, size):
            told = read_face(11, behind(frozenset(covered)), A_DAY, birth_year=1985)
            hidden = {part.part for part in told.parts if part.shape_id == UNSEEN_SHAPE}
            assert hidden == {key for key, own in REGIONS_OF_PART.items() if set(own).intersection(covered)}
            assert len(told.ages) == 5
