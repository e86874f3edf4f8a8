"""Errors of the reading."""

from gwansang.core.exceptions import Conflict, InvalidInput


class UnmeasurableFaceError(InvalidInput):
    """The mesh is not a face that can be measured: wrong shape, not finite, or without width or height."""

    code = "UNMEASURABLE_FACE"
    title = "The face can't be measured"


class BirthYearOutOfRangeError(InvalidInput):
    """Carries `birth_year` in its context."""

    code = "BIRTH_YEAR_OUT_OF_RANGE"
    title = "The birth year is out of range"


class ReadingOutdatedError(Conflict):
    """A kept reading of an older release lacks what is compared."""

    code = "READING_OUTDATED"
    title = "This reading is of an older release"
