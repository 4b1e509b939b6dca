"""Every workflow that we ship opens and runs with the nodes as published, and both of its forms are the same graph.

Nodes are those of tests/data/node_contract.json (ours) and core_nodes.json (ComfyUI's, what its old and new versions
share). tools/workflows/make.py writes the workflows; these tests read them on their own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "tests" / "data"
WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))
BLUEPRINTS = sorted((ROOT / "subgraphs").glob("*.json"))
SCHEMAS = {
    **json.loads((DATA / "core_nodes.json").read_text(encoding="utf-8")),
    **json.loads((DATA / "node_contract.json").read_text(encoding="utf-8")),
}
NOTE, ALWAYS = "MarkdownNote", 0
SUBGRAPH_INPUT, SUBGRAPH_OUTPUT = -10, -20

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
every_blueprint = pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def widgets(node: dict) -> list[tuple[dict, object]]:
    """The widgets of a node and their values, which the file holds as a bare list."""
    schema, values = SCHEMAS[node["type"]], list(node["widgets_values"])
    found = []
    for entry in schema["inputs"]:
        if entry["widget"]:
            found.append((entry, values.pop(0)))
            if entry.get("control_after_generate"):
                assert values.pop(0) in ("fixed", "randomize", "increment", "decrement")
    assert values == schema.get("extra", []), f"{node['type']} has {len(values)} values too many"
    return found


def check_value(entry: dict, value) -> None:
    kinds = {"INT": int, "FLOAT": (int, float), "BOOLEAN": bool, "STRING": str, "COMBO": str}
    assert isinstance(value, kinds[entry["type"]]), f"{entry['name']}: {value!r}"
    assert isinstance(value, bool) == (entry["type"] == "BOOLEAN")
    assert value in entry.get("options", [value]), f"{entry['name']} cannot be {value}"
    if entry["type"] in ("INT", "FLOAT"):
        assert entry.get("min", value) <= value <= entry.get("max", value), f"{entry['name']} cannot be {value}"


def check_node(node: dict) -> None:
    """Sockets carry the published names and types, sockets before widgets, and every value is allowed."""
    schema = SCHEMAS[node["type"]]
    listed = [entry for entry in schema["inputs"] if not entry["widget"]]
    listed += [entry for entry in schema["inputs"] if entry["widget"]]
    assert [socket["name"] for socket in node["inputs"]] == [entry["name"] for entry in listed]
    assert [socket["type"] for socket in node["inputs"]] == [entry["type"] for entry in listed]
    assert [(end["name"], end["type"]) for end in node["outputs"]] == [
        (end["name"], end["type"]) for end in schema["outputs"]
    ]
    for socket, entry in zip(node["inputs"], listed):
        assert ("widget" in socket) == entry["widget"]
        if not entry["optional"] and not entry["widget"]:
            assert socket["link"] is not None, f"{node['type']}.{entry['name']} is not connected"
    for entry, value in widgets(node):
        check_value(entry, value)


def check_links(nodes: dict[int, dict], links: list[tuple]) -> None:
    """Every link is known to both of its ends, joins equal types, and there is no other."""
    for number, source, source_slot, target, target_slot, kind in links:
        if source != SUBGRAPH_INPUT:
            output = nodes[source]["outputs"][source_slot]
            assert output["type"] == kind and number in output["links"]
        if target != SUBGRAPH_OUTPUT:
            entry = nodes[target]["inputs"][target_slot]
            assert entry["type"] in (kind, "*") and entry["link"] == number
    numbers = [link[0] for link in links]
    assert len(set(numbers)) == len(numbers)
    used = [socket["link"] for node in nodes.values() for socket in node["inputs"] if socket["link"] is not None]
    used += [number for node in nodes.values() for end in node["outputs"] for number in end["links"] or ()]
    assert set(used) <= set(numbers)


def running(workflow: dict) -> list[dict]:
    """The nodes that ComfyUI runs: those that save something, and all that leads to them."""
    nodes = {node["id"]: node for node in workflow["nodes"] if node["type"] != NOTE}
    needed = {number for number, node in nodes.items() if SCHEMAS[node["type"]]["output_node"]}
    while leading := {link[1] for link in workflow["links"] if link[3] in needed} - needed:
        needed |= leading
    return [nodes[number] for number in sorted(needed)]


def as_prompt(workflow: dict) -> dict:
    """What the browser posts when Run is pressed, without what would not run."""
    sources = {link[0]: [str(link[1]), link[2]] for link in workflow["links"]}
    prompt = {}
    for node in running(workflow):
        inputs = {entry["name"]: value for entry, value in widgets(node)}
        inputs |= {slot["name"]: sources[slot["link"]] for slot in node["inputs"] if slot["link"] is not None}
        prompt[str(node["id"])] = (node["type"], inputs)
    return prompt


def test_the_templates_are_there():
    assert [path.stem for path in WORKFLOWS] == [
        "1 Quick start",
        "2 My portrait and voice",
        "3 Eight emotions, one voice",
        "4 Performance from a video",
        "5 FaceMaps for ControlNet",
        "6 AU guidance",
        "7 Emotion heard by a model",
        "8 Direct the performance",
        "9 One performance, three faces",
    ]
    assert len(BLUEPRINTS) == 1
    assert not (ROOT / "example_workflows").exists(), "ComfyUI would serve only that folder"


@every_workflow
def test_nodes_are_as_published(path):
    for node in read(path)["nodes"]:
        if node["type"] != NOTE:
            check_node(node)


@every_workflow
def test_links_join_what_fits(path):
    workflow = read(path)
    check_links({node["id"]: node for node in workflow["nodes"]}, workflow["links"])


@every_workflow
def test_reroutes_lead_links_of_one_output(path):
    workflow = read(path)
    links = {link[0]: link for link in workflow["links"]}
    reroutes = {reroute["id"]: reroute for reroute in workflow["extra"].get("reroutes", ())}
    passing = {number: set() for number in reroutes}
    for end in workflow["extra"].get("linkExtensions", ()):
        place = end["parentId"]
        while place is not None:
            passing[place].add(end["id"])
            place = reroutes[place].get("parentId")
    for number, reroute in reroutes.items():
        assert set(reroute["linkIds"]) == passing[number] and passing[number]
        assert len({tuple(links[link][1:3]) for link in passing[number]}) == 1


@every_workflow
def test_no_node_is_muted_or_bypassed(path):
    assert all(node["mode"] == ALWAYS for node in read(path)["nodes"])


@every_workflow
def test_videos_are_saved_where_performances_are(path):
    """output/auhead, as nodes/host.py spells it: file systems may tell capitals apart."""
    prefixes = [node["inputs"]["filename_prefix"] for node in read(path.parent / "api" / path.name).values()
                if node["class_type"] == "SaveVideo"]  # fmt: skip
    assert prefixes and all(prefix.startswith("auhead/") for prefix in prefixes)


@every_workflow
def test_both_forms_are_the_same_graph(path):
    api = read(path.parent / "api" / path.name)
    assert {key: (node["class_type"], node["inputs"]) for key, node in api.items()} == as_prompt(read(path))


@every_workflow
def test_it_needs_no_file_of_the_user(path):
    runs = {node["type"] for node in running(read(path))}
    assert not runs & {"LoadImage", "LoadAudio", "LoadVideo", "AUHeadLoadAU"}


@every_workflow
def test_it_has_a_thumbnail(path):
    with Image.open(path.with_suffix(".jpg")) as picture:
        assert picture.format == "JPEG"
        assert min(picture.size) >= 256
    assert path.with_suffix(".jpg").stat().st_size < 200_000


@every_blueprint
def test_a_blueprint_is_one_node_with_its_graph(path):
    workflow = read(path)
    (whole,), (subgraph,) = workflow["nodes"], workflow["definitions"]["subgraphs"]
    assert whole["type"] == subgraph["id"]
    for node in subgraph["nodes"]:
        check_node(node)
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    links = [tuple(link[key] for key in keys) for link in subgraph["links"]]
    check_links({node["id"]: node for node in subgraph["nodes"]}, links)
    for end, boundary, side in (("inputs", SUBGRAPH_INPUT, 1), ("outputs", SUBGRAPH_OUTPUT, 3)):
        for place, socket in enumerate(subgraph[end]):
            crossing = [link[0] for link in links if link[side] == boundary and link[side + 1] == place]
            assert socket["linkIds"] == crossing and crossing
        shown = [(socket["name"], socket["type"]) for socket in whole[end]]
        assert shown == [(socket["name"], socket["type"]) for socket in subgraph[end]]
    assert len(whole["widgets_values"]) == sum("widget" in socket for socket in whole["inputs"])


def test_the_files_are_what_their_descriptions_say():
    tool = ROOT / "tools" / "workflows" / "make.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
