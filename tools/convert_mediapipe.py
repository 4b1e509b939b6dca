"""Converts the face networks of MediaPipe 0.10.21 (Apache-2.0) into auhead_models/weights/face_landmarks.safetensors.

    python tools/convert_mediapipe.py SOURCE [--output FILE]

SOURCE is a mediapipe-0.10.21 wheel, or the mediapipe folder of an installed one. Needs torch, numpy and safetensors;
neither MediaPipe nor TensorFlow. Weights are matched to the parameters of the networks by a depth-first walk of the
published graph, and each network's raw outputs are compared with the graph's own, run node by node, before anything is
written. The sha256 of each source file goes into the metadata.
"""
import argparse
import hashlib
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tflite_reader import Graph, read_graph  # noqa: E402
from tflite_run import run  # noqa: E402

from auhead_models.face.blazeface import ShortRangeDetector  # noqa: E402
from auhead_models.face.blazeface_full import FullRangeDetector  # noqa: E402
from auhead_models.face.facemesh import (  # noqa: E402
    LEFT_EYE,
    LEFT_IRIS,
    LIPS,
    REGIONS,
    RIGHT_EYE,
    RIGHT_IRIS,
    FaceMesh,
)

_SOURCES = {
    "short_range": (ShortRangeDetector, "modules/face_detection/face_detection_short_range.tflite"),
    "full_range": (FullRangeDetector, "modules/face_detection/face_detection_full_range_sparse.tflite"),
    "mesh": (FaceMesh, "modules/face_landmark/face_landmark_with_attention.tflite"),
}
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "PRELU")
_TOLERANCE = 2e-3  # of the raw outputs, whose unit is a pixel of the network's input


def read_source(source: Path, name: str) -> bytes:
    """One file of the package, from a wheel or from an installed folder."""
    if source.is_dir():
        return (source / name).read_bytes()
    with zipfile.ZipFile(source) as wheel:
        return wheel.read("mediapipe/" + name)


def walk_weights(graph: Graph) -> list[tuple[str, np.ndarray]]:
    """(operation, constant) of all weighted operations, in depth-first order from the input."""
    consumers = {}
    for operation in graph.operations:
        for tensor in operation.inputs:
            consumers.setdefault(tensor, []).append(operation)
    found, seen, pending = [], set(), list(reversed(consumers[graph.inputs[0]]))
    while pending:
        operation = pending.pop()
        if operation.outputs[0] in seen:
            continue
        seen.add(operation.outputs[0])
        if operation.name in _WEIGHTED:
            found += [(operation.name, graph.constants[tensor]) for tensor in operation.inputs[1:]]
        for tensor in operation.outputs:
            pending += reversed(consumers.get(tensor, []))
    return found


def to_state(network: torch.nn.Module, graph: Graph) -> dict[str, torch.Tensor]:
    """Weights of the graph under the names of the network's parameters."""
    weights = walk_weights(graph)
    parameters = dict(network.named_parameters())
    if len(weights) != len(parameters):
        raise SystemExit(f"{len(weights)} weights in the graph, {len(parameters)} parameters in the network")
    state = {}
    for (name, parameter), (operation, array) in zip(parameters.items(), weights, strict=True):
        if operation == "PRELU":
            array = array.reshape(-1)
        elif array.ndim == 4:  # OHWI or 1HWC to torch's OIHW
            array = array.transpose((0, 3, 1, 2) if operation == "CONV_2D" else (3, 0, 1, 2))
        if array.shape != tuple(parameter.shape):
            raise SystemExit(f"{name}: {array.shape} in the graph, {tuple(parameter.shape)} in the network")
        state[name] = torch.from_numpy(np.ascontiguousarray(array))
    return state


def mesh_regions(graph: Graph) -> dict[int, dict]:
    """Options of the three crop operations, by output: the values that the file stores in FlexBuffers."""
    crops = [node.outputs[0] for node in graph.operations if node.name == "Landmarks2TransformMatrix"]
    sizes = {"scale_x": 1.5, "scale_y": 1.5, "output_width": 16, "output_height": 16, "target_rotation_radians": 0.0}
    return {
        output: {"subset_idxs": subset, "left_rotation_idx": level[0], "right_rotation_idx": level[1], **sizes}
        for output, (subset, level, _) in zip(crops, REGIONS.values(), strict=False)
    }


def raw_outputs(network: torch.nn.Module, image: torch.Tensor) -> list[torch.Tensor]:
    """The network's outputs in the order and shape of the graph's."""
    with torch.inference_mode():
        first, second = network(image.permute(0, 3, 1, 2))
    if not isinstance(network, FaceMesh):
        return [second, first[..., None]]
    order = (LIPS, RIGHT_EYE, LEFT_EYE, RIGHT_IRIS, LEFT_IRIS)
    return [first[:, list(points), :2] for points in order] + [second]


def check(name: str, network: torch.nn.Module, graph: Graph) -> None:
    """Compare raw outputs on a smooth random image."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 12, 12, generator=generator)
    image = torch.nn.functional.interpolate(coarse, (network.size, network.size), mode="bicubic").permute(0, 2, 3, 1)
    image = image.clamp(0, 1) if isinstance(network, FaceMesh) else image.clamp(0, 1) * 2 - 1
    expected = run(graph, image, mesh_regions(graph))
    if isinstance(network, FaceMesh):  # the first output is the mesh before refinement; the rest includes it
        expected = expected[1:]
    for found, reference in zip(raw_outputs(network, image), expected, strict=True):
        difference = (found.reshape(-1) - reference.reshape(-1)).abs().max().item()
        print(f"{name}: {tuple(reference.shape)}, largest difference {difference:.2e}")
        if difference > _TOLERANCE:
            raise SystemExit(f"{name} does not reproduce its source")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    default = Path(__file__).resolve().parents[1] / "auhead_models/weights/face_landmarks.safetensors"
    parser.add_argument("--output", type=Path, default=default)
    arguments = parser.parse_args()
    tensors, metadata = {}, {"source": "mediapipe 0.10.21", "licence": "Apache-2.0"}
    for name, (network_type, path) in _SOURCES.items():
        data = read_source(arguments.source, path)
        graph = read_graph(data)
        network = network_type().eval()
        state = to_state(network, graph)
        half = {key: value.half() for key, value in state.items()}
        network.load_state_dict({key: value.float() for key, value in half.items()})
        check(name, network, graph)
        tensors |= {f"{name}.{key}": value for key, value in half.items()}
        metadata[f"sha256 {Path(path).name}"] = hashlib.sha256(data).hexdigest()
    save_file(tensors, arguments.output, metadata)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
