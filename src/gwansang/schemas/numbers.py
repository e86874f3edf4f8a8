"""Numbers as answers show them: finite, and rounded when a model is validated."""

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field, FiniteFloat

Rounded = Annotated[FiniteFloat, AfterValidator(partial(round, ndigits=4))]
RoundedTenths = Annotated[FiniteFloat, AfterValidator(partial(round, ndigits=1))]
RoundedHundredths = Annotated[FiniteFloat, AfterValidator(partial(round, ndigits=2))]
RoundedThousandths = Annotated[FiniteFloat, AfterValidator(partial(round, ndigits=3))]
Fraction = Annotated[FiniteFloat, Field(ge=0, le=1), AfterValidator(partial(round, ndigits=4))]
