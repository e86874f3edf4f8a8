"""API models of a list: always a page."""

from typing import Generic, TypeVar

from pydantic import BaseModel, Field

T = TypeVar("T")


class PageOut(BaseModel, Generic[T]):
    """Some of `total` items."""

    items: list[T]
    total: int = Field(ge=0, examples=[1])
    page: int = Field(ge=1, examples=[1])
    size: int = Field(ge=1, le=100, examples=[20])
    pages: int = Field(ge=0, description="0 if there are no items.", examples=[1])
