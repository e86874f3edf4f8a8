"""Comparisons of readings that different releases made."""

from dataclasses import replace

import pytest

from gwansang.api.v1.presenters.memory import comparison_text, present_comparison
from gwansang.services.readings.comparison import compare
from gwansang.services.readings.kept_content import KeptAnalysis
from gwansang.texts import LOCALES, Locale, load
from tests.test_services.test_history import make_analysis


def analysis_of_engine(version: str, seed: int) -> KeptAnalysis:
    made = make_analysis(seed)
    tilted = replace(made.pose, pitch_deg=20.0) if seed > 1 else made.pose
    return replace(made, reading=replace(made.reading, engine_version=version), pose=tilted)


@pytest.mark.parametrize("locale", LOCALES)
def test_readings_of_engines_that_measure_in_different_ways_are_compared_without_measures(locale: Locale) -> None:
    old, new = analysis_of_engine("1.0.0", 1), analysis_of_engine("2.0.0", 2)
    texts = load("memory", locale, dict[str, str])
    for a, b in ((old, new), (new, old)):
        comparison = compare(a, b)
        shown = present_comparison(comparison, locale)
        assert shown.measures == {}
        assert shown.text == texts["measured_differently"].format(percent=round(100 * comparison.agreement))


@pytest.mark.parametrize("locale", LOCALES)
def test_readings_of_one_major_version_are_compared_by_their_measures(locale: Locale) -> None:
    comparison = compare(analysis_of_engine("2.0.0", 1), analysis_of_engine("2.1.3", 2))
    assert len(comparison.measures) == len(comparison.a.measures)
    shown = comparison_text(comparison, locale)
    assert shown.startswith(load("memory", locale, dict[str, str])["beyond_noise"].partition("{")[0])
