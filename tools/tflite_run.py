"""Runs a graph of tflite_reader in torch, node by node: the yardstick for the networks written by hand.

Slow and plain on purpose. The three custom operations follow their description in MediaPipe
(mediapipe/util/tflite/operations, version 2), element by element.
"""
import math

import torch
import torch.nn.functional as F
from tflite_reader import Graph, Operation
from torch import Tensor


@torch.inference_mode()
def run(graph: Graph, image: Tensor, regions: dict[int, dict]) -> list[Tensor]:
    """Outputs of the graph for ``image`` [1, H, W, 3]; ``regions``: options of Landmarks2TransformMatrix by output."""
    values = {index: torch.from_numpy(array.copy()) for index, array in graph.constants.items()}
    values[graph.inputs[0]] = image
    for node in graph.operations:
        inputs = [values[index] for index in node.inputs if index >= 0]
        if node.name == "Landmarks2TransformMatrix":
            result = _region_matrix(inputs[0], **regions[node.outputs[0]])
        else:
            result = _OPERATIONS[node.name](inputs, node, graph.shapes[node.outputs[0]])
        values[node.outputs[0]] = F.relu(result) if node.options.get("relu") else result
    return [values[index] for index in graph.outputs]


def _convolution(inputs: list[Tensor], node: Operation, shape) -> Tensor:
    x, weight, bias = inputs
    depthwise = node.name == "DEPTHWISE_CONV_2D"
    weight = weight.permute(3, 0, 1, 2) if depthwise else weight.permute(0, 3, 1, 2)
    stride = node.options["stride"]
    x = x.permute(0, 3, 1, 2)
    if node.options["same"]:
        x = F.pad(x, [side for size in (3, 2) for side in _same(x.shape[size], weight.shape[size], stride)])
    return F.conv2d(x, weight, bias, stride, groups=x.shape[1] if depthwise else 1).permute(0, 2, 3, 1)


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _resize(inputs: list[Tensor], node: Operation, shape) -> Tensor:
    if node.options["align_corners"] or not node.options["half_pixel"]:
        raise ValueError("only half-pixel bilinear resizing is known")
    size = inputs[1].tolist()
    return F.interpolate(inputs[0].permute(0, 3, 1, 2), size, mode="bilinear", align_corners=False).permute(0, 2, 3, 1)


def _depth_to_space(inputs: list[Tensor], node: Operation, shape) -> Tensor:
    block = node.options["block"]
    batch, height, width, channels = inputs[0].shape
    x = inputs[0].reshape(batch, height, width, block, block, channels // block**2)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(batch, height * block, width * block, -1)


def _region_matrix(points: Tensor, left_rotation_idx: int, right_rotation_idx: int, subset_idxs: list[int], **options):
    left, right = points[0, left_rotation_idx], points[0, right_rotation_idx]
    angle = options["target_rotation_radians"] - torch.atan2(right[1] - left[1], right[0] - left[0])
    turned = [_turn(points[0, index, 0], points[0, index, 1], angle) for index in subset_idxs]
    low = [min(point[axis] for point in turned) for axis in (0, 1)]
    high = [max(point[axis] for point in turned) for axis in (0, 1)]
    centre = _turn((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, -angle)
    size = options["output_width"], options["output_height"]
    scale = [options["scale_" + name] * (high[axis] - low[axis]) / size[axis] for axis, name in enumerate("xy")]
    matrix = torch.eye(4)
    for axis in (0, 1):
        unit = _turn(*((scale[0], 0 * scale[0]) if axis == 0 else (0 * scale[1], scale[1])), -angle)
        matrix[0, axis], matrix[1, axis] = unit
    for row in (0, 1):
        matrix[row, 3] = centre[row] - matrix[row, 0] * size[0] / 2 - matrix[row, 1] * size[1] / 2
    return matrix[None]


def _turn(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    return x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos()


def _transform_tensor(inputs: list[Tensor], node: Operation, shape) -> Tensor:
    image, matrix = inputs[0][0], inputs[1][0]
    height, width = image.shape[:2]
    result = torch.zeros(shape)
    for row in range(shape[1]):
        for column in range(shape[2]):
            x, y = ((matrix[:2, 0] * (column + 0.5) + matrix[:2, 1] * (row + 0.5) + matrix[:2, 3]) - 0.5).tolist()
            if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
                continue
            left, top = math.floor(x), math.floor(y)
            for j, weight_y in ((top, 1 - (y - top)), (top + 1, y - top)):
                for i, weight_x in ((left, 1 - (x - left)), (left + 1, x - left)):
                    if i < width and j < height:
                        result[0, row, column] += weight_x * weight_y * image[j, i]
    return result


def _transform_landmarks(inputs: list[Tensor], node: Operation, shape) -> Tensor:
    points, matrix = inputs
    return points @ matrix[:, :2, :2].mT + matrix[:, None, :2, 3]


_OPERATIONS = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "MAX_POOL_2D": lambda inputs, node, shape: F.max_pool2d(inputs[0].permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1),
    "ADD": lambda inputs, node, shape: inputs[0] + inputs[1],
    "MUL": lambda inputs, node, shape: inputs[0] * inputs[1],
    "RELU": lambda inputs, node, shape: F.relu(inputs[0]),
    "PRELU": lambda inputs, node, shape: torch.where(inputs[0] > 0, inputs[0], inputs[0] * inputs[1]),
    "PAD": lambda inputs, node, shape: F.pad(inputs[0], inputs[1].flip(0).reshape(-1).tolist()),
    "RESHAPE": lambda inputs, node, shape: inputs[0].reshape(shape),
    "STRIDED_SLICE": lambda inputs, node, shape: inputs[0][tuple(map(slice, *(i.tolist() for i in inputs[1:])))],
    "CONCATENATION": lambda inputs, node, shape: torch.cat(inputs, node.options["axis"]),
    "RESIZE_BILINEAR": _resize,
    "DEPTH_TO_SPACE": _depth_to_space,
    "TransformTensorBilinear": _transform_tensor,
    "TransformLandmarks": _transform_landmarks,
}
