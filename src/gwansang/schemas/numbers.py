"""Numbers as answers show them: finite, and rounded when a model is validated."""

from typing import Annotated

from pydantic import AfterValidator, Field, FiniteFloat, WithJsonSchema


def _rounding(digits: int) -> AfterValidator:
    # Not a partial of `round`: Pydantic reads its signature from a text, 36 times, a hundredth of the start.
    def to_digits(value: float) -> float:
        return round(value, digits)

    return AfterValidator(to_digits)


Rounded = Annotated[FiniteFloat, _rounding(4)]
RoundedTenths = Annotated[FiniteFloat, _rounding(1)]
RoundedHundredths = Annotated[FiniteFloat, _rounding(2)]
RoundedThousandths = Annotated[FiniteFloat, _rounding(3)]
Fraction = Annotated[FiniteFloat, Field(ge=0, le=1), _rounding(4)]
Point = Annotated[
    tuple[FiniteFloat, FiniteFloat],  # not as JSON Schema's tuple, which generators of clients do not know
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
]
