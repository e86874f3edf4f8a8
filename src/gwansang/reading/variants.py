"""The choice between texts of equal meaning, by measures that two photos of a person agree on.

A shape that many people have is told in four ways, a rare one in two. Which of them a face gets is decided by the sides
of two measures of other parts, above or below the middle of the norms: those of the repeatable ones that make two
strangers least alike while 92 % of the texts are the same on a neutral and a smiling photo of a person
(`gwansang evaluate variety`).
"""

from collections.abc import Mapping, Sequence

_DECIDING: Mapping[str, tuple[str, str]] = {
    "face_shape": ("L", "NA"),
    "forehead": ("MW", "BG"),
    "eyebrows": ("CL", "EW"),
    "glabella": ("NA", "BO"),
    "eyes": ("NA", "MW"),
    "eye_spacing": ("CL", "BG"),
    "eyelid": ("NA", "EW"),
    "nose": ("CW", "BO"),
    "nose_root": ("BG", "ET"),
    "philtrum": ("ES", "BO"),
    "mouth": ("EO", "BG"),
    "lips": ("CW", "BG"),
    "cheekbones": ("EO", "ES"),
    "jaw": ("EW", "EO"),
    "samjeong": ("ET", "EW"),
}
"""Keys of the two measures that choose the text of each part; none of them decides the part's shape."""


def choose_text(part: str, texts: Sequence[str], z: Mapping[str, float]) -> str:
    """Return the text of a part for a face with these standard scores, one of 1, 2 or 4 for its shape."""
    first, second = (z[key] > 0 for key in _DECIDING[part])
    return texts[(first + 2 * second) % len(texts)]
