"""Pages of a list: what to ask for, and what comes back."""

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
    """Page `page`, counted from 1, of pages with `size` items; raises InvalidPageError where that can't be."""

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
    """Some of `total` items."""

    items: tuple[T, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are; 0 where there is nothing."""
        return -(-self.total // self.size)

    def map(self, convert: Callable[[T], U]) -> "Page[U]":
        """The same page of something else."""
        return Page(tuple(convert(item) for item in self.items), self.total, self.page, self.size)
