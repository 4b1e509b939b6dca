"""The nodes inside a ComfyUI: a real one when COMFYUI_PATH names it, the small stand-in of tests/fake_host otherwise.

The plugin is imported as ComfyUI does it: as one package of which `nodes` and `auhead_models` are parts. Its name here
is `auhead_plugin`; what tests import of the library from there is what the nodes use.
"""

import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
COMFYUI = os.environ.get("COMFYUI_PATH")

_plugin = types.ModuleType("auhead_plugin")
_plugin.__path__ = [str(ROOT)]
sys.modules.setdefault("auhead_plugin", _plugin)
sys.path.insert(0, COMFYUI or str(ROOT / "tests" / "fake_host"))
if COMFYUI and not torch.cuda.is_available():
    from comfy.cli_args import args

    args.cpu = True

import comfy.model_management  # noqa: E402
import folder_paths  # noqa: E402
from auhead_plugin.auhead_models.face.crop import transform_points  # noqa: E402
from auhead_plugin.auhead_models.face.face import Face, find_face  # noqa: E402
from auhead_plugin.auhead_models.face.topology import FACE_OVAL  # noqa: E402
from auhead_plugin.nodes import NODES  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-node-contract", action="store_true", help="write tests/data/node_contract.json anew")


class Nodes:
    """Runs a node by its id as ComfyUI does: widgets that are not given keep their defaults."""

    def __call__(self, node_id: str, **given) -> tuple:
        return self.output(node_id, **given).args

    def node(self, node_id: str) -> type:
        return next(node for node in NODES if node.define_schema().node_id == node_id)

    def schema(self, node_id: str):
        return self.node(node_id).define_schema()

    def output(self, node_id: str, **given):
        schema, node = self.schema(node_id), self.node(node_id)
        known = {entry.id for entry in schema.inputs}
        assert given.keys() <= known, f"{node_id} has no input {given.keys() - known}"
        inputs = {entry.id: entry.default for entry in schema.inputs if getattr(entry, "default", None) is not None}
        missing = {entry.id for entry in schema.inputs if not entry.optional} - inputs.keys() - given.keys()
        assert not missing, f"{node_id} needs {missing}"
        return node.execute(**inputs | given)


@pytest.fixture(scope="session")
def nodes() -> Nodes:
    return Nodes()


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch) -> types.SimpleNamespace:
    """Folders of ComfyUI of one's own: input, output, temp, models."""
    places = types.SimpleNamespace(**{name: tmp_path / name for name in ("input", "output", "temp", "models")})
    for place in vars(places).values():
        place.mkdir()
    kinds = ("input", "output", "temp")
    before = {kind: getattr(folder_paths, f"get_{kind}_directory")() for kind in kinds}
    for kind in kinds:
        getattr(folder_paths, f"set_{kind}_directory")(str(getattr(places, kind)))
    monkeypatch.setattr(folder_paths, "models_dir", str(places.models))
    monkeypatch.delitem(folder_paths.folder_names_and_paths, "auhead", raising=False)
    getattr(folder_paths, "filename_list_cache", {}).pop("auhead", None)  # ComfyUI's own
    yield places
    for kind, place in before.items():
        getattr(folder_paths, f"set_{kind}_directory")(place)


@pytest.fixture(autouse=True)
def memory(monkeypatch):
    """A machine with 24 GB free; calling the fixture changes that."""

    def free(gigabytes: float) -> None:
        monkeypatch.setattr(comfy.model_management, "get_free_memory", lambda dev=None: int(gigabytes * 2**30))

    free(24)
    return free


@pytest.fixture
def cancel_after(monkeypatch):
    """Press cancel when the progress bar moves for the n-th time; gives the exception that ComfyUI raises then."""

    def press(updates: int) -> type[BaseException]:
        management, count = comfy.model_management, 0
        update = comfy.utils.ProgressBar.update_absolute

        def counted(bar, *values, **named):
            nonlocal count
            count += 1
            if count == updates:
                management.interrupt_current_processing()
            return update(bar, *values, **named)

        monkeypatch.setattr(comfy.utils.ProgressBar, "update_absolute", counted)
        return management.InterruptProcessingException

    yield press
    comfy.model_management.interrupt_current_processing(False)


@pytest.fixture(scope="session")
def sample(nodes) -> tuple[torch.Tensor, dict]:
    """The bundled portrait [1, 512, 512, 3] and the first 0.4 s of the speech."""
    image, audio = nodes("AUHeadExample")
    rate = audio["sample_rate"]
    return image, {"waveform": audio["waveform"][..., rate : rate + 2 * rate // 5], "sample_rate": rate}


@pytest.fixture(scope="session")
def face(sample) -> Face:
    """The bundled portrait's face, small."""
    return find_face(sample[0], size=128)


@pytest.fixture(scope="session")
def performance(nodes, sample):
    """10 frames of speech."""
    return nodes("AUHeadAudioToAU", audio=sample[1], emotion="happy")[0]


@pytest.fixture(scope="session")
def points(face) -> torch.Tensor:
    """The landmarks of the bundled portrait [478, 3] in its own pixels."""
    return transform_points(face.landmarks, face.crop_matrix)


@pytest.fixture(scope="session")
def core_landmarks():
    """Makes ComfyUI's FACE_LANDMARKS from points, with the structure that comfy_extras/nodes_mediapipe.py documents."""

    def make(faces: list[list[torch.Tensor]], size: tuple[int, int]) -> dict:
        """faces: for each picture its faces, points [478, 3] in image pixels; size: (H, W) of the pictures."""
        return {
            "frames": [[_core_face(points) for points in picture] for picture in faces],
            "image_size": size,
            "connection_sets": {"face_oval": frozenset(zip(FACE_OVAL, FACE_OVAL[1:] + FACE_OVAL[:1]))},
        }

    return make


def _core_face(points: torch.Tensor) -> dict:
    flat = points[:, :2].numpy().astype(np.float32)
    box = np.concatenate([flat.min(0), flat.max(0)])
    scale = 192 / (1.5 * (box[2:] - box[:2]).max())  # the network's view is 192 pixels wide, the face with a margin
    view = np.concatenate([(flat - (box[:2] + box[2:]) / 2) * scale + 96, points[:, 2:].numpy() * scale], 1)
    return {
        "bbox_xyxy": box,
        "blendshapes": {"jawOpen": 0.1},
        "landmarks_xy": flat,
        "landmarks_3d": view.astype(np.float32),
        "presence": 12.0,
        "score": 0.9,
        "transformation_matrix": np.eye(4, dtype=np.float32),
    }
