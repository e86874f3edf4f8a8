"""The title and the story of a reading: the two clearest parts, the element and the calling.

One of the two parts is of the upper face and one of the lower: they share no measure, so what is said of them can't
contradict. Brows or eyes and nose or cheekbones lead, because a smile hardly moves them, and the fewer parts there are
to choose from, the more often two photos of a person have one title: 38 % of 50 neutral and smiling ones instead of
22 %, with 49 titles of 50 people. The other parts take their place where these are covered.
"""

from collections.abc import Mapping, Sequence

from gwansang.reading.decided_face import DecidedFace
from gwansang.reading.taxonomy import ToldShape, rule_measures
from gwansang.reading.texts import StoryText, archetypes_text, shapes_text, story_text
from gwansang.texts import Locale, join_sentences

UPPER_PARTS = (("eyebrows", "eyes"), ("forehead", "glabella", "eye_spacing", "eyelid"))
LOWER_PARTS = (("nose", "cheekbones"), ("jaw", "mouth", "lips", "face_shape", "philtrum", "nose_root"))
_FAR = 2.5  # standard score from which a shape is as clear as can be
_EVEN_CLEARNESS = 0.5  # of a shape that lies in the middle of all its measures


def clearest_part(
    groups: Sequence[Sequence[str]], shapes: Mapping[str, ToldShape], z: Mapping[str, float]
) -> ToldShape | None:
    """Return the clearest part of the first group of which one can be seen, None if there is none.

    It is probable and well visible, and all measures that decide its shape are far from the middle.
    """
    seen = ([shapes[part] for part in group if part in shapes] for group in groups)
    return max(next(filter(None, seen), []), key=lambda shape: _clearness(shape, z), default=None)


def _clearness(shape: ToldShape, z: Mapping[str, float]) -> float:
    deciding = rule_measures(shape.shape)
    distance = min((min(abs(z[key]), _FAR) for key in deciding), default=_EVEN_CLEARNESS)
    return shape.probability * shape.part.reliability * distance


def tell_story(
    shapes: Mapping[str, ToldShape],
    z: Mapping[str, float],
    face: DecidedFace,
    callings: Sequence[str],
    locale: Locale,
) -> tuple[str, str]:
    """Return the title and the story of a face.

    shapes: of the parts that can be seen; z: standard scores; callings: ids of the archetypes, the largest share
    first.
    """
    texts = story_text(locale)
    upper, lower = clearest_part(UPPER_PARTS, shapes, z), clearest_part(LOWER_PARTS, shapes, z)
    sentences = (
        _parts_sentence(upper, lower, texts, locale),
        texts["element"][face.element][face.second_element or "alone"],
        texts["calling"][callings[0]][callings[1]],
    )
    manner = texts["manner"][face.element][callings[0]]
    return _title(upper, lower, manner, callings[0], locale), join_sentences(sentences)


def _title(upper: ToldShape | None, lower: ToldShape | None, manner: str, calling: str, locale: Locale) -> str:
    texts, parts = story_text(locale), shapes_text(locale)["parts"]
    names = [parts[one.part.key]["classes"][one.shape.id]["short"] for one in (upper, lower) if one is not None]
    template = texts["titles"][len(names)]
    title = template.format(*names, manner=manner, calling=archetypes_text(locale)["archetypes"][calling]["title"])
    return _capitalized(title)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _parts_sentence(upper: ToldShape | None, lower: ToldShape | None, texts: StoryText, locale: Locale) -> str:
    parts = shapes_text(locale)["parts"]
    first, second = (one and parts[one.part.key]["classes"][one.shape.id]["story"] for one in (upper, lower))
    if first and second:
        return _capitalized(texts["both"].format(first=first, second=second))
    return _capitalized(second) if second else texts["covered"]
