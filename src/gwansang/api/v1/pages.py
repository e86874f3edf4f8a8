"""Pages as the wire shows them."""

from typing import TypeVar

from pydantic import BaseModel

from gwansang.core.paging import Page
from gwansang.schemas.paging import PageOut

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def page_of(page: Page[T], model: type[M]) -> PageOut[M]:
    """The same page with its items as `model`, field by field."""
    items = [model.model_validate(item, from_attributes=True) for item in page.items]
    return PageOut[M](items=items, total=page.total, page=page.page, size=page.size, pages=page.pages)
