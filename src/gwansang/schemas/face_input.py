"""API models of the input of a reading: a photo, landmarks, and the form fields beside uploads."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from gwansang.texts import DEFAULT_LOCALE, LOCALE_CHOICE
from gwansang.vision.face import FaceRegion

Coordinate = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Landmark = Annotated[list[Coordinate], Field(min_length=2, max_length=3)]
PixelSide = Annotated[int, Strict(), Field(ge=1, le=100_000)]
DetailPoint = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]
DETAIL_POINT_COUNT = 73
LocaleName = Annotated[str, Field(max_length=35)]


class FaceFields(BaseModel):
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
            "The 478 points of MediaPipe's Face Landmarker, or the 468 of an older face mesh, each [x, y] or "
            "[x, y, z]; x and y as fractions of the upright picture. Landmarks win over an image, which then only "
            "gives the aspect ratio. What only pixels show is told as undecided, unless `detail_points` come with them."
        ),
    )
    landmark_looks: Literal[1, 2] = Field(
        1, description="2 if each of the 478 points is the mean of a plain and of a mirrored look at the same crop."
    )
    detail_points: list[DetailPoint] | None = Field(
        None,
        min_length=DETAIL_POINT_COUNT,
        max_length=DETAIL_POINT_COUNT,
        description=(
            "Points that the client's copy of this service's kernel found in the picture, starting from 478 points of "
            "two looks, as fractions of the upright picture; docs/landmarks.md has their order."
        ),
    )
    covered: list[FaceRegion] = Field(
        [],
        max_length=7,
        description="Regions that the client could not see: their parts have the shape `unseen`.",
    )
    image_width: PixelSide | None = Field(None, description="Width of the picture the landmarks come from, in pixels.")
    image_height: PixelSide | None = Field(
        None, description="Height of the picture the landmarks come from, in pixels."
    )
    birth_year: Annotated[int, Strict()] | None = Field(
        None, description="For the years of life; from 1900, and at least 14 years ago.", examples=[1990]
    )


class FaceRequest(FaceFields):
    """A photo, landmarks, or both."""

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
