"""Request bodies of calls that read their body themselves, for the OpenAPI document.

A form is described by its Pydantic model. Names of settings in braces stand for sizes, which `DocumentedApp` fills in.
"""

from pydantic import BaseModel

from gwansang.api.openapi import OpenApi
from gwansang.schemas.celebrity import CelebrityPhotoForm
from gwansang.schemas.compatibility import (
    ComparedFace,
    CompatibilityRequest,
    PairForm,
    RedemptionForm,
    RedemptionRequest,
)
from gwansang.schemas.face_input import BatchForm, FaceForm
from gwansang.services.ml.face_analyzer import MAX_PHOTOS
from gwansang.services.tasks.kinds import BATCH


def _file(description: str) -> OpenApi:
    return {"type": "string", "format": "binary", "description": description}


def _files(max_files: int, description: str) -> OpenApi:
    items = {"type": "string", "format": "binary"}
    return {"type": "array", "items": items, "minItems": 1, "maxItems": max_files, "description": description}


def _body(media_type: str, schema: OpenApi, examples: OpenApi) -> OpenApi:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema, "examples": examples}}}}


def _field(schema: OpenApi) -> OpenApi:
    """Return the schema of a form field without its default, as a form can leave a field out but not send null."""
    kind: OpenApi = next((branch for branch in schema.get("anyOf", ()) if branch["type"] != "null"), {})
    return {key: value for key, value in {**schema, **kind}.items() if key not in ("anyOf", "default", "title")}


def _form(file: OpenApi, fields: type[BaseModel] | None, example_name: str, example: OpenApi) -> OpenApi:
    """Describe a form with the field `file` and the fields of a model, and an example with its name."""
    model = fields.model_json_schema() if fields is not None else {}
    schema = {
        "type": "object",
        "required": ["file", *model.get("required", ())],
        "additionalProperties": False,
        "properties": {"file": file, **{name: _field(field) for name, field in model.get("properties", {}).items()}},
    }
    return _body("multipart/form-data", schema, {example_name: {"value": example}})


JSON_BODY = _body(
    "application/json",
    {"$ref": "#/components/schemas/FaceRequest"},
    {
        "photo": {"value": {"image": "data:image/jpeg;base64,/9j/4AAQSkZJRg…", "birth_year": 1990}},
        "landmarks": {
            "summary": "478 points; two are shown",
            "value": {
                "landmarks": [[0.501, 0.622, -0.031], [0.498, 0.561, -0.062]],
                "image_width": 1080,
                "image_height": 1440,
            },
        },
    },
)
FORM_BODY = _form(
    _files(
        MAX_PHOTOS,
        "One photo, or several of one face, each in a part of its own with this name: JPEG, PNG or WebP, each up to "
        "{max_upload_bytes}, together up to {max_form_bytes}.",
    ),
    FaceForm,
    "photo",
    {"file": ["the bytes of a JPEG"], "birth_year": 1990},
)
BATCH_BODY = _form(
    _files(
        BATCH.max_files,
        "Photos of one person or of many, each in a part of its own with this name: JPEG, PNG or WebP, each up to "
        "{max_upload_bytes}, together up to {max_batch_bytes}.",
    ),
    BatchForm,
    "photos",
    {"file": ["the bytes of a JPEG", "the bytes of another"]},
)
VIDEO_BODY = _form(
    _file(
        "One video of one face: MP4, MOV, 3GP, WebM or Matroska, up to {max_video_bytes}, 30 seconds, 4K and 240 "
        "pictures a second."
    ),
    FaceForm,
    "video",
    {"file": "the bytes of an MP4", "birth_year": 1990},
)
PICTURE_BODY = _form(
    _file("A picture of this person alone: JPEG, PNG or WebP, up to {max_upload_bytes}."),
    CelebrityPhotoForm,
    "picture",
    {
        "file": "the bytes of a JPEG",
        "celebrity_id": 7,
        "source": "https://example.com/press/7",
        "licence": "CC-BY 4.0",
        "attribution": "Example Studio",
    },
)
ARCHIVE_BODY = _form(
    _file(
        "A ZIP of up to {max_batch_bytes} with one folder for each person (`홍길동_Hong Gildong` or one name), "
        "or with a CSV: file, name_ko, name_en, category, source, licence, attribution."
    ),
    None,
    "archive",
    {"file": "the bytes of a ZIP"},
)
_PHOTO_OF_ONE = {"image": "data:image/jpeg;base64,/9j/4AAQSkZJRg…"}
PAIR_BODY = _body(
    "application/json",
    {
        **{key: value for key, value in CompatibilityRequest.model_json_schema().items() if key != "$defs"},
        "properties": {
            **CompatibilityRequest.model_json_schema()["properties"],
            **dict.fromkeys(("first", "second"), ComparedFace.model_json_schema()),
        },
    },
    {"two photos": {"value": {"first": _PHOTO_OF_ONE, "second": _PHOTO_OF_ONE, "other_agrees": True}}},
)
PAIR_FORM_BODY = _form(
    _files(
        2,
        "Two photos, one of each person, each in a part of its own with this name: JPEG, PNG or WebP, each up to "
        "{max_upload_bytes}, together up to {max_form_bytes}.",
    ),
    PairForm,
    "photos",
    {"file": ["the bytes of a JPEG", "the bytes of another"], "other_agrees": True},
)
REDEMPTION_BODY = _body(
    "application/json",
    RedemptionRequest.model_json_schema(),
    {"photo": {"value": {"code": "Xm3kq…", **_PHOTO_OF_ONE}}},
)
REDEMPTION_FORM_BODY = _form(
    _files(
        MAX_PHOTOS,
        "One photo, or several of one face, each in a part of its own with this name: JPEG, PNG or WebP, each up to "
        "{max_upload_bytes}, together up to {max_form_bytes}.",
    ),
    RedemptionForm,
    "photo",
    {"file": ["the bytes of a JPEG"], "code": "Xm3kq…"},
)
