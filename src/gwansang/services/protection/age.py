"""The minimum age, checked against a declared birth year; an age is never guessed from a face.

The law asks for a guardian's consent below 14 full years (Personal Information Protection Act, article 22-2). A birth
year does not give the day: a person who turns 14 in this calendar year may still be 13, and has to wait for the next.
"""

from datetime import date
from typing import Final

from gwansang.core.exceptions import InvalidInput

MIN_AGE: Final = 14
FIRST_BIRTH_YEAR: Final = 1900


class BirthYearError(InvalidInput):
    """Carries `min` and `max` in its context."""

    code = "INVALID_BIRTH_YEAR"
    title = "The birth year can't be right"


class TooYoungError(InvalidInput):
    """Carries `min_age` in its context."""

    code = "TOO_YOUNG"
    title = "Not for children"


def check_birth_year(birth_year: int | None, today: date) -> None:
    """Raise BirthYearError or TooYoungError for a year that can't be accepted; None is accepted."""
    if birth_year is None:
        return
    if not FIRST_BIRTH_YEAR <= birth_year <= today.year:
        message = f"The birth year must lie between {FIRST_BIRTH_YEAR} and {today.year}."
        raise BirthYearError(message, min=FIRST_BIRTH_YEAR, max=today.year)
    if today.year - birth_year <= MIN_AGE:
        raise TooYoungError(f"This service is for people from the age of {MIN_AGE} on.", min_age=MIN_AGE)
