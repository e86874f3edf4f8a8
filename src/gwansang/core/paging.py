"""Pagination: the request for a page, by its number or by what comes before it, and the page."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from gwansang.core.exceptions import InvalidInput

T = TypeVar("T")
U = TypeVar("U")
MAX_SIZE = 100
MAX_PAGE = 1_000_000


class InvalidPageError(InvalidInput):
    """Carries `max_page` and `max_size` in its context."""

    code = "INVALID_PAGE"
    title = "There can't be such a page"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Number (from 1) and size of a page, or the cursor after which it begins.

    A page by its number costs as much as all pages before it; one after a cursor does not. Raises InvalidPageError if
    page or size is out of range, or if both a later page and a cursor are asked for.
    """

    page: int = 1
    size: int = 20
    after: str | None = None

    def __post_init__(self) -> None:
        if not (1 <= self.page <= MAX_PAGE and 1 <= self.size <= MAX_SIZE):
            message = f"Ask for a page from 1 to {MAX_PAGE} and a size from 1 to {MAX_SIZE}."
            raise InvalidPageError(message, max_page=MAX_PAGE, max_size=MAX_SIZE)
        if self.after is not None and self.page != 1:
            raise InvalidPageError("Ask for a page by its number or after a cursor, not both.")

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of `total` items; next: the cursor of the page after it, None for the last one.

    total: None for a page after a cursor, which is not counted.
    """

    items: tuple[T, ...]
    total: int | None
    page: int
    size: int
    next: str | None = None

    @property
    def pages(self) -> int | None:
        """Number of pages, 0 for an empty list; None if they are not counted."""
        return None if self.total is None else -(-self.total // self.size)

    def map(self, convert: Callable[[T], U]) -> "Page[U]":
        """Return the page with every item converted."""
        return Page(tuple(convert(item) for item in self.items), self.total, self.page, self.size, self.next)


FIRST_PAGE: Final = PageRequest()


def encode_cursor(values: Sequence[str]) -> str:
    """Return the cursor of an item from what its list is ordered by."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[str]:
    """Return the values of a cursor; raises InvalidPageError unless there are `length` of them."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        values = None
    if isinstance(values, list) and len(values) == length and all(isinstance(value, str) for value in values):
        return values
    raise invalid_cursor()


def invalid_cursor() -> InvalidPageError:
    """Return the error for a cursor that no page of this list has given."""
    return InvalidPageError("There is no such cursor: send `next` of the page before, unchanged.")
