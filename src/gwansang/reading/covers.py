"""What covered regions of a face hide of its measures and parts.

A region hides the measures of the feature that lies in it, and those that something in front of it moves by more than
their stated error: nine portraits, each region covered with patches of three colours. A hidden measure keeps its place
among the others with an error so large that nothing rests on it: belief returns to what holds for any face, means of
several photos leave it out where another photo shows it, and scores take the middle of the norms.

A part is not read if a region in which it lies is covered. Another one that only loses a measure is read from the rest.
"""

from collections.abc import Collection, Iterable, Mapping

from gwansang.reading.photo_errors import norm_sd

UNSEEN_SHAPE = "unseen"  # shape id of a part that is not told
UNSEEN_ERROR = 1000.0  # of a hidden measure, in SDs of the norms
SEEN_BELOW = 100.0  # the mean of many photos that all hide a measure keeps six tenths of its error

HIDDEN_MEASURES: Mapping[str, tuple[str, ...]] = {
    "forehead": ("FW", "FH", "TP", "CF", "U"),
    "brows": ("BA", "BS", "BO", "BG", "BE"),
    "eyes": ("EW", "EO", "ET", "ES", "BE", "BO", "NR"),
    "nose": ("NL", "NA", "NR", "PL", "M", "L"),
    "mouth": ("PL", "PW", "MW", "MC", "LF", "UL", "CL"),
    "cheeks": ("CJ", "CF", "JW", "FL"),
    "jaw": ("JW", "JA", "CW", "CL", "CJ", "FL", "M", "L"),
}
"""Keys of measures by region, from the top down."""
REGIONS_OF_PART: Mapping[str, tuple[str, ...]] = {
    "face_shape": ("cheeks", "jaw"),
    "forehead": ("forehead",),
    "eyebrows": ("brows",),
    "glabella": ("brows",),
    "eyes": ("eyes",),
    "eye_spacing": ("eyes",),
    "eyelid": ("brows", "eyes"),
    "nose": ("nose",),
    "nose_root": ("eyes", "nose"),
    "philtrum": ("nose", "mouth"),
    "mouth": ("mouth",),
    "lips": ("mouth",),
    "cheekbones": ("cheeks", "jaw"),
    "jaw": ("jaw",),
    "samjeong": ("forehead", "nose", "jaw"),
}
"""Regions in which a part lies, or which it compares."""


def hidden_measures(covered: Iterable[str]) -> frozenset[str]:
    """Return the keys of the measures that covered regions hide."""
    return frozenset(key for region in covered for key in HIDDEN_MEASURES[region])


def unseen_error(key: str) -> float:
    """Return the error of a measure that was not seen, in its unit."""
    return UNSEEN_ERROR * norm_sd(key)


def is_seen(key: str, error: float) -> bool:
    """Return whether a measure with this error, in its unit, was seen on any photo that it rests on."""
    return error < SEEN_BELOW * norm_sd(key)


def hiding_regions(keys: Iterable[str], unseen: Collection[str], covered: Collection[str]) -> tuple[str, ...]:
    """Return the regions that hide measures of `keys`, from the top down.

    unseen: keys of all measures that were not seen; covered: regions of the photo that is read. A measure that they do
    not explain was hidden on each of several photos by something else: by any of the regions that hide it.
    """
    hidden = set(keys).intersection(unseen)
    unexplained = hidden - hidden_measures(covered)
    return tuple(
        region
        for region, own in HIDDEN_MEASURES.items()
        if (hidden if region in covered else unexplained).intersection(own)
    )


def is_told(part: str, hiding: Collection[str]) -> bool:
    """Return whether a part can be read although these regions hide something of it."""
    return set(REGIONS_OF_PART[part]).isdisjoint(hiding)
