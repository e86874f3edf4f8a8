"""Likeness by region, from measured shapes alone."""

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.lookalike import REGIONS, Region, build_region_gallery, region_measures
from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.reading.norms import default_norms
from tests.support.calls import count_calls
from tests.support.factories import measures_at, simulate_faces


@cache
def people(count: int, seed: int = 7) -> tuple[Measures, ...]:
    return tuple(measures_at(**z) for z in simulate_faces(count, seed))


GALLERY = build_region_gallery(people(200))
regions = st.sampled_from(REGIONS)


@given(regions, st.integers(0, 199))
def test_a_face_of_the_gallery_is_nearest_to_itself(region: Region, index: int) -> None:
    first, second = GALLERY.compare(people(200)[index]).nearest(2)[region]
    assert (first.index, first.similarity) == (index, 99)
    assert second.similarity <= first.similarity


def test_different_regions_can_have_different_nearest_people() -> None:
    eyes, jaw = {"EO": 2.0, "ET": 2.0}, {"JW": -2.0, "CW": -2.0, "CL": 1.5}
    gallery = build_region_gallery([measures_at(**eyes), measures_at(**jaw), *people(30)])
    found = gallery.compare(measures_at(**eyes, **jaw)).nearest()
    assert (found["eyes"][0].index, found["outline"][0].index) == (0, 1)


@given(regions, st.integers(0, 199), st.integers(0, 199))
def test_similarity_is_symmetric_and_independent_between_regions(region: Region, a: int, b: int) -> None:
    faces = people(200)
    there, back = GALLERY.compare(faces[a]).similarity(b)[region], GALLERY.compare(faces[b]).similarity(a)[region]
    assert there == back
    others = {key: 4.0 for key in faces[a].values if key not in region_measures(region)}
    values = {**measures_at(**others).values, **{key: faces[a].values[key] for key in region_measures(region)}}
    assert GALLERY.compare(replace(faces[a], values=values)).similarity(b)[region] == there


def test_similarity_is_the_percentage_of_pairs_that_are_less_alike() -> None:
    """Strangers to the gallery find all similarities equally often."""
    for region in REGIONS:
        found = [
            GALLERY.compare(face).similarity(index)[region] for face in people(40, seed=1) for index in range(0, 200, 7)
        ]
        quarters = Counter(min(3, similarity // 25) for similarity in found)
        assert all(0.18 < quarters[quarter] / len(found) < 0.32 for quarter in range(4)), region


def test_neighbours_are_ranked_by_similarity_deterministically() -> None:
    face = people(1, seed=3)[0]
    found = GALLERY.compare(face).nearest(5)
    assert found == build_region_gallery(people(200)).compare(face).nearest(5)
    for region, near in found.items():
        assert [one.similarity for one in near] == sorted((one.similarity for one in near), reverse=True)
        assert all(GALLERY.compare(face).similarity(one.index)[region] == one.similarity for one in near)


def test_measures_with_larger_errors_count_less() -> None:
    gallery = build_region_gallery([measures_at(ET=2.0), measures_at(EO=1.5)])
    usual, sd = measures_at(), default_norms().measures["ET"].sd
    unsure = replace(usual, values={**usual.values, "ET": MeasuredValue(usual.values["ET"].value, 3.0 * sd)})
    assert gallery.compare(usual).nearest()["eyes"][0].index == 1
    assert gallery.compare(unsure).nearest()["eyes"][0].index == 0


def test_the_similarity_in_a_small_gallery_is_shrunk_towards_the_population() -> None:
    nobody = build_region_gallery([])
    assert nobody.compare(measures_at()).nearest(5) == dict.fromkeys(REGIONS, ())
    for count in (1, 2, 3):
        gallery = build_region_gallery(people(count))
        assert len(gallery.compare(measures_at()).nearest(5)["nose"]) == count
        assert set(gallery.compare(people(count)[0]).similarity(0).values()) == {99}
    far = dict.fromkeys(("NL", "NA", "NR"), 5.0)
    assert build_region_gallery(people(1)).compare(measures_at(**far)).similarity(0)["nose"] < 5


def test_comparing_with_a_gallery_takes_no_call_per_person() -> None:
    """Ten thousand people took a millisecond a region on one core at 3 GHz."""
    small, large = build_region_gallery(people(400)), build_region_gallery(people(400) * 25)
    face = people(1, seed=9)[0]
    calls = [count_calls(lambda gallery=gallery: gallery.compare(face).nearest(5)) for gallery in (small, small, large)]
    assert calls[2] <= calls[1] + 10


def test_an_index_outside_the_gallery_is_an_error() -> None:
    with pytest.raises(IndexError):
        GALLERY.compare(measures_at()).similarity(200)
