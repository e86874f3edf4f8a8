"""API models of the privacy notice and the retention schedule."""

from pydantic import BaseModel, Field


class NoticeItemOut(BaseModel):
    """One item of the notice."""

    id: str = Field(examples=["entertainment"])
    title: str = Field(examples=["Face reading is for fun"])
    text: str = Field(examples=["Face reading is an old tradition and no science. …"])


class NoticeOut(BaseModel):
    """The notice to show before the first reading."""

    version: int = Field(description="Grows when the notice changes.", examples=[1])
    locale: str = Field(examples=["en"])
    title: str = Field(examples=["Good to know"])
    before_photo: str = Field(
        description="The short form, to be shown where the first photo is taken or chosen: what the AI does "
        "(biometric categorisation), what is not inferred or kept, and the minimum age.",
        examples=["An AI measures the face on your photo, sorts it into shapes, …"],
    )
    items: list[NoticeItemOut]
    ai_generated: bool = Field(
        examples=[False],
        description="Whether texts of readings come from a generative AI: rules choose among texts written by people.",
    )
    min_age: int = Field(description="In years.", examples=[14])


class KeptForOut(BaseModel):
    """A kind of data and its retention."""

    id: str = Field(examples=["history"])
    what: str = Field(examples=["Kept readings and the remembered measures of your face (history)"])
    how_long: str = Field(examples=["Encrypted with a key of your own, until you delete them …"])


class RetentionOut(BaseModel):
    """The retention schedule of the daily deletion run."""

    locale: str = Field(examples=["en"])
    items: list[KeptForOut]
