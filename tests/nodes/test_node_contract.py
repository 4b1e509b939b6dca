"""Saved workflows depend on ids, inputs and outputs of the nodes: what was published stays, in its order and type.

tests/data/node_contract.json holds it, inputs as ComfyUI orders them: those that are needed, then the optional ones.
Optional inputs, outputs and choices of a list may be added at the end; then write the file anew with
`python -m pytest tests/nodes/test_node_contract.py -k written --write-node-contract`.
"""

import inspect
import json
from pathlib import Path

import pytest
from auhead_plugin.nodes import NODES

FILE = Path(__file__).resolve().parents[1] / "data" / "node_contract.json"
CONTRACT = json.loads(FILE.read_text(encoding="utf-8"))
SCHEMAS = {schema.node_id: (schema, node) for node in NODES for schema in [node.define_schema()]}
PROMISED = ("name", "type", "optional", "widget", "control_after_generate")  # the rest informs who builds workflows


def described(schema) -> dict:
    """A schema as plain data."""
    inputs = sorted((_described_input(entry) for entry in schema.inputs), key=lambda entry: entry["optional"])
    outputs = [{"name": entry.display_name, "type": entry.io_type} for entry in schema.outputs]
    return {"output_node": bool(schema.is_output_node), "inputs": inputs, "outputs": outputs}


def _described_input(entry) -> dict:
    widget = hasattr(entry, "default") and not getattr(entry, "force_input", False)
    row = {"name": entry.id, "type": entry.io_type, "optional": bool(entry.optional), "widget": widget}
    if entry.id == "file":  # its choices are the user's files
        return row
    found = {key: getattr(entry, key, None) for key in ("options", "default", "min", "max", "control_after_generate")}
    return {**row, **{key: value for key, value in found.items() if widget and value is not None}}


def broken_promises(published: dict, now: dict) -> list[str]:
    """What a workflow saved with the published node would miss."""
    problems = [] if published["output_node"] == now["output_node"] else ["output_node"]
    for kind in ("inputs", "outputs"):
        for place, old in enumerate(published[kind]):
            new = now[kind][place] if place < len(now[kind]) else {}
            problems += [f"{kind}[{place}] {old['name']}: {key}" for key in PROMISED if old.get(key) != new.get(key)]
            gone = [option for option in old.get("options", ()) if option not in new.get("options", ())]
            problems += [f"{kind}[{place}] {old['name']}: choice {option} is gone" for option in gone]
    added = now["inputs"][len(published["inputs"]) :]
    return problems + [f"{entry['name']} is new, but not optional" for entry in added if not entry["optional"]]


def test_the_contract_is_written_when_asked(request):
    if request.config.getoption("--write-node-contract", default=False):
        contract = {node_id: described(schema) for node_id, (schema, _) in SCHEMAS.items()}
        FILE.write_text(json.dumps(contract, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@pytest.mark.parametrize("node_id", CONTRACT)
def test_a_published_node_keeps_its_promise(node_id):
    assert node_id in SCHEMAS, f"{node_id} is gone"
    assert broken_promises(CONTRACT[node_id], described(SCHEMAS[node_id][0])) == []


def test_every_node_is_published():
    assert list(SCHEMAS) == list(CONTRACT)


PICTURE = {"name": "a", "type": "IMAGE", "optional": False, "widget": False}
CHOICE = {"name": "b", "type": "COMBO", "optional": False, "widget": True, "options": ["x", "y"]}
NODE = {"output_node": False, "inputs": [PICTURE, CHOICE], "outputs": [{"name": "c", "type": "MASK"}]}
NEW = {"name": "d", "type": "INT", "optional": True, "widget": True}


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": [CHOICE, PICTURE]},
        {"inputs": [PICTURE]},
        {"inputs": [{**PICTURE, "name": "z"}, CHOICE]},
        {"inputs": [{**PICTURE, "type": "MASK"}, CHOICE]},
        {"inputs": [{**PICTURE, "optional": True}, CHOICE]},
        {"inputs": [PICTURE, {**CHOICE, "widget": False}]},
        {"inputs": [PICTURE, {**CHOICE, "options": ["y", "z"]}]},
        {"inputs": [PICTURE, CHOICE, {**NEW, "optional": False}]},
        {"outputs": []},
        {"outputs": [{"name": "d", "type": "MASK"}]},
        {"outputs": [{"name": "c", "type": "IMAGE"}]},
        {"output_node": True},
    ],
)
def test_broken_promises_are_noticed(changes):
    assert broken_promises(NODE, {**NODE, **changes})


def test_appending_breaks_nothing():
    inputs = [PICTURE, {**CHOICE, "options": ["z", "x", "y"]}, NEW]
    outputs = [*NODE["outputs"], {"name": "e", "type": "FLOAT"}]
    assert broken_promises(NODE, {**NODE, "inputs": inputs, "outputs": outputs}) == []


@pytest.mark.parametrize("node_id", SCHEMAS)
def test_execute_takes_every_input_and_can_do_without_the_optional_ones(node_id):
    schema, node = SCHEMAS[node_id]
    taken = inspect.signature(node.execute).parameters
    assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in taken.values())  # no *args, **kwargs
    assert taken.keys() == {entry.id for entry in schema.inputs}
    without = {entry.id for entry in schema.inputs if entry.optional}
    assert {name for name, parameter in taken.items() if parameter.default is None} == without
    assert all(taken[name].default is inspect.Parameter.empty for name in taken.keys() - without)


@pytest.mark.parametrize("node_id", SCHEMAS)
def test_every_input_says_what_it_is_for(node_id):
    schema, _ = SCHEMAS[node_id]
    assert schema.category == "AUHead" and schema.display_name and schema.description.endswith(".")
    for entry in schema.inputs:
        assert entry.tooltip and entry.tooltip.endswith(".") and len(entry.tooltip) < 200, entry.id


@pytest.mark.parametrize("node_id", SCHEMAS)
def test_defaults_are_allowed(node_id):
    for entry in SCHEMAS[node_id][0].inputs:
        if entry.io_type == "COMBO":
            assert entry.default in entry.options
        elif entry.io_type in ("INT", "FLOAT"):
            assert entry.min <= entry.default <= entry.max
