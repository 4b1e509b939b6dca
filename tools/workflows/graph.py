"""A workflow described in Python, written in both of ComfyUI's formats.

`Graph.ui()` is what the browser opens: nodes with places and sizes, links, groups. `Graph.api()` is what a program
posts to /prompt: only what runs. Positions are canvas pixels of a node's body; its title bar is the 30 pixels above.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

TITLE = 30
MARGIN = 20  # between a group's border and its nodes
GROUP_TITLE = 44  # room for a group's own title
NOTE_COLOURS = {"color": "#432", "bgcolor": "#653"}  # ComfyUI's own for notes
VIEW = 0.7  # how large a workflow is when it is opened; its left upper corner is seen
ALWAYS = 0  # LiteGraph's mode of a node that is neither muted nor bypassed


@dataclass(frozen=True)
class Output:
    """One output of a node, to connect to another node's input."""

    node: "Node"
    slot: int
    type: str


@dataclass(eq=False)
class Node:
    id: int
    type: str
    schema: dict
    at: tuple[int, int]
    size: tuple[int, int]
    title: str | None = None
    values: dict[str, Any] = field(default_factory=dict)  # input name -> value or Output
    models: list[dict] = field(default_factory=list)

    def __getitem__(self, name: str) -> Output:
        slot = next(slot for slot, output in enumerate(self.schema["outputs"]) if output["name"] == name)
        return Output(self, slot, self.schema["outputs"][slot]["type"])

    @property
    def inputs(self) -> list[dict]:
        """As the browser lists them: sockets first, then widgets."""
        return sorted(self.schema["inputs"], key=lambda entry: entry["widget"])

    @property
    def widget_values(self) -> list:
        """Values of all widgets; one that is connected keeps its default."""
        values = []
        for entry in self.schema["inputs"]:
            if not entry["widget"]:
                continue
            value = self.values.get(entry["name"], entry.get("default"))
            values.append(entry.get("default") if isinstance(value, Output) else value)
            if entry.get("control_after_generate"):
                values.append("fixed")
        return values + self.schema.get("extra", [])


class Graph:
    """Nodes, notes and groups. `title` is the name that people see, and the file's name."""

    def __init__(self, title: str, schemas: dict[str, dict]):
        self.title = title
        self.schemas = schemas
        self.nodes: list[Node] = []
        self.notes: list[dict] = []
        self.groups: list[dict] = []
        self.routes: list[tuple[Node, str, tuple]] = []

    def add(self, type: str, at, size, /, title=None, models=(), **values) -> Node:
        """A node; `values` are its widgets' values and, as `Output`, connections. Raises KeyError for a bad name."""
        schema = self.schemas[type]
        unknown = set(values) - {entry["name"] for entry in schema["inputs"]}
        if unknown:
            raise KeyError(f"{type} has no input {', '.join(sorted(unknown))}")
        node = Node(self._next_id(), type, schema, at, size, title, values, list(models))
        self.nodes.append(node)
        return node

    def note(self, text: str, at, size) -> None:
        self.notes.append({"id": self._next_id(), "text": text, "at": at, "size": size})

    def route(self, node: Node, name: str, *points: tuple[int, int]) -> None:
        """Leads the link that ends in the input `name` of a node over `points`, from its beginning to its end.

        Links of one output that begin with the same points share them and branch off after the last common one.
        """
        self.routes.append((node, name, points))

    def group(self, title: str, *nodes: Node, colour: str) -> None:
        """A titled frame around `nodes`."""
        left, top = (min(node.at[axis] for node in nodes) for axis in (0, 1))
        right, bottom = (max(node.at[axis] + node.size[axis] for node in nodes) for axis in (0, 1))
        top -= TITLE + GROUP_TITLE
        bounding = [left - MARGIN, top, right - left + 2 * MARGIN, bottom - top + MARGIN]
        entry = {"id": len(self.groups) + 1, "title": title, "bounding": bounding, "color": colour, "font_size": 24}
        self.groups.append({**entry, "flags": {}})

    def ui(self) -> dict:
        links = self._links()
        corners = [node.at for node in self.nodes] + [note["at"] for note in self.notes]
        left, top = (min(corner[axis] for corner in corners) for axis in (0, 1))
        extra: dict = {"ds": {"scale": VIEW, "offset": [120 - left, 220 - top]}}
        if self.routes:
            extra["reroutes"], extra["linkExtensions"] = self._reroutes(links)
        nodes = [_ui_note(note) for note in self.notes]
        nodes += [_ui_node(node, links) for node in self.nodes]
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"auhead/{self.title}")),
            "revision": 0,
            "last_node_id": len(self.nodes) + len(self.notes),
            "last_link_id": len(links),
            "nodes": [{**node, "order": order} for order, node in enumerate(nodes)],
            "links": links,
            "groups": self.groups,
            "config": {},
            "extra": extra,
            "version": 0.4,
        }

    def api(self) -> dict:
        prompt = {}
        needed = self._needed()
        for node in self.nodes:
            if node not in needed:
                continue
            inputs = {}
            for entry in node.schema["inputs"]:
                value = node.values.get(entry["name"], entry.get("default") if entry["widget"] else None)
                if isinstance(value, Output):
                    value = [str(value.node.id), value.slot]
                if value is not None:
                    inputs[entry["name"]] = value
            title = {"title": node.title or node.type}
            prompt[str(node.id)] = {"inputs": inputs, "class_type": node.type, "_meta": title}
        return prompt

    def _needed(self) -> set[Node]:
        """The nodes that run: those that save something, and all that leads to them."""
        needed: set[Node] = set()
        waiting = [node for node in self.nodes if node.schema["output_node"]]
        while waiting:
            node = waiting.pop()
            needed.add(node)
            waiting += [value.node for value in node.values.values() if isinstance(value, Output)]
        return needed

    def _next_id(self) -> int:
        return len(self.nodes) + len(self.notes) + 1

    def _links(self) -> list[list]:
        """[link id, from node, from slot, to node, to slot, type]"""
        links = []
        for node in self.nodes:
            for slot, entry in enumerate(node.inputs):
                value = node.values.get(entry["name"])
                if isinstance(value, Output):
                    if entry["type"] not in (value.type, "*"):
                        raise TypeError(f"{value.node.type} gives {value.type}, {node.type}.{entry['name']} differs")
                    links.append([len(links) + 1, value.node.id, value.slot, node.id, slot, value.type])
        return links

    def _reroutes(self, links: list[list]) -> tuple[list[dict], list[dict]]:
        """The points of all routes, each with the one before it and the links over it; the last point of each link."""
        points: dict[tuple, dict] = {}
        ends = []
        for node, name, path in self.routes:
            slot = next(slot for slot, entry in enumerate(node.inputs) if entry["name"] == name)
            number, *origin = next(link[:3] for link in links if link[3:5] == [node.id, slot])
            parent: dict = {}
            for end in range(1, len(path) + 1):
                key = (*origin, *path[:end])
                new = {"id": len(points) + 1, "pos": list(path[end - 1]), "linkIds": []}
                point = points.setdefault(key, {**new, "parentId": parent["id"]} if parent else new)
                point["linkIds"].append(number)
                parent = point
            ends.append({"id": number, "parentId": parent["id"]})
        return list(points.values()), ends


def _ui_node(node: Node, links: list[list]) -> dict:
    entering = {link[4]: link[0] for link in links if link[3] == node.id}
    inputs = []
    for slot, entry in enumerate(node.inputs):
        socket = {"name": entry["name"], "type": entry["type"], "link": entering.get(slot)}
        if entry["optional"]:
            socket["shape"] = 7
        if entry["widget"]:
            socket["widget"] = {"name": entry["name"]}
        inputs.append(socket)
    outputs = []
    for slot, entry in enumerate(node.schema["outputs"]):
        leaving = [link[0] for link in links if link[1] == node.id and link[2] == slot]
        outputs.append({"name": entry["name"], "type": entry["type"], "links": leaving or None})
    properties: dict = {"Node name for S&R": node.type}
    if node.models:
        properties["models"] = node.models
    drawn = {
        "id": node.id,
        "type": node.type,
        "pos": list(node.at),
        "size": list(node.size),
        "flags": {},
        "mode": ALWAYS,
        "inputs": inputs,
        "outputs": outputs,
        "properties": properties,
        "widgets_values": node.widget_values,
    }
    return {**drawn, "title": node.title} if node.title else drawn


def _ui_note(note: dict) -> dict:
    return {
        "id": note["id"],
        "type": "MarkdownNote",
        "pos": list(note["at"]),
        "size": list(note["size"]),
        "flags": {},
        "mode": ALWAYS,
        "inputs": [],
        "outputs": [],
        "properties": {},
        "widgets_values": [note["text"]],
        "title": "Read me",
        **NOTE_COLOURS,
    }
