"""Counterpart of the conversion: a writer of dlib's file format, and the network's forward pass in NumPy (float64)."""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

AVERAGES = (122.782, 117.001, 104.298)
# number of filters, and whether the block halves the image, from input to output
BLOCKS = [(32, False)] * 3 + [(64, True)] + [(64, False)] * 3 + [(128, True)] + [(128, False)] * 2
BLOCKS += [(256, True), (256, False), (256, False), (256, True)]


@dataclass
class Layer:
    kernel: Array
    bias: Array
    gamma: Array
    beta: Array
    stride: int
    padding: int


class Network:
    """The face network's architecture with random weights."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.stem = self._layer(3, 32, window=7, stride=2)
        self.blocks: list[tuple[Layer, Layer, bool]] = []
        channels = 32
        for filters, halves in BLOCKS:
            first = self._layer(channels, filters, window=3, stride=2 if halves else 1)
            self.blocks.append((first, self._layer(filters, filters, window=3, stride=1), halves))
            channels = filters
        self.projection = self._weights((channels, 128), channels)

    def _weights(self, shape: tuple[int, ...], fan_in: int) -> Array:
        # Exact in float16, so that only the arithmetic can differ.
        drawn = self._random.normal(0, np.sqrt(1 / fan_in), shape)
        return drawn.astype(np.float16).astype(np.float64)

    def _layer(self, channels: int, filters: int, window: int, stride: int) -> Layer:
        return Layer(
            kernel=self._weights((filters, channels, window, window), channels * window * window),
            bias=self._random.normal(0, 0.1, filters),
            gamma=self._random.choice([0.5, 1.0, 2.0], filters),
            beta=self._random.normal(0, 0.1, filters),
            stride=stride,
            padding=0 if stride == 2 else window // 2,
        )

    def forward(self, rgb: NDArray[np.uint8]) -> Array:
        """Return the 128 outputs for a (150, 150, 3) image; sums of unequal sizes follow dlib's rules."""
        x = ((rgb - np.array(AVERAGES)) / 256).transpose(2, 0, 1)
        x = _pool(np.maximum(_convolve(x, self.stem), 0), 3).max(axis=(3, 4))
        for first, second, halves in self.blocks:
            inner = _convolve(np.maximum(_convolve(x, first), 0), second)
            shortcut = _pool(x, 2).mean(axis=(3, 4)) if halves else x
            x = np.maximum(_sum(inner, shortcut), 0)
        result: Array = x.mean(axis=(1, 2)) @ self.projection
        return result


def _windows(x: Array, window: int, stride: int) -> Array:
    views = np.lib.stride_tricks.sliding_window_view(x, (window, window), axis=(1, 2))
    return views[:, ::stride, ::stride]


def _convolve(x: Array, layer: Layer) -> Array:
    p = layer.padding
    views = _windows(np.pad(x, ((0, 0), (p, p), (p, p))), layer.kernel.shape[2], layer.stride)
    result = np.tensordot(layer.kernel, views, axes=([1, 2, 3], [0, 3, 4]))
    per_filter = (slice(None), None, None)
    affine: Array = (result + layer.bias[per_filter]) * layer.gamma[per_filter] + layer.beta[per_filter]
    return affine


def _pool(x: Array, window: int) -> Array:
    return _windows(x, window, 2)


def _sum(a: Array, b: Array) -> Array:
    shape = tuple(map(max, a.shape, b.shape))
    grown = [np.pad(x, [(0, want - have) for want, have in zip(shape, x.shape, strict=True)]) for x in (a, b)]
    return grown[0] + grown[1]


# --- the file ---------------------------------------------------------------------------------------------------------


def dlib_file(network: Network) -> bytes:
    """Return the network in dlib's file format."""
    nest = b"".join(_int(version) for version in [2, 2, *[2, 1, 2] * 40, 3])
    body = _int(1) + _text("loss_metric_2") + _float(0.04) + _float(0.6) + nest
    body += _text("input_rgb_image_sized") + b"".join(map(_float, AVERAGES)) + _int(150) + _int(150)
    body += _convolution(network.stem, innermost=True) + _plain("relu_") + _pool_layer("max_pool_2", (3, 3, 2, 2, 0, 0))
    for first, second, halves in network.blocks:
        body += _convolution(first) + _plain("relu_") + _convolution(second)
        body += _pool_layer("avg_pool_2", (2, 2, 2, 2, 0, 0)) if halves else b""
        body += _plain("add_prev_") + _plain("relu_")
    body += _pool_layer("avg_pool_2", (0, 0, 1, 1, 0, 0))
    channels, size = network.projection.shape
    body += _text("fc_2") + _int(size) + _int(channels) + _tensor(network.projection, (channels, size, 1, 1))
    return body + _sizes() * 2 + _int(1) + _float(1.0) * 3 + _float(0.0) + _training()


def _convolution(layer: Layer, innermost: bool = False) -> bytes:
    filters, _, window, _ = layer.kernel.shape
    values = np.concatenate([layer.kernel.ravel(), layer.bias])
    sizes = (filters, window, window, layer.stride, layer.stride, layer.padding, layer.padding)
    head = _text("con_4") + _tensor(values, (values.size, 1, 1, 1)) + b"".join(map(_int, sizes))
    head += _sizes() * 2 + _float(1.0) * 3 + _float(0.0) + _training() + (_int(1) if innermost else b"")
    affine = np.concatenate([layer.gamma, layer.beta])
    return head + _text("affine_") + _tensor(affine, (affine.size, 1, 1, 1)) + _sizes() * 2 + _int(0) + _training()


def _plain(name: str) -> bytes:
    return _text(name) + _training()


def _pool_layer(name: str, window: tuple[int, ...]) -> bytes:
    return _text(name) + b"".join(map(_int, window)) + _training()


def _int(value: int) -> bytes:
    size = (abs(value).bit_length() + 7) // 8
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def _float(value: float) -> bytes:
    mantissa, exponent = np.frexp(np.float32(value))
    return _int(int(mantissa * 2**24)) + _int(int(exponent) - 24)


def _text(value: str) -> bytes:
    return _int(len(value)) + value.encode()


def _tensor(values: Array, shape: tuple[int, int, int, int]) -> bytes:
    flat = values.ravel().astype(np.float32)
    return _int(2) + b"".join(map(_int, shape)) + struct.pack(f"<{flat.size}f", *flat)


def _sizes() -> bytes:
    return _int(1) + _int(1) * 4


def _training() -> bytes:
    return b"110" + (_int(2) + _int(0) * 4) * 3
