"""Loading and running of the neural networks with LiteRT."""

import threading
import zipfile
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from gwansang.vision.models import catalog

Tensor = NDArray[np.float32]

cv2.setNumThreads(1)  # the pool's threads use all cores already


class Network:
    """One LiteRT model with fixed shapes; may only be used by one thread at a time (LiteRT raises otherwise)."""

    def __init__(self, model: Path | bytes) -> None:
        """Load a model's file, or its content."""
        source = {"model_content": model} if isinstance(model, bytes) else {"model_path": str(model)}
        self._interpreter = Interpreter(**source, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self.input_shape: tuple[int, ...] = tuple(self._interpreter.get_input_details()[0]["shape"])
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]

    def run(self, tensor: Tensor) -> list[Tensor]:
        """Return all outputs, in the model's order, for a float32 input of `input_shape`."""
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


class SharedNetwork:
    """A model that is loaded at its first use, and that all threads share, one after the other: few photos need it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._network: Network | None = None
        self._turn = threading.Lock()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of the input."""
        with self._turn:
            return self._loaded().input_shape

    def run(self, tensor: Tensor) -> list[Tensor]:
        """Return what `Network.run` does."""
        with self._turn:
            return self._loaded().run(tensor)

    def _loaded(self) -> Network:
        if self._network is None:
            self._network = Network(self._file)
        return self._network


class Networks:
    """One set of networks; each thread of the inference pool loads its own.

    The full-range detector is shared by all sets. The embedding network is loaded from `model_dir` at its first use, by
    a clip or a match: many threads never need its 35 MB, and loading it takes no longer than reading a photo.
    """

    def __init__(
        self,
        short_range: Network,
        full_range: Network | SharedNetwork,
        mesh: Network,
        blendshapes: Network,
        model_dir: Path = Path(),
    ) -> None:
        self.short_range = short_range
        self.full_range = full_range
        self.mesh = mesh
        self.blendshapes = blendshapes
        self._model_dir = model_dir
        self._embedding: Network | None = None

    @property
    def embedding(self) -> Network:
        """The embedding network; raises ModelsMissingError if its file is missing or not the pinned one."""
        if self._embedding is None:
            with _LOADING:
                catalog.verify_models(self._model_dir, (catalog.FACE_EMBEDDING,))
                self._embedding = Network(self._model_dir / catalog.FACE_EMBEDDING.file)
        return self._embedding

    @classmethod
    def load(cls, model_dir: Path) -> "Networks":
        """Load the networks of a folder; raises ModelsMissingError if a file is missing or not the pinned one."""
        with _LOADING:
            catalog.verify_models(model_dir)
            full_range = _shared_network(model_dir / catalog.FACE_DETECTION_FULL_RANGE.file)
            short_range, mesh, blendshapes = load_bundle(model_dir / catalog.FACE_LANDMARKER.file)
            return cls(short_range, full_range, mesh, blendshapes, model_dir)


@cache
def _shared_network(file: Path) -> SharedNetwork:
    return SharedNetwork(file)


def load_bundle(bundle: Path) -> tuple[Network, Network, Network]:
    """Return detector, mesh and blendshape network of a verified bundle of Face Landmarker v2."""
    detector, mesh, blendshapes = map(Network, _read_members(bundle))
    return detector, mesh, blendshapes


@cache
def _read_members(bundle: Path) -> tuple[bytes, ...]:
    """Return the networks of a bundle; an interpreter keeps the bytes it was given, so that all sets share them."""
    with zipfile.ZipFile(bundle) as archive:
        return tuple(archive.read(member) for member in catalog.BUNDLE_MEMBERS)


_LOADING = threading.Lock()  # threads load one after another, so that they do not read the same files at once
