"""Pagination: the request for a page, and the page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

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
    """Number (from 1) and size of a page; raises InvalidPageError if either is out of range."""

    page: int = 1
    size: int = 20

    def __post_init__(self) -> None:
        if not (1 <= self.page <= MAX_PAGE and 1 <= self.size <= MAX_SIZE):
            message = f"Ask for a page from 1 to {MAX_PAGE} and a size from 1 to {MAX_SIZE}."
            raise InvalidPageError(message, max_page=MAX_PAGE, max_size=MAX_SIZE)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of `total` items."""

    items: tuple[T, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """Number of pages; 0 for an empty list."""
        return -(-self.total // self.size)

    def map(self, convert: Callable[[T], U]) -> "Page[U]":
        """Return the page with every item converted."""
        return Page(tuple(convert(item) for item in self.items), self.total, self.page, self.size)
