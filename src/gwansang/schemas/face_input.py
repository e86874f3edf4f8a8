"""API models of the input of a reading: a photo, landmarks, and the form fields beside uploads."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict

from gwansang.texts import DEFAULT_LOCALE, LOCALE_CHOICE

Coordinate = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Landmark = Annotated[list[Coordinate], Field(min_length=2, max_length=3)]
PixelSide = Annotated[int, Strict(), Field(ge=1, le=100_000)]
LocaleName = Annotated[str, Field(max_length=35)]


class FaceRequest(BaseModel):
    """A photo, landmarks, or both."""

    model_config = ConfigDict(extra="forbid")

    image: Annotated[str, Strict()] | None = Field(
        None,
        description=(
            "JPEG, PNG or WebP as base64, bare or as a data URL. White space is ignored; the URL-safe alphabet and "
            "missing padding are accepted; any other character is refused. The image's own bytes decide its type."
        ),
    )
    landmarks: list[Landmark] | None = Field(
        None,
        description=(
            "The 468 or 478 points of a MediaPipe face mesh, each [x, y] or [x, y, z]; x and y as fractions of the "
            "upright picture. Landmarks win over an image, which then only gives the aspect ratio."
        ),
    )
    image_width: PixelSide | None = Field(None, description="Width of the picture the landmarks come from, in pixels.")
    image_height: PixelSide | None = Field(
        None, description="Height of the picture the landmarks come from, in pixels."
    )
    birth_year: Annotated[int, Strict()] | None = Field(
        None, description="For the years of life; from 1900, and at least 14 years ago.", examples=[1990]
    )
    locale: LocaleName | None = Field(
        None, description=f"{LOCALE_CHOICE}; anything else falls back.", examples=[DEFAULT_LOCALE]
    )


class BatchForm(BaseModel):
    """The form fields beside the photos of a batch."""

    model_config = ConfigDict(extra="forbid")

    locale: LocaleName | None = Field(None, description=f"{LOCALE_CHOICE}; anything else falls back.")


class FaceForm(BatchForm):
    """The form fields beside an uploaded photo or video."""

    birth_year: int | None = Field(None, json_schema_extra={"minimum": 1900, "example": 1990})
