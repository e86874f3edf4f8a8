"""Translation of dlib's face recognition network into a graph of LiteRT operators.

Weights are stored as float16 (half the file, expanded when the model is loaded); affine layers are folded into the
convolutions before them. dlib's rule for shortcuts of unequal size becomes explicit: the smaller operand of a sum is
padded with zeros at its lower right and behind its last channel.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tools.convert_face_network.dlib_file import Block, Convolution, FaceNetwork, Weights, parse
from tools.convert_face_network.tflite_graph import Graph, Options, Tensor

RELU = schema.ActivationFunctionType.RELU
NONE = schema.ActivationFunctionType.NONE
VALID, SAME = schema.Padding.VALID, schema.Padding.SAME
DEQUANTIZE_FLOAT16 = 3  # the operator's first version with float16
PIXEL_SCALE = 1 / 256


def convert(content: bytes) -> bytes:
    """Return the .tflite file for dlib's .dat: (1, 150, 150, 3) RGB 0-255 in, (1, 128) out; raises WeightsError."""
    network = parse(content)
    graph = Graph("dlib_face_recognition_resnet_v1")
    image = graph.value("rgb", (1, network.side, network.side, 3))
    tensor = _convolve(graph, _normalise(graph, image, network), network.stem, RELU)
    tensor = _pool(graph, "MAX_POOL_2D", tensor, window=3, stride=2)
    for block in network.blocks:
        tensor = _residual(graph, tensor, block)
    tensor = _pool(graph, "AVERAGE_POOL_2D", tensor, window=tensor.shape[1], stride=1)
    return graph.write(image, _project(graph, tensor, network.projection))


def _normalise(graph: Graph, tensor: Tensor, network: FaceNetwork) -> Tensor:
    averages = graph.constant("averages", np.array(network.averages, dtype=np.float32))
    scale = graph.constant("pixel_scale", np.array([PIXEL_SCALE], dtype=np.float32))
    centred = graph.apply("SUB", (tensor, averages), tensor.shape, Options("SubOptions"))
    return graph.apply("MUL", (centred, scale), tensor.shape, Options("MulOptions"))


def _residual(graph: Graph, block_input: Tensor, block: Block) -> Tensor:
    tensor = _convolve(graph, _convolve(graph, block_input, block.first, RELU), block.second, NONE)
    shortcut = _pool(graph, "AVERAGE_POOL_2D", block_input, window=2, stride=2) if block.halves else block_input
    shape = tuple(map(max, tensor.shape, shortcut.shape))
    operands = (_pad(graph, tensor, shape), _pad(graph, shortcut, shape))
    return graph.apply("ADD", operands, shape, Options("AddOptions", (("FusedActivationFunction", RELU),)))


def _convolve(graph: Graph, tensor: Tensor, layer: Convolution, activation: int) -> Tensor:
    # Exact products in float64, rounded once: the same bytes on every machine.
    gamma = layer.gamma.astype(np.float64)
    kernel = _half(graph, (layer.kernel * gamma[:, None, None, None]).transpose(0, 2, 3, 1))
    bias = graph.constant("bias", (layer.bias * gamma + layer.beta).astype(np.float32))
    filters, window = layer.kernel.shape[0], layer.kernel.shape[2]
    side = (tensor.shape[1] + 2 * layer.padding - window) // layer.stride + 1
    options = Options(
        "Conv2DOptions",
        (
            ("Padding", SAME if layer.padding else VALID),
            ("StrideW", layer.stride),
            ("StrideH", layer.stride),
            ("FusedActivationFunction", activation),
        ),
    )
    return graph.apply("CONV_2D", (tensor, kernel, bias), (1, side, side, filters), options)


def _pool(graph: Graph, operator: str, tensor: Tensor, window: int, stride: int) -> Tensor:
    side = (tensor.shape[1] - window) // stride + 1
    sizes = (("StrideW", stride), ("StrideH", stride), ("FilterWidth", window), ("FilterHeight", window))
    options = Options("Pool2DOptions", (("Padding", VALID), *sizes))
    return graph.apply(operator, (tensor,), (1, side, side, tensor.shape[3]), options)


def _pad(graph: Graph, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    if tensor.shape == shape:
        return tensor
    behind = np.array([(0, padded - size) for padded, size in zip(shape, tensor.shape, strict=True)], dtype=np.int32)
    return graph.apply("PAD", (tensor, graph.constant("padding", behind)), shape, Options("PadOptions"))


def _project(graph: Graph, tensor: Tensor, projection: Weights) -> Tensor:
    weights = _half(graph, projection.T)
    return graph.apply("FULLY_CONNECTED", (tensor, weights), (1, projection.shape[1]), Options("FullyConnectedOptions"))


def _half(graph: Graph, weights: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Tensor:
    stored = graph.constant("weights", weights.astype(np.float16))
    return graph.apply("DEQUANTIZE", (stored,), stored.shape, Options("DequantizeOptions"), DEQUANTIZE_FLOAT16)
