"""API models of the fortune of a day."""

import datetime as dt

from pydantic import BaseModel, Field

from gwansang.reading.model import Energy
from gwansang.schemas.numbers import Rounded


class LuckyOut(BaseModel):
    """Lucky things of the day."""

    element: str
    color: str
    color_hex: str
    direction: str
    numbers: list[int]
    hours: str
    hours_name: str = Field("", description="The double hours of `hours`; empty in readings of older releases.")


class FortuneOut(BaseModel):
    """The day's fortune for this face."""

    date: dt.date
    day_pillar: str
    day_pillar_name: str
    relation: str
    relation_name: str
    reason: str
    text: str
    energy_shift: dict[Energy, Rounded]
    lucky: LuckyOut
    solar_term: str = Field("", description="Solar term of the day; empty in readings of older releases.")
    disclaimer: str = Field("", description="The notice to show with the fortune; empty in readings of older releases.")
