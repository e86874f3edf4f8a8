"""Writer of a .tflite file: tensors, operators and weights in the order in which they are added.

The bytes are the same on every machine, so that the result can be pinned by its digest.
"""

from collections.abc import Callable
from dataclasses import dataclass

import flatbuffers  # type: ignore[import-untyped]  # ships no types
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

Array = NDArray[np.float32] | NDArray[np.float16] | NDArray[np.int32]

SCHEMA_VERSION = 3
ALIGNMENT = 16  # LiteRT maps weights from the file
_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.float16): schema.TensorType.FLOAT16,
    np.dtype(np.int32): schema.TensorType.INT32,
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value of the graph: its index and its shape."""

    index: int
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """The options table of one operator: its kind in the schema and the fields that differ from their defaults."""

    kind: str
    fields: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Operator:
    code: int
    inputs: tuple[int, ...]
    output: int
    options: Options


class Graph:
    """A network under construction; `write` turns it into the file."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tensors: list[tuple[str, tuple[int, ...], int, int]] = []  # name, shape, type, buffer
        self._buffers: list[bytes] = [b""]  # buffer 0 is empty by convention
        self._codes: list[tuple[int, int]] = []  # builtin operator, version
        self._operators: list[_Operator] = []

    def value(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """Add a float32 tensor that is an input or computed at run time."""
        return self._tensor(name, shape, schema.TensorType.FLOAT32, buffer=0)

    def constant(self, name: str, array: Array) -> Tensor:
        """Add a tensor whose content is stored in the file."""
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        self._buffers.append(little.tobytes())
        return self._tensor(name, array.shape, _TYPES[array.dtype], buffer=len(self._buffers) - 1)

    def apply(
        self, operator: str, inputs: tuple[Tensor, ...], shape: tuple[int, ...], options: Options, version: int = 1
    ) -> Tensor:
        """Add an operator and return its float32 result of the given shape."""
        code = (getattr(schema.BuiltinOperator, operator), version)
        if code not in self._codes:
            self._codes.append(code)
        output = self.value(f"{operator.lower()}_{len(self._operators)}", shape)
        indices = tuple(tensor.index for tensor in inputs)
        self._operators.append(_Operator(self._codes.index(code), indices, output.index, options))
        return output

    def write(self, graph_input: Tensor, graph_output: Tensor) -> bytes:
        """Return the file for a graph with one input and one output."""
        builder = flatbuffers.Builder(sum(map(len, self._buffers)) + 256 * len(self._tensors) + 4096)
        buffers = _offsets(builder, [_buffer(builder, content) for content in self._buffers])
        codes = _offsets(builder, [_code(builder, *code) for code in self._codes])
        graph = _offsets(builder, [self._subgraph(builder, graph_input, graph_output)])
        builder.Finish(
            _table(
                builder,
                "Model",
                Version=SCHEMA_VERSION,
                OperatorCodes=codes,
                Subgraphs=graph,
                Buffers=buffers,
            ),
            file_identifier=b"TFL3",
        )
        return bytes(builder.Output())

    def _subgraph(self, builder: flatbuffers.Builder, graph_input: Tensor, graph_output: Tensor) -> int:
        tensors = _offsets(builder, [_tensor(builder, *tensor) for tensor in self._tensors])
        operators = _offsets(builder, [_operator(builder, operator) for operator in self._operators])
        inputs, outputs = _indices(builder, (graph_input.index,)), _indices(builder, (graph_output.index,))
        name = builder.CreateString(self._name)
        return _table(
            builder, "SubGraph", Tensors=tensors, Inputs=inputs, Outputs=outputs, Operators=operators, Name=name
        )

    def _tensor(self, name: str, shape: tuple[int, ...], kind: int, buffer: int) -> Tensor:
        self._tensors.append((name, shape, kind, buffer))
        return Tensor(len(self._tensors) - 1, shape)


def _table(builder: flatbuffers.Builder, table: str, **fields: int) -> int:
    """Write one table of the schema and return its offset; field values are numbers or offsets of earlier tables."""
    # Releases of flatbuffers differ in which tables share a layout record; with nothing to share they write the same.
    builder.vtables.clear()
    getattr(schema, f"{table}Start")(builder)
    for field, value in fields.items():
        getattr(schema, f"{table}Add{field}")(builder, value)
    end: Callable[[flatbuffers.Builder], int] = getattr(schema, f"{table}End")
    return end(builder)


def _buffer(builder: flatbuffers.Builder, content: bytes) -> int:
    if not content:
        return _table(builder, "Buffer")
    builder.StartVector(1, len(content), ALIGNMENT)
    builder.head = builder.Head() - len(content)
    builder.Bytes[builder.head : builder.head + len(content)] = content
    return _table(builder, "Buffer", Data=builder.EndVector())


def _code(builder: flatbuffers.Builder, operator: int, version: int) -> int:
    # Both fields, as every writer does: readers take the larger one.
    return _table(builder, "OperatorCode", DeprecatedBuiltinCode=operator, Version=version, BuiltinCode=operator)


def _tensor(builder: flatbuffers.Builder, name: str, shape: tuple[int, ...], kind: int, buffer: int) -> int:
    dimensions, label = _indices(builder, shape), builder.CreateString(name)
    return _table(builder, "Tensor", Shape=dimensions, Type=kind, Buffer=buffer, Name=label)


def _operator(builder: flatbuffers.Builder, operator: _Operator) -> int:
    options = _table(builder, operator.options.kind, **dict(operator.options.fields))
    return _table(
        builder,
        "Operator",
        OpcodeIndex=operator.code,
        Inputs=_indices(builder, operator.inputs),
        Outputs=_indices(builder, (operator.output,)),
        BuiltinOptionsType=getattr(schema.BuiltinOptions, operator.options.kind),
        BuiltinOptions=options,
    )


def _indices(builder: flatbuffers.Builder, values: tuple[int, ...]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependInt32(value)
    return int(builder.EndVector())


def _offsets(builder: flatbuffers.Builder, values: list[int]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependUOffsetTRelative(value)
    return int(builder.EndVector())
