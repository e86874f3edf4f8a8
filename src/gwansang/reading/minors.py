"""What a reading leaves out for a reader who may be under 19."""

from datetime import date

ADULT_FROM = 19


def may_be_minor(birth_year: int | None, day: date) -> bool:
    """Return whether a person born in this year can be under 19 on `day`; without a year nothing is left out."""
    return birth_year is not None and day.year - birth_year <= ADULT_FROM
