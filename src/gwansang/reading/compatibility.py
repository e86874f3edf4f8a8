"""The compatibility (궁합) of two faces: what their elements, callings, energies and shapes have in common.

It is symmetric: the order of the two faces changes nothing. It speaks of the two together, names the parts in which
they are alike or opposed, and names no shape and no number of either. It gives no grade. The classical books pair the
elements of two days of birth; to pair those of two faces is our own method, as `note` says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from gwansang.reading.archetypes import archetype_definitions
from gwansang.reading.composer import face_key
from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.reading.deciding import ENGINE_VERSION
from gwansang.reading.elements import ELEMENTS
from gwansang.reading.errors import ReadingOutdatedError
from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import ENERGIES, Reading
from gwansang.reading.taxonomy import load_taxonomy
from gwansang.reading.texts import CONTENT_VERSION, CompatibilityText, compatibility_text, fortune_text, pick_variant
from gwansang.texts import Locale, join_sentences

ElementBond = Literal["same", "feeding", "shaping"]
PARTS_ALIKE = ("eyes", "eyebrows", "nose", "mouth", "cheekbones", "jaw", "forehead", "lips", "face_shape")
"""Parts that are named if two faces have one shape of them; of equal ones the first."""


@dataclass(frozen=True, slots=True)
class FaceTraits:
    """What is compared of a face.

    key: a coarse key that is stable between photos; energies: the four, without love for a minor; shapes: ids by part
    of what can be seen; likely: the probability of each shape.
    """

    key: str
    element: str
    calling: str
    energies: Mapping[str, float]
    shapes: Mapping[str, str]
    likely: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class CompatibilityParagraph:
    """A paragraph of a match, by what it is about."""

    id: Literal["elements", "callings", "energies", "shapes"]
    text: str


@dataclass(frozen=True, slots=True)
class Compatibility:
    """What is said of two faces together, in one language; bond: of their elements (생극 生剋).

    alike, opposed: the parts that the text names, None if there is none.
    """

    title: str
    bond: ElementBond
    paragraphs: tuple[CompatibilityParagraph, ...]
    enjoy: str
    mind: str
    alike: str | None
    opposed: str | None
    note: str
    disclaimer: str
    locale: Locale
    engine_version: str
    content_version: str


def traits_of(reading: Reading, *, is_minor: bool = False) -> FaceTraits:
    """Return what is compared of a reading; raises ReadingOutdatedError for one that has no callings."""
    if reading.archetypes is None:
        raise ReadingOutdatedError("This reading is of an older release; read the face again.")
    seen = {part.part: part for part in reading.parts if part.shape_id != UNSEEN_SHAPE}
    face_shape = seen["face_shape"].shape_id if "face_shape" in seen else UNSEEN_SHAPE
    return FaceTraits(
        key=face_key(reading.element.primary, face_shape, reading.zones_type),
        element=reading.element.primary,
        calling=reading.archetypes.top,
        energies={name: reading.energy_values[name] for name in ENERGIES if not (is_minor and name == "love")},
        shapes={part: told.shape_id for part, told in seen.items()},
        likely={part: told.probability for part, told in seen.items()},
    )


def match_faces(one: FaceTraits, other: FaceTraits, locale: Locale) -> Compatibility:
    """Return the compatibility of two faces in a language; the same for either order."""
    texts, keys = compatibility_text(locale), sorted((one.key, other.key))
    first, second = sorted((one.element, other.element), key=ELEMENTS.index)
    callings = [archetype.id for archetype in archetype_definitions()]
    calling, with_calling = sorted((one.calling, other.calling), key=callings.index)

    def pick(slot: str, variants: Sequence[str]) -> str:
        return pick_variant(variants, "compatibility", slot, *keys)

    energy, with_energy = _leading_energies(one, other)
    alike, opposed = _alike(one, other), _opposed(one, other)
    told: dict[Literal["elements", "callings", "energies", "shapes"], str] = {
        "elements": pick("elements", texts["elements"][first][second]),
        "callings": pick("callings", texts["callings"][calling][with_calling]),
        "energies": pick("energies", texts["energies"][energy][with_energy]),
        "shapes": join_sentences(
            pick(slot, variants) for slot, variants in _shape_texts(one, other, alike, opposed, texts)
        ),
    }
    return Compatibility(
        title=texts["title"].format(
            meeting=pick("meetings", texts["meetings"][first][second]), callings=texts["pairs"][calling][with_calling]
        ),
        bond=element_bond(first, second),
        paragraphs=tuple(CompatibilityParagraph(about, text) for about, text in told.items()),
        enjoy=pick("enjoy", texts["to_enjoy"][first][second]),
        mind=pick("mind", texts["to_mind"][calling][with_calling]),
        alike=alike,
        opposed=opposed,
        note=texts["note"],
        disclaimer=fortune_text(locale)["disclaimer"],
        locale=locale,
        engine_version=ENGINE_VERSION,
        content_version=CONTENT_VERSION,
    )


def element_bond(one: str, other: str) -> ElementBond:
    """Return how two elements relate: each feeds the next of the cycle and shapes the one after."""
    steps = abs(ELEMENTS.index(one) - ELEMENTS.index(other))
    return "same" if steps == 0 else "feeding" if steps in (1, 4) else "shaping"


def _leading_energies(one: FaceTraits, other: FaceTraits) -> tuple[str, str]:
    """Return the strongest energy of each face, among those of both, in their usual order."""
    names = [name for name in ENERGIES if name in one.energies and name in other.energies]
    leading = [max(names, key=face.energies.__getitem__) for face in (one, other)]
    first, second = sorted(leading, key=names.index)
    return first, second


def _alike(one: FaceTraits, other: FaceTraits) -> str | None:
    """Return the part in which two faces have one shape; a shape that is no middle one comes first, then what is
    likelier of both."""
    middle = {part.key: part.classes[-1].id for part in load_taxonomy()}
    same = [part for part in PARTS_ALIKE if part in one.shapes and one.shapes[part] == other.shapes.get(part)]
    return max(same, key=lambda part: (one.shapes[part] != middle[part], _both_likely(one, other, part)), default=None)


def _opposed(one: FaceTraits, other: FaceTraits) -> str | None:
    """Return the part in which two faces have opposite shapes, the likelier of both first."""
    shared = [part for part in opposite_shapes() if part in one.shapes and part in other.shapes]
    opposed = [part for part in shared if {one.shapes[part], other.shapes[part]} in opposite_shapes()[part]]
    return max(opposed, key=lambda part: _both_likely(one, other, part), default=None)


def _both_likely(one: FaceTraits, other: FaceTraits, part: str) -> float:
    return min(one.likely[part], other.likely[part])


def _shape_texts(
    one: FaceTraits, other: FaceTraits, alike: str | None, opposed: str | None, texts: CompatibilityText
) -> Iterator[tuple[str, Sequence[str]]]:
    if alike is not None:
        yield "alike", texts["shared"][alike]
    if opposed is not None:
        yield "opposed", texts["opposite"][opposed]
    if alike is None and opposed is None:
        is_seen = bool(set(PARTS_ALIKE) & set(one.shapes) & set(other.shapes))
        yield "neither", texts["neither" if is_seen else "covered"]


@cache
def opposite_shapes() -> Mapping[str, Sequence[frozenset[str]]]:
    """Return the pairs of shapes that are opposites, by part."""
    pairs = load_knowledge("compatibility", "opposites", dict[str, list[list[str]]])
    return {part: [frozenset(pair) for pair in rows] for part, rows in pairs.items()}
