"""Parser of dlib's file of its face recognition network; needs no dlib.

The file holds nested layers, written from the outside in: first a version number per layer, then the input layer,
then every layer's content from the innermost to the outermost. Numbers are a length byte and that many bytes, floats a
mantissa and an exponent, tensors raw little-endian float32. Format: dlib's serialize.h and dnn/*.h (Boost licence).
"""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]


class WeightsError(Exception):
    """The file is not dlib's face recognition network."""


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution and the affine layer behind it. `kernel` is (filters, channels, height, width)."""

    kernel: Weights
    bias: Weights
    gamma: Weights
    beta: Weights
    stride: int
    padding: int


@dataclass(frozen=True, slots=True)
class Block:
    """Two convolutions with a shortcut; `halves` if the shortcut is a 2x2 average pool of the block's input."""

    first: Convolution
    second: Convolution
    halves: bool


@dataclass(frozen=True, slots=True)
class FaceNetwork:
    """(pixel - average) / 256, stem, 3x3 max pool with stride 2, blocks, global average pool, times `projection`."""

    averages: tuple[float, float, float]
    side: int
    stem: Convolution
    blocks: tuple[Block, ...]
    projection: Weights  # (channels, 128)


def parse(content: bytes) -> FaceNetwork:
    """Return the network held by `dlib_face_recognition_resnet_model_v1.dat`; raises WeightsError."""
    try:
        return _network(_Reader(content))
    except (IndexError, ValueError) as error:
        raise WeightsError(f"the file is no dlib face network: {error}") from error


class _Reader:
    """Cursor over the bytes; each method reads and returns one element of the format."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    @property
    def done(self) -> bool:
        return self._position == len(self._content)

    def _take(self, count: int) -> bytes:
        piece = self._content[self._position : self._position + count]
        if len(piece) != count:
            raise WeightsError("the file ends too early")
        self._position += count
        return piece

    def integer(self) -> int:
        control = self._take(1)[0]
        magnitude = int.from_bytes(self._take(control & 0x0F), "little")
        return -magnitude if control & 0x80 else magnitude

    def integers(self, count: int) -> tuple[int, ...]:
        return tuple(self.integer() for _ in range(count))

    def real(self) -> float:
        mantissa, exponent = self.integers(2)
        if abs(exponent) > 1100:
            raise WeightsError("a number is out of range")
        return float(mantissa * 2.0**exponent)

    def text(self) -> str:
        return self._take(self.integer()).decode("ascii")

    def versions(self) -> None:
        """Skip the version numbers of the layers: the length of the text behind them is larger than any version."""
        while True:
            start = self._position
            if self.integer() > 3:
                self._position = start
                return

    def tensor(self) -> Weights:
        version, *shape = self.integers(5)
        if version != 2:
            raise WeightsError(f"tensor version {version} is unknown")
        return np.frombuffer(self._take(4 * prod(shape)), dtype="<f4")

    def expect(self, *layers: str) -> str:
        layer = self.text()
        if layer not in layers:
            raise WeightsError(f"found the layer {layer!r} instead of {' or '.join(layers)}")
        return layer

    def shapes(self, count: int) -> None:
        """Skip views into the parameters (version and four sizes each): they follow from the layer's own sizes."""
        self.integers(5 * count)

    def training_state(self) -> None:
        """Skip a layer's state of training: three flags and three tensors."""
        self._take(3)
        for _ in range(3):
            self.tensor()

    def learning_rates(self) -> None:
        for _ in range(4):
            self.real()


def _network(reader: _Reader) -> FaceNetwork:
    reader.integer()
    reader.expect("loss_metric_2")
    reader.real(), reader.real()  # margin and distance threshold
    reader.versions()
    reader.expect("input_rgb_image_sized")
    averages = (reader.real(), reader.real(), reader.real())
    side, _ = reader.integers(2)
    stem = _convolution(reader, innermost=True)
    _plain(reader, "relu_")
    _pool(reader, "max_pool_2", (3, 3, 2, 2, 0, 0))
    blocks = []
    while (layer := reader.expect("con_4", "avg_pool_2")) == "con_4":
        blocks.append(_block(reader))
    _pool_content(reader, layer, (0, 0, 1, 1, 0, 0))
    network = FaceNetwork(averages, side, stem, tuple(blocks), _projection(reader))
    if not reader.done:
        raise WeightsError("the file goes on after the last layer")
    return network


def _block(reader: _Reader) -> Block:
    first = _convolution_content(reader)
    _plain(reader, "relu_")
    second = _convolution(reader)
    halves = reader.expect("avg_pool_2", "add_prev_") == "avg_pool_2"
    if halves:
        _pool_content(reader, "avg_pool_2", (2, 2, 2, 2, 0, 0))
        reader.expect("add_prev_")
    reader.training_state()
    _plain(reader, "relu_")
    return Block(first, second, halves)


def _convolution(reader: _Reader, innermost: bool = False) -> Convolution:
    reader.expect("con_4")
    return _convolution_content(reader, innermost)


def _convolution_content(reader: _Reader, innermost: bool = False) -> Convolution:
    parameters = reader.tensor()
    filters, height, width, stride, stride_x, padding, padding_x = reader.integers(7)
    reader.shapes(2)
    reader.learning_rates()
    reader.training_state()
    if innermost:
        reader.integer()  # number of samples per image
    reader.expect("affine_")
    affine = reader.tensor()
    reader.shapes(2)
    reader.integer()  # per channel or per value
    reader.training_state()
    if (stride, padding) != (stride_x, padding_x) or affine.size != 2 * filters:
        raise WeightsError("a convolution has an unknown form")
    kernel = parameters[:-filters].reshape(filters, -1, height, width)
    return Convolution(kernel, parameters[-filters:], affine[:filters], affine[filters:], stride, padding)


def _plain(reader: _Reader, layer: str) -> None:
    reader.expect(layer)
    reader.training_state()


def _pool(reader: _Reader, layer: str, window: tuple[int, ...]) -> None:
    _pool_content(reader, reader.expect(layer), window)


def _pool_content(reader: _Reader, layer: str, window: tuple[int, ...]) -> None:
    """Check height, width, strides and paddings of a pool."""
    if reader.integers(6) != window:
        raise WeightsError(f"the pool {layer} has an unknown form")
    reader.training_state()


def _projection(reader: _Reader) -> Weights:
    reader.expect("fc_2")
    outputs, inputs = reader.integers(2)
    weights = reader.tensor().reshape(inputs, outputs)
    reader.shapes(2)
    reader.integer()  # with or without bias: without, or the tensor had one row more
    reader.learning_rates()
    reader.training_state()
    return weights
