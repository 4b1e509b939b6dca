"""What tests/fake_host says of ComfyUI must be true of the real one. Skipped without COMFYUI_PATH."""

import dataclasses
import importlib
import inspect
import os
import sys
from pathlib import Path

import pytest

FAKE = Path(__file__).resolve().parents[1] / "fake_host"
MODULES = ("comfy.model_management", "comfy.utils", "comfy_api.latest", "folder_paths")
SOCKETS = ("Image", "Mask", "Audio", "Int", "Float", "String", "Boolean", "Combo")

pytestmark = pytest.mark.skipif("COMFYUI_PATH" not in os.environ, reason="COMFYUI_PATH names no ComfyUI")


@pytest.fixture(scope="module")
def pairs() -> dict:
    """Module name to (fake, real)."""
    real = {name: importlib.import_module(name) for name in MODULES}
    roots = {name.split(".")[0] for name in MODULES}
    hidden = {name: module for name, module in sys.modules.items() if name.split(".")[0] in roots}
    for name in hidden:
        del sys.modules[name]
    sys.path.insert(0, str(FAKE))
    try:
        fake = {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(FAKE))
        for name in [name for name in sys.modules if name.split(".")[0] in roots]:
            del sys.modules[name]
        sys.modules.update(hidden)
    assert all(str(FAKE) in module.__file__ for module in fake.values())
    return {name: (fake[name], real[name]) for name in MODULES}


def _takes(fake, real) -> None:
    """The real callable has the fake's parameters under the same names; what it has beyond them may be left out."""
    ours = [p for p in inspect.signature(fake).parameters.values() if p.kind is not p.VAR_POSITIONAL]
    theirs = inspect.signature(real).parameters
    assert {p.name for p in ours} <= theirs.keys(), f"{real} has no {[p.name for p in ours if p.name not in theirs]}"
    others = [p for p in theirs.values() if p.name not in {q.name for q in ours}]
    assert all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in others)
    by_position = [p.name for p in ours if p.default is p.empty]
    assert list(theirs)[: len(by_position)] == by_position


@pytest.mark.parametrize("name", ["comfy.model_management", "comfy.utils", "folder_paths"])
def test_functions_and_classes_are_there_and_take_the_same(pairs, name):
    fake, real = pairs[name]
    for member, ours in vars(fake).items():
        if member.startswith("_") or inspect.ismodule(ours) or getattr(ours, "__module__", None) != fake.__name__:
            continue
        theirs = getattr(real, member)
        if inspect.isclass(ours) and issubclass(ours, BaseException):
            assert issubclass(theirs, BaseException)
            continue
        _takes(ours, theirs)
        for method in [] if not inspect.isclass(ours) else [m for m in vars(ours) if not m.startswith("_")]:
            _takes(getattr(ours, method), getattr(theirs, method))


def test_cancelling_raises_once(pairs):
    for module in pairs["comfy.model_management"]:
        module.interrupt_current_processing()
        with pytest.raises(module.InterruptProcessingException):
            module.throw_exception_if_processing_interrupted()
        module.throw_exception_if_processing_interrupted()


def test_folders_are_set_and_got(pairs, tmp_path):
    for module in pairs["folder_paths"]:
        module.set_input_directory(str(tmp_path / "in"))
        module.set_output_directory(str(tmp_path / "out"))
        assert (module.get_input_directory(), module.get_output_directory()) == (
            str(tmp_path / "in"),
            str(tmp_path / "out"),
        )
        assert isinstance(module.models_dir, str)


def test_files_of_models_are_listed_the_same(pairs, tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a.safetensors", "b.txt", "deep/c.safetensors"):
        (tmp_path / name).touch()
    listed = []
    for module in pairs["folder_paths"]:
        for _ in range(2):  # once more changes nothing
            module.add_model_folder_path("auhead", str(tmp_path))
        listed.append(module.get_filename_list("auhead"))
        assert module.folder_names_and_paths.pop("auhead")[0] == [str(tmp_path)]
    assert listed[0] == listed[1]


@pytest.mark.parametrize("name", SOCKETS)
def test_sockets_have_the_same_type_and_take_the_same(pairs, name):
    fake, real = (getattr(module.io, name) for module in pairs["comfy_api.latest"])
    assert fake.Input("x").io_type == real.Input("x").io_type
    _takes(fake.Input, real.Input)
    if name != "Combo":  # no node of ours gives one
        assert fake.Output().io_type == real.Output().io_type
        _takes(fake.Output, real.Output)


def test_widgets_keep_what_they_are_given(pairs):
    for module in pairs["comfy_api.latest"]:
        number = module.io.Int.Input("x", optional=True, tooltip="t", default=2, min=1, max=3)
        assert (number.id, number.optional, number.tooltip, number.default) == ("x", True, "t", 2)
        assert (number.min, number.max) == (1, 3)
        assert module.io.Combo.Input("x", options=["a"]).options == ["a"]
        assert module.io.Float.Output(display_name="fps").display_name == "fps"


def test_types_of_our_own(pairs):
    for module in pairs["comfy_api.latest"]:
        kind = module.io.Custom("AU_SEQUENCE")
        assert kind.Input("au", optional=True, tooltip="t").io_type == kind.Output(display_name="au").io_type
        assert kind.Input("au").io_type == "AU_SEQUENCE"


def test_schemas_have_the_same_fields(pairs):
    fake, real = (module.io.Schema for module in pairs["comfy_api.latest"])
    known = {field.name for field in dataclasses.fields(real)}
    newer = {"search_aliases"}  # left out by nodes/host.py where ComfyUI does not know it
    assert {field.name for field in dataclasses.fields(fake)} - newer <= known


def test_outputs_and_saved_files_are_the_same_data(pairs):
    for module in pairs["comfy_api.latest"]:
        saved = module.ui.SavedResult("a.json", "auhead", module.io.FolderType.output)
        assert saved == {"filename": "a.json", "subfolder": "auhead", "type": "output"}
        output = module.io.NodeOutput(1, 2, ui={"files": [saved]})
        assert tuple(output.args) == (1, 2) and output.ui == {"files": [saved]}


def test_the_real_comfyui_accepts_every_node(pairs):
    """The checks that it runs itself when it loads the plugin."""
    from auhead_plugin.nodes import NODES

    for node in NODES:
        node.VALIDATE_CLASS()
        node.GET_SCHEMA()
        info = node.GET_NODE_INFO_V1()
        assert info["name"].startswith("AUHead") and info["category"] == "AUHead"


def test_the_landmarks_of_the_tests_are_those_of_comfyui(core_landmarks, points):
    """ComfyUI's own drawing takes them."""
    core = pytest.importorskip("comfy_extras.nodes_mediapipe", reason="this ComfyUI has no face landmarker yet")
    landmarks = core_landmarks([[points]], (512, 512))
    (mask,) = core.MediaPipeFaceMask.execute(landmarks, {"regions": "custom", "face_oval": True}).args
    nose = points[1].int().tolist()
    assert mask.shape == (1, 512, 512) and mask[0, nose[1], nose[0]] == 1 and mask[0, 0, 0] == 0


def test_results_of_earlier_runs_can_be_dropped():
    """Not part of the fake, as it is not of older ComfyUI: nodes/host.py does without it there."""
    memory = pytest.importorskip("comfy.memory_management", reason="this ComfyUI keeps no results of earlier runs")
    assert memory.extra_ram_release(1) == 0  # nothing has run yet
