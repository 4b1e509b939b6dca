"""What the workflow builder knows of a node: names, types and default values of its inputs, and its outputs.

Our own nodes come from tests/data/node_contract.json, ComfyUI's from tests/data/core_nodes.json. `core_nodes` makes the
second file from what two servers, an old and a new one, answer to GET /object_info: only what holds on both is kept.
"""

import json
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"

CORE_NODES = (
    "CLIPTextEncode", "CheckpointLoaderSimple", "ControlNetApplyAdvanced", "ControlNetLoader", "CreateVideo",
    "GetVideoComponents", "ImageFromBatch", "ImageStitch", "KSampler", "LoadAudio", "LoadImage", "LoadVideo",
    "PreviewAny", "RepeatLatentBatch", "SaveVideo", "TrimAudioDuration", "VAEDecode", "VAEEncode",
)  # fmt: skip
_FRONTEND_WIDGETS = {"LoadAudio": [None, ""], "LoadImage": ["image"], "LoadVideo": ["image"]}  # upload buttons, players
_WIDGET_TYPES = {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"}
_FILE_COMBOS = {"audio", "ckpt_name", "control_net_name", "file", "image"}  # their options are files of one machine


def load_schemas() -> dict[str, dict]:
    """{node id: {"inputs": [{"name", "type", "optional", "widget", …}], "outputs": [{"name", "type"}], "extra": […]}}

    "extra" are values of widgets that only the browser has; they follow the others in widgets_values.
    """
    ours = json.loads((DATA / "node_contract.json").read_text(encoding="utf-8"))
    core = json.loads((DATA / "core_nodes.json").read_text(encoding="utf-8"))
    return {**ours, **core}


def core_nodes(old: dict, new: dict) -> dict[str, dict]:
    """The schemas of `CORE_NODES` from two answers to /object_info. Raises KeyError where one is missing."""
    return {name: {**_schema(old[name], new[name]), "extra": _FRONTEND_WIDGETS.get(name, [])} for name in CORE_NODES}


def _schema(old: dict, new: dict) -> dict:
    newer = {**new["input"].get("required", {}), **new["input"].get("optional", {})}
    inputs = []
    for section in ("required", "optional"):
        for name, spec in old["input"].get(section, {}).items():
            newer[name]
            inputs.append(_input(name, spec, section == "optional"))
    kept = len(old["output"])
    if old["output"] != new["output"][:kept]:
        raise KeyError(f"{old['name']} gave {old['output']} and gives {new['output']}")
    outputs = [{"name": name, "type": kind} for name, kind in zip(old["output_name"], old["output"])]
    return {"output_node": old["output_node"], "inputs": inputs, "outputs": outputs}


def _input(name: str, spec: list, optional: bool) -> dict:
    kind, settings = spec[0], spec[1] if len(spec) > 1 else {}
    options = kind if isinstance(kind, list) else settings.get("options")
    kind = "COMBO" if isinstance(kind, list) else kind
    entry = {"name": name, "type": kind, "optional": optional}
    entry["widget"] = kind in _WIDGET_TYPES and not settings.get("forceInput", False)
    if kind == "COMBO" and name not in _FILE_COMBOS:
        entry["options"] = options
        entry["default"] = settings.get("default", options[0])
    for key in ("default", "min", "max"):
        if key in settings:
            entry[key] = settings[key]
    if settings.get("control_after_generate"):
        entry["control_after_generate"] = True
    return entry
