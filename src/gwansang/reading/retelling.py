"""The title, story and topics of a finished reading in another language, from the shapes that it names."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.reading.elements import Elements
from gwansang.reading.measurements import KEYS_BY_NAME
from gwansang.reading.model import PartReading, Reading
from gwansang.reading.shapes import ShapeClassification
from gwansang.reading.story import tell_story
from gwansang.reading.taxonomy import Part, load_taxonomy
from gwansang.reading.texts import elements_text, fortune_text
from gwansang.reading.topics import describe_topics
from gwansang.texts import Locale


def retell(reading: Reading, locale: Locale) -> Reading:
    """Return the reading with title, story, topics, element's name and notice in a language; the rest stays as it is.

    A reading without a title, or with shapes that exist no more, is returned in the language that it has.
    """
    shapes = _shapes(reading)
    if locale == reading.locale or not reading.title or shapes is None or reading.archetypes is None:
        return reading
    element = reading.element
    elements = Elements(element.primary, element.secondary, element.shares, element.clarity)
    title, story = tell_story(shapes, _z(reading), elements, [one.id for one in reading.archetypes.callings], locale)
    without_love = all(topic.id != "love" for topic in reading.topics)
    return replace(
        reading,
        title=title,
        story=story,
        topics=describe_topics(shapes, elements, without_love, locale),
        element=replace(element, name=elements_text(locale)["elements"][element.primary]["name"]),
        disclaimer=fortune_text(locale)["disclaimer"],
        locale=locale,
    )


def _shapes(reading: Reading) -> Mapping[str, ShapeClassification] | None:
    """Return the shapes of the parts that could be seen; None if one of them exists no more."""
    parts = {part.key: part for part in load_taxonomy()}
    told = [part for part in reading.parts if part.shape_id != UNSEEN_SHAPE]
    if any(one.part not in parts or one.shape_id not in _ids(parts[one.part]) for one in told):
        return None
    return {one.part: _classification(parts[one.part], one) for one in told}


def _classification(part: Part, told: PartReading) -> ShapeClassification:
    index = _ids(part).index(told.shape_id)
    probabilities = tuple(told.probability if at == index else 0.0 for at in range(len(part.classes)))
    return ShapeClassification(part, probabilities, kept=index)


def _ids(part: Part) -> list[str]:
    return [one.id for one in part.classes]


def _z(reading: Reading) -> Mapping[str, float]:
    """Return the standard scores of the seen measures by key, 0 for the others."""
    z: dict[str, float] = defaultdict(float)
    z.update({KEYS_BY_NAME[reason.measure]: reason.z for part in reading.parts for reason in part.reasons})
    return z
