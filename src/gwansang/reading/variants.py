"""The choice between texts of equal meaning, by measures that two photos of a person agree on.

A shape that many people have has four or eight texts, a rare one two. Which of them a face gets is decided by the sides
of up to three measures of other parts, above or below the middle of the norms: those of the repeatable ones that make
two strangers least alike, while nine in ten texts are the same on a neutral and a smiling photo of a person
(`gwansang evaluate variety`).
"""

from collections.abc import Mapping, Sequence

_DECIDING: Mapping[str, tuple[str, str, str]] = {
    "face_shape": ("L", "NA", "EO"),
    "forehead": ("ES", "BG", "M"),
    "eyebrows": ("CL", "EW", "CW"),
    "glabella": ("NA", "BO", "MW"),
    "eyes": ("U", "MW", "M"),
    "eye_spacing": ("CL", "BG", "EO"),
    "eyelid": ("NA", "FL", "L"),
    "nose": ("CW", "BO", "NR"),
    "nose_root": ("NA", "BO", "BG"),
    "philtrum": ("ES", "BO", "EW"),
    "mouth": ("FL", "BG", "L"),
    "lips": ("CW", "BG", "L"),
    "cheekbones": ("EW", "BG", "U"),
    "jaw": ("FL", "BO", "NR"),
    "samjeong": ("ET", "EW", "NA"),
    "upper": ("CW", "NR", "MW"),
    "middle": ("NA", "JW", "BO"),
    "lower": ("BO", "ES", "NR"),
    "children": ("MW", "NR", "JW"),
    "parents": ("CW", "BO", "NA"),
    "life": ("JW", "NR", "MW"),
    "wealth": ("BO", "ES", "CW"),
    "siblings": ("NA", "CW", "NR"),
    "home": ("MW", "JW", "NA"),
    "people": ("BG", "NR", "BO"),
    "vitality": ("JW", "MW", "BO"),
    "journeys": ("NA", "ES", "MW"),
    "career": ("CW", "BO", "NA"),
    "blessing": ("NR", "MW", "ES"),
    "partner": ("NA", "JW", "BO"),
}
"""Keys of the three measures that choose the text of each part, zone and palace; none decides a shape."""


def choose_text(place: str, texts: Sequence[str], z: Mapping[str, float]) -> str:
    """Return the text of a place for a face with these standard scores, one of 1, 2, 4 or 8."""
    sides = (z[key] > 0 for key in _DECIDING[place])
    return texts[sum(side << bit for bit, side in enumerate(sides)) % len(texts)]
