"""Decision on a face: from its measures to shapes, scores, elements and archetypes, in numbers."""

import math
from collections.abc import Iterator, Mapping

from gwansang.reading.archetypes import archetype_shares
from gwansang.reading.covers import UNSEEN_SHAPE, hiding_regions, is_told
from gwansang.reading.decided_face import DecidedFace, DecidedMeasure, DecidedPart, DecidedZone, rounded
from gwansang.reading.elements import ELEMENT_LABEL, classify_elements
from gwansang.reading.measurements import Measures
from gwansang.reading.model import CaptureConditions
from gwansang.reading.norms import Norms, StandardScores, default_norms, percentile_of, standardize
from gwansang.reading.palaces import place_palaces
from gwansang.reading.scores import PART_MIDDLE, FaceScores, score_face
from gwansang.reading.shapes import ShapeClassification, classify_measured
from gwansang.reading.zones import ZONE_MEASURES

ENGINE_VERSION = "2.0.0"
_SMILING_FROM = 0.5  # of a full smile


def decide_face(
    measures: Measures,
    capture: CaptureConditions,
    norms: Norms | None = None,
    previous: Mapping[str, str] | None = None,
) -> DecidedFace:
    """Decide the shapes and the scores of a measured face.

    norms: default to the shipped ones; previous: the shape labels of an earlier reading of the face
    (memory.shape_labels), which are kept while they are probable enough.
    """
    norms, previous = norms or default_norms(), previous or {}
    standard = standardize(measures, norms)
    shapes = classify_measured(standard.z, standard.noise, previous)
    scores = score_face(standard.z, standard.noise, shapes, norms.scales)
    elements = classify_elements(standard.z, previous.get(ELEMENT_LABEL), norms.scales)
    covers = {
        key: hiding_regions(shape.part.measures, standard.unseen, capture.covered) if standard.unseen else ()
        for key, shape in shapes.items()
    }
    told = {key: shape for key, shape in shapes.items() if is_told(key, covers[key])}
    return DecidedFace(
        engine_version=ENGINE_VERSION,
        norms_id=norms.id,
        measures=_measures(measures, standard, norms),
        unseen=tuple(sorted(standard.unseen)),
        parts={
            key: _part(shape, scores, covers[key]) if key in told else _unseen_part(covers[key])
            for key, shape in shapes.items()
        },
        overall_score=scores.overall,
        energies={energy: rounded(value) for energy, value in scores.energy_values.items()},
        element=elements.primary,
        second_element=elements.secondary,
        element_shares={name: rounded(share) for name, share in elements.shares.items()},
        element_clarity=rounded(elements.clarity),
        zones=dict(_zones(measures, standard, norms)),
        palaces={palace: rounded(place) for palace, place in place_palaces(standard.z, norms.scales).items()},
        archetypes=archetype_shares(standard.z, told, norms.scales),
        smiling=capture.smile >= _SMILING_FROM and "mouth" not in capture.covered,
        without_picture=capture.without_picture,
    )


def _measures(measures: Measures, standard: StandardScores, norms: Norms) -> dict[str, DecidedMeasure]:
    """Return the measures; a covered one has the middle of the norms, whatever was found behind the cover."""
    values = {
        key: norms.measures[key].median if key in standard.unseen else one.value for key, one in measures.values.items()
    }
    return {
        key: DecidedMeasure(
            rounded(value),
            rounded(measures.values[key].error),
            rounded(standard.z[key]),
            norms.percentile(key, value),
        )
        for key, value in values.items()
    }


def _part(shape: ShapeClassification, scores: FaceScores, covered: tuple[str, ...]) -> DecidedPart:
    key, second = shape.part.key, shape.runner_up
    return DecidedPart(
        shape_id=shape.shape.id,
        probability=shape.probability,
        runner_up=None if second is None else shape.part.classes[second].id,
        runner_up_probability=0.0 if second is None else shape.probabilities[second],
        score=scores.parts[key],
        reliability=rounded(scores.reliability[key]),
        covered=covered,
    )


def _unseen_part(covered: tuple[str, ...]) -> DecidedPart:
    """Return a part that can't be seen: without a shape, with the middle score."""
    return DecidedPart(UNSEEN_SHAPE, 0.0, None, 0.0, PART_MIDDLE, 0.0, covered)


def _zones(measures: Measures, standard: StandardScores, norms: Norms) -> Iterator[tuple[str, DecidedZone]]:
    """Yield the zones; a covered one has the share of the middle face, and lies anywhere among people."""
    for zone, key in ZONE_MEASURES.items():
        is_unseen = key in standard.unseen
        z, sigma = standard.z[key], standard.sigma[key]
        share = math.exp(norms.measures[key].median if is_unseen else measures.values[key].value)
        yield zone, DecidedZone(rounded(share), *(percentile_of(place) for place in (z, z - sigma, z + sigma)))
