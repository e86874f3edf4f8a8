"""API models of a list: always a page."""

from typing import Generic, TypeVar

from pydantic import BaseModel, Field

T = TypeVar("T")


class PageOut(BaseModel, Generic[T]):
    """Some of `total` items."""

    items: list[T]
    total: int | None = Field(ge=0, description="null on a page after a cursor.", examples=[1])
    page: int = Field(ge=1, examples=[1])
    size: int = Field(ge=1, le=100, examples=[20])
    pages: int | None = Field(ge=0, description="0 if there are no items, null after a cursor.", examples=[1])
    next: str | None = Field(
        default=None,
        description="Send it as `after` for the next page; null on the last one.",
        examples=["WyIyMDI2LTExLTIz…"],
    )

    @classmethod
    def of_all(cls, items: list[T]) -> "PageOut[T]":
        """Return all items on one page."""
        return cls(items=items, total=len(items), page=1, size=max(1, len(items)), pages=min(1, len(items)))
