"""NVIDIA Audio2Face blendshape JSON: `exportFps`, `facsNames` and `weightMat` [T, poses] with ARKit names."""

import numpy as np

from ..arkit import ARKIT_NAMES, arkit_sequence, match_name
from ..sequence import AUSequence
from .text import frame_rate, matrix, parse_json, problem


def matches(text: str) -> bool:
    return text.lstrip().startswith("{") and '"weightMat"' in text


def read(text: str, name: str) -> AUSequence:
    data = parse_json(text, name)
    names = data.get("facsNames") if isinstance(data, dict) else None
    if not isinstance(names, list) or not all(isinstance(pose, str) for pose in names):
        raise problem(name, "it has no names of poses (facsNames); export blendshape JSON from Audio2Face again.")
    known = {k: match_name(pose) for k, pose in enumerate(names) if match_name(pose) is not None}
    if not known:
        raise problem(name, "none of its poses has an ARKit name; export with the ARKit blendshapes.")
    numbers = matrix(data.get("weightMat"), names, name)
    weights = np.zeros((len(numbers), len(ARKIT_NAMES)))
    weights[:, list(known.values())] = numbers[:, list(known)]
    return arkit_sequence(weights, frame_rate(data.get("exportFps"), name), name)
