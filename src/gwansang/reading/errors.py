"""Errors of the reading."""

from gwansang.core.exceptions import InvalidInput


class UnmeasurableFaceError(InvalidInput):
    """The mesh is not a face that can be measured: wrong shape, not finite, or without width or height."""

    code = "UNMEASURABLE_FACE"
    title = "The face can't be measured"


class BirthYearOutOfRangeError(InvalidInput):
    """Carries `birth_year` in its context."""

    code = "BIRTH_YEAR_OUT_OF_RANGE"
    title = "The birth year is out of range"
