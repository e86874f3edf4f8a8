"""How alike two readings of one face are."""

from gwansang.reading.model import Reading

MIN_EQUAL_PARTS = 11  # of 15: a part that is told as a mixture may be named after its other half
MAX_EVIDENCE = (
    -1.0
)  # of another face (reading.gate): 5 clips have -1.5 against their person, -0.3 and more against others


def equal_parts(one: Reading, other: Reading) -> int:
    """Return the number of parts with the same shape in both readings."""
    shapes = {part.part: part.shape_id for part in other.parts}
    return sum(part.shape_id == shapes[part.part] for part in one.parts)
