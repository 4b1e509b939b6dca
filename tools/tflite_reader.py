"""Reads the graph and the weights of a .tflite file with numpy alone (FlatBuffers by hand, no TensorFlow).

Field numbers are those of the public schema, tensorflow/lite/schema/schema.fbs (version 3).
"""
import struct
from dataclasses import dataclass, field

import numpy as np

_TYPES = {0: np.float32, 1: np.float16, 2: np.int32, 4: np.int64}
_NAMES = {
    0: "ADD", 2: "CONCATENATION", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 5: "DEPTH_TO_SPACE", 6: "DEQUANTIZE",
    17: "MAX_POOL_2D", 18: "MUL", 19: "RELU", 22: "RESHAPE", 23: "RESIZE_BILINEAR", 32: "CUSTOM", 34: "PAD",
    45: "STRIDED_SLICE", 54: "PRELU", 124: "DENSIFY",
}


@dataclass
class Operation:
    """One node of the graph. Tensors are named by their index; ``options`` holds what the executor needs."""

    name: str
    inputs: list[int]
    outputs: list[int]
    options: dict


@dataclass
class Graph:
    """A graph in execution order. ``constants`` are float32 or integer, sparse and half-precision ones unpacked."""

    inputs: list[int]
    outputs: list[int]
    operations: list[Operation]
    shapes: list[tuple[int, ...]]
    constants: dict[int, np.ndarray] = field(default_factory=dict)


class _Buffer:
    """FlatBuffers tables by absolute offset; a missing field reads as its default."""

    def __init__(self, data: bytes):
        self.data = data

    def read(self, kind: str, at: int):
        return struct.unpack_from("<" + kind, self.data, at)[0]

    def field(self, table: int, number: int) -> int:
        vtable = table - self.read("i", table)
        slot = 4 + 2 * number
        offset = self.read("H", vtable + slot) if slot < self.read("H", vtable) else 0
        return table + offset if offset else 0

    def scalar(self, table: int, number: int, kind: str, default=0):
        at = self.field(table, number)
        return self.read(kind, at) if at else default

    def table(self, table: int, number: int) -> int:
        at = self.field(table, number)
        return at + self.read("I", at) if at else 0

    def vector(self, table: int, number: int) -> tuple[int, int]:
        at = self.table(table, number)
        return (at + 4, self.read("I", at)) if at else (0, 0)

    def tables(self, table: int, number: int) -> list[int]:
        start, count = self.vector(table, number)
        return [at + self.read("I", at) for at in range(start, start + 4 * count, 4)]

    def array(self, table: int, number: int, kind) -> np.ndarray:
        start, count = self.vector(table, number)
        return np.frombuffer(self.data, kind, count, start) if count else np.zeros(0, kind)


def read_graph(data: bytes) -> Graph:
    """Parse the first subgraph of a model."""
    buffer = _Buffer(data)
    model = buffer.read("I", 0)
    codes = [_operator_name(buffer, code) for code in buffer.tables(model, 1)]
    subgraph = buffer.tables(model, 2)[0]
    stores = buffer.tables(model, 4)
    tensors = buffer.tables(subgraph, 0)
    shapes = [tuple(buffer.array(tensor, 0, np.int32).tolist()) for tensor in tensors]
    constants = {}
    for index, tensor in enumerate(tensors):
        start, size = buffer.vector(stores[buffer.scalar(tensor, 2, "I")], 0)
        if size:
            kind = _TYPES[buffer.scalar(tensor, 1, "b")]
            values = np.frombuffer(data, kind, size // np.dtype(kind).itemsize, start)
            sparsity = buffer.table(tensor, 6)
            values = _densify(buffer, sparsity, values, shapes[index]) if sparsity else values.reshape(shapes[index])
            constants[index] = values.astype(np.float32) if values.dtype == np.float16 else values
    operations = []
    for node in buffer.tables(subgraph, 3):
        name = codes[buffer.scalar(node, 0, "I")]
        inputs = buffer.array(node, 1, np.int32).tolist()
        outputs = buffer.array(node, 2, np.int32).tolist()
        if name in ("DEQUANTIZE", "DENSIFY"):  # storage only: the constant is unpacked already
            constants[outputs[0]] = constants[inputs[0]]
            continue
        operations.append(Operation(name, inputs, outputs, _options(buffer, name, buffer.table(node, 4))))
    return Graph(
        buffer.array(subgraph, 1, np.int32).tolist(), buffer.array(subgraph, 2, np.int32).tolist(), operations, shapes,
        constants,
    )


def _operator_name(buffer: _Buffer, code: int) -> str:
    number = max(buffer.scalar(code, 0, "b"), buffer.scalar(code, 3, "i"))
    if number == 32:
        start, size = buffer.vector(code, 1)
        return buffer.data[start : start + size].decode()
    return _NAMES[number]


def _options(buffer: _Buffer, name: str, table: int) -> dict:
    if not table:
        return {}
    if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        same, stride = buffer.scalar(table, 0, "b") == 0, buffer.scalar(table, 2, "i")
        activation = buffer.scalar(table, 3 if name == "CONV_2D" else 4, "b")
        return {"same": same, "stride": stride, "relu": activation == 1}
    if name == "MAX_POOL_2D":
        return {"stride": buffer.scalar(table, 2, "i")}
    if name == "ADD":
        return {"relu": buffer.scalar(table, 0, "b") == 1}
    if name == "CONCATENATION":
        return {"axis": buffer.scalar(table, 0, "i")}
    if name == "DEPTH_TO_SPACE":
        return {"block": buffer.scalar(table, 0, "i")}
    if name == "RESIZE_BILINEAR":
        return {"align_corners": bool(buffer.scalar(table, 2, "b")), "half_pixel": bool(buffer.scalar(table, 3, "b"))}
    return {}


def _densify(buffer: _Buffer, sparsity: int, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Unpack a tensor whose dimensions are stored dense or as compressed sparse rows, in the order of traversal."""
    order = buffer.array(sparsity, 0, np.int32).tolist()
    if order != sorted(order) or buffer.vector(sparsity, 1)[1]:
        raise ValueError("only plain, unblocked sparse tensors are known")
    entries = np.zeros((1, 0), np.int64)  # coordinates of what is stored so far
    for level in buffer.tables(sparsity, 2):
        if buffer.scalar(level, 0, "b") == 0:
            size = buffer.scalar(level, 1, "i")
            index = np.tile(np.arange(size), len(entries))
            entries = np.concatenate([np.repeat(entries, size, 0), index[:, None]], 1)
        else:
            segments, indices = (_index_vector(buffer, level, number) for number in (2, 4))
            entries = np.concatenate([np.repeat(entries, np.diff(segments), 0), indices[:, None]], 1)
    dense = np.zeros(shape, values.dtype)
    dense[tuple(entries.T)] = values
    return dense


def _index_vector(buffer: _Buffer, level: int, number: int) -> np.ndarray:
    kind = {1: np.int32, 2: np.uint16, 3: np.uint8}[buffer.scalar(level, number, "B")]
    return buffer.array(buffer.table(level, number + 1), 0, kind).astype(np.int64)
