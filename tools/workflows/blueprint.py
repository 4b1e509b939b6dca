"""The quick start as one node: a subgraph blueprint, which newer versions of ComfyUI list beside the nodes."""

import uuid

from graph import Graph, Node, Output

INPUT_NODE, OUTPUT_NODE = -10, -20  # ids that ComfyUI gives the two ends of a subgraph
TITLE = "Portrait and speech to video (AUHead)"
DESCRIPTION = "Lets a portrait speak with emotion. No graphics card and no download are needed."


def portrait_and_speech(schemas) -> dict:
    graph = Graph(TITLE, schemas)
    face = graph.add("AUHeadFace", (0, 0), (310, 280))
    speech = graph.add("AUHeadAudioToAU", (0, 430), (310, 400), emotion="happy", level="2")
    warp = graph.add("AUHeadWarp", (390, 80), (300, 130), face=face["face"], au=speech["au"])
    video = graph.add("CreateVideo", (850, 296), (270, 130), images=warp["frames"], fps=warp["fps"])
    inputs = {
        "image": [(face, "image")],
        "audio": [(speech, "audio"), (video, "audio")],
        "emotion": [(speech, "emotion")],
        "level": [(speech, "level")],
    }
    return as_blueprint(graph, inputs, {"video": video["VIDEO"]}, DESCRIPTION, "Video generation and editing/AUHead")


def as_blueprint(
    graph: Graph, inputs: dict[str, list[tuple[Node, str]]], outputs: dict[str, Output], description: str, category: str
) -> dict:
    """A workflow of one node that holds `graph`; `inputs` name the inputs that it opens, `outputs` what it gives."""
    inner = graph.ui()
    nodes = {node["id"]: node for node in inner["nodes"]}
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    links = [dict(zip(keys, link)) for link in inner["links"]]
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"auhead/blueprint/{graph.title}"))

    entrances, sockets, values = [], [], []
    for place, (name, targets) in enumerate(inputs.items()):
        first = len(links) + 1
        for node, entry_name in targets:
            slot, entry = next((s, e) for s, e in enumerate(node.inputs) if e["name"] == entry_name)
            number = len(links) + 1
            links.append(dict(zip(keys, (number, INPUT_NODE, place, node.id, slot, entry["type"]))))
            nodes[node.id]["inputs"][slot]["link"] = number
        entrances.append(_end(identity, name, entry["type"], range(first, len(links) + 1), (-80, 310 + 20 * place)))
        socket = {"name": name, "type": entry["type"], "link": None}
        if entry["widget"]:
            socket["widget"] = {"name": name}
            values.append(node.values[entry_name])
        sockets.append(socket)

    exits = []
    for place, (name, output) in enumerate(outputs.items()):
        number = len(links) + 1
        links.append(dict(zip(keys, (number, output.node.id, output.slot, OUTPUT_NODE, place, output.type))))
        leaving = nodes[output.node.id]["outputs"][output.slot]
        leaving["links"] = [*(leaving["links"] or []), number]
        exits.append(_end(identity, name, output.type, [number], (1200, 310 + 20 * place)))

    subgraph = {
        "id": identity,
        "version": 1,
        "state": {"lastGroupId": 0, "lastNodeId": len(nodes), "lastLinkId": len(links), "lastRerouteId": 0},
        "revision": 0,
        "config": {},
        "name": graph.title,
        "description": description,
        "category": category,
        "inputNode": {"id": INPUT_NODE, "bounding": [-200, 290, 120, 40 + 20 * len(entrances)]},
        "outputNode": {"id": OUTPUT_NODE, "bounding": [1200, 290, 120, 40 + 20 * len(exits)]},
        "inputs": entrances,
        "outputs": exits,
        "widgets": [],
        "nodes": list(nodes.values()),
        "groups": [],
        "links": links,
        "extra": {},
    }
    whole = {
        "id": len(nodes) + 1,
        "type": identity,
        "pos": [0, 0],
        "size": [340, 120],
        "flags": {},
        "order": 0,
        "mode": 0,
        "title": graph.title,
        "inputs": sockets,
        "outputs": [{"name": end["name"], "type": end["type"], "links": None} for end in exits],
        "properties": {},
        "widgets_values": values,
    }
    return {
        "revision": 0,
        "last_node_id": whole["id"],
        "last_link_id": 0,
        "nodes": [whole],
        "links": [],
        "version": 0.4,
        "definitions": {"subgraphs": [subgraph]},
        "extra": {},
    }


def _end(identity: str, name: str, kind: str, links, at: tuple[int, int]) -> dict:
    """An input or output of the subgraph."""
    return {
        "id": str(uuid.uuid5(uuid.UUID(identity), name)),
        "name": name,
        "type": kind,
        "linkIds": list(links),
        "pos": list(at),
    }
