"""A reading as plain data: every number can be traced to a measure, every text to a file of texts/."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from gwansang.reading.decided_face import DecidedFace
from gwansang.texts import Locale

Energy = Literal["wealth", "love", "health", "social"]
ENERGIES: tuple[Energy, ...] = ("wealth", "love", "health", "social")
TopicId = Literal["wealth", "love", "work", "vigour", "people"]


@dataclass(frozen=True, slots=True)
class CaptureConditions:
    """Conditions of a photo that the certainty of a reading depends on.

    yaw_deg, pitch_deg: of the head; face_width_px: of the whole photo; smile: 0-1, 1 is a full smile; distance_cm: of
    the camera, None if it looks far; covered: regions of the face that can't be seen; warnings: codes, of which those
    of a changed picture count; light_asymmetry: |left - right| / mean, None without pixels; without_picture: a client
    sent points alone, nothing is known from pixels.
    """

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    face_width_px: float = 400.0
    smile: float = 0.0
    distance_cm: float | None = None
    covered: frozenset[str] = frozenset()
    warnings: frozenset[str] = frozenset()
    light_asymmetry: float | None = None
    without_picture: bool = False


@dataclass(frozen=True, slots=True)
class Overlay:
    """Points that show a measure on the photo: joined in order, or single for "points".

    vertices: below 478 of the mesh, from there on of `hand_marks.DETAIL_POINTS`.
    """

    type: Literal["line", "polyline", "points", "angle"]
    vertices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Classic:
    """A quotation from a classical book; what comes with defaults is in the language of the reading.

    sound: how it is read; chapter: empty if it is not known.
    """

    quote: str
    source: str
    sound: str = ""
    meaning: str = ""
    book: str = ""
    chapter: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """A measured fact behind the shape of a part."""

    measure: str  # e.g. "forehead_width"
    label: str  # in the reading's language
    value: float
    unit: str  # "ratio" | "deg" | "log_ratio"
    z: float
    percentile: int  # 1-99
    error: float  # one SD of this photo's value, in the unit of `value`
    overlays: tuple[Overlay, ...]  # left and right where the measure is their mean
    classic: Classic | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """The second most probable shape of a part."""

    shape_id: str
    shape: str
    probability: float


@dataclass(frozen=True, slots=True)
class PartReading:
    part: str  # e.g. "forehead"
    name: str
    hanja: str
    shape_id: str
    shape: str
    meaning: str
    score: int  # 0-100
    probability: float
    alternative: Alternative | None
    reliability: float  # 0-1: support of the part by this photo
    reasons: tuple[Reason, ...]
    decided: bool = False  # told as one shape; readings kept from engine 1 lack it, and did not decide
    covered: tuple[str, ...] = ()  # regions that hide the part, wholly if its shape is covers.UNSEEN_SHAPE
    note: str = ""  # on this photo: a second shape, a smile, a cover; `meaning` is the same on every photo


@dataclass(frozen=True, slots=True)
class Lucky:
    element: str
    color: str
    color_hex: str
    direction: str
    numbers: tuple[int, ...]
    hours: str
    hours_name: str = ""  # the double hours of `hours`, e.g. 亥·子


@dataclass(frozen=True, slots=True)
class Fortune:
    date: date
    day_pillar: str  # hanja, e.g. 辛丑
    day_pillar_name: str  # e.g. 신축
    relation: str  # one of fortune.DAY_RELATIONS
    relation_name: str
    reason: str  # the day's stem against the face's element
    text: str
    energy_shift: dict[Energy, float]
    lucky: Lucky
    solar_term: str = ""  # one of solar_terms.TERMS
    disclaimer: str = ""


@dataclass(frozen=True, slots=True)
class ElementReading:
    primary: str  # wood | fire | earth | metal | water
    secondary: str | None
    name: str
    shares: dict[str, float]  # sums to 1
    clarity: float  # 0-1
    meaning: str


@dataclass(frozen=True, slots=True)
class Zone:
    id: Literal["upper", "middle", "lower"]
    name: str
    share: float
    z: float
    years: str
    meaning: str
    estimated: bool
    from_age: int = 0  # defaults from here on: readings kept before the curve of life existed lack these fields
    to_age: int | None = None
    level: int = 50  # on the curve of life: percentile of the zone, 1-99
    low: int = 50  # low and high: the same, one SD of this photo's error below and above
    high: int = 50


@dataclass(frozen=True, slots=True)
class Palace:
    id: str
    name: str
    hanja: str
    place: str
    status: Literal["measured", "partly", "not_measured"]
    z: float | None
    meaning: str
    vertices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AgePosition:
    counted_age: int
    international_age: int
    position: str
    hanja: str
    place: str
    vertices: tuple[int, ...]
    meaning: str
    current: bool = True  # True for this year, False for the years around it
    side: str = ""  # left | right | centre of the person, in the first order of the verse; the other order mirrors it


@dataclass(frozen=True, slots=True)
class ArchetypeReason:
    """A shape that supports an archetype, with its deciding measure; percentile: of that measure, 1-99."""

    part: str
    name: str
    hanja: str
    shape_id: str
    shape: str
    probability: float
    meaning: str
    measure: str
    label: str
    percentile: int
    classic: Classic | None


@dataclass(frozen=True, slots=True)
class ArchetypeReading:
    """One of the five archetypes; share: of 100."""

    id: str
    name: str
    hanja: str
    share: int
    meaning: str
    reasons: tuple[ArchetypeReason, ...]


@dataclass(frozen=True, slots=True)
class HistoricFigure:
    """A figure of history whose archetypes, by historical records, overlap with the face's; not a likeness of faces."""

    id: str
    name: str
    hanja: str
    years: str
    overlap: int  # of 100
    mix: dict[str, int]
    text: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Archetypes:
    """The five archetypes, the largest share first, summing to 100, and the nearest figures of history."""

    top: str
    summary: str
    callings: tuple[ArchetypeReading, ...]
    figures: tuple[HistoricFigure, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What the parts that weigh most in a topic say of it, with a strength, a caution and something to do today."""

    id: TopicId
    name: str
    text: str
    strength: str
    caution: str
    today: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that is said of a face, in one language."""

    overall_score: int
    energy_scores: dict[Energy, int]
    energy_values: dict[Energy, float]  # the same before rounding to whole steps
    parts: tuple[PartReading, ...]
    element: ElementReading
    zones: tuple[Zone, ...]
    zones_type: str
    palaces: tuple[Palace, ...]
    fortune: Fortune
    today_fortune: str
    ages: tuple[AgePosition, ...]  # empty without a birth year
    locale: Locale
    engine_version: str
    content_version: str
    disclaimer: str
    archetypes: Archetypes | None = None  # None: kept before archetypes existed
    title: str = ""  # title, story and topics: empty in readings kept before they existed
    story: str = ""
    topics: tuple[Topic, ...] = ()
    decided: DecidedFace | None = None  # what all this rests on; None: kept before it was known apart
