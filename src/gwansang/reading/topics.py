"""The topics of a reading: wealth, love, work, vitality and people, each from the two parts that weigh most in it."""

from collections.abc import Mapping

from gwansang.reading.decided_face import DecidedFace
from gwansang.reading.model import Topic, TopicId
from gwansang.reading.taxonomy import ToldShape
from gwansang.reading.texts import topics_text
from gwansang.texts import Locale, join_sentences

PARTS_OF_TOPIC: Mapping[TopicId, tuple[str, str]] = {
    "wealth": ("nose", "eyelid"),
    "love": ("eyes", "lips"),
    "work": ("forehead", "jaw"),
    "vigour": ("philtrum", "eyebrows"),
    "people": ("cheekbones", "mouth"),
}
"""The main part, which gives the strength and the caution, too, and the second part; no two topics share one."""


def describe_topics(
    shapes: Mapping[str, ToldShape], face: DecidedFace, is_minor: bool, locale: Locale
) -> tuple[Topic, ...]:
    """Return the topics of a face, without love for a minor; shapes: of the parts that can be seen."""
    return tuple(
        _topic(topic, {part: shapes[part].shape.id for part in parts if part in shapes}, face.element, locale)
        for topic, parts in PARTS_OF_TOPIC.items()
        if not (is_minor and topic == "love")
    )


def _topic(topic: TopicId, shapes: Mapping[str, str], element: str, locale: Locale) -> Topic:
    main, second = PARTS_OF_TOPIC[topic]
    texts = topics_text(locale)[topic]
    first = texts["main"][shapes[main]] if main in shapes else texts["covered"]
    told = [first["text"]] if main in shapes or second not in shapes else []
    if second in shapes:
        told.append(texts["second"][shapes[second]])
    return Topic(
        id=topic,
        name=texts["name"],
        text=join_sentences(told),
        strength=first["strength"],
        caution=first["caution"],
        today=texts["today"][element],
    )
