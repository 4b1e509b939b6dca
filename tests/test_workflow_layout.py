"""The shipped workflows look tidy: nothing overlaps, and no link runs behind a node that it does not belong to.

Both of ComfyUI's renderers are held: the canvas and Nodes 2.0, whose nodes are taller. tests/data/node_sizes.json holds
what they show, measured in real hosts: a node's least height and the heights of its sockets, in pixels below its `pos`.
Its title bar is the 30 pixels above. Links are drawn as in LiteGraph (LGraphCanvas.renderLink, Reroute.calculateAngle).
"""

import json
from itertools import combinations, pairwise, product
from math import atan2, cos, dist, pi, sin
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))
SIZES = json.loads((ROOT / "tests" / "data" / "node_sizes.json").read_text(encoding="utf-8"))
NOTE, TITLE_BAR = "MarkdownNote", 30
SOCKET = {"canvas": 10, "nodes2": 0}  # how far inside of the node's border the middle of a socket lies
LEAST_WIDTH = {"canvas": 210, "nodes2": 225}
CLEARANCE = 8  # between a link and a node that it passes
STEPS = 100  # samples of each piece of a link

every_layout = pytest.mark.parametrize(
    ("path", "renderer"), [(path, renderer) for path, renderer in product(WORKFLOWS, SOCKET)],
    ids=lambda value: getattr(value, "stem", value),
)  # fmt: skip


class Layout:
    """Where a renderer draws the nodes and links of a workflow."""

    def __init__(self, path: Path, renderer: str):
        self.renderer = renderer
        self.workflow = json.loads(path.read_text(encoding="utf-8"))
        self.nodes = {node["id"]: node for node in self.workflow["nodes"]}
        self.links = {link[0]: link for link in self.workflow["links"]}
        extra = self.workflow["extra"]
        self.reroutes = {reroute["id"]: reroute for reroute in extra.get("reroutes", ())}
        self.last_reroute = {end["id"]: end["parentId"] for end in extra.get("linkExtensions", ())}

    def rectangle(self, node: dict) -> tuple[float, float, float, float]:
        (x, y), (width, height) = node["pos"], node["size"]
        least = 0 if node["type"] == NOTE else SIZES[node["type"]][self.renderer]["height"]
        return x, y - TITLE_BAR, x + max(width, LEAST_WIDTH[self.renderer]), y + max(height, least)

    def ends(self, link: list) -> tuple[tuple, tuple]:
        """The sockets that a link joins."""
        source, target = self.nodes[link[1]], self.nodes[link[3]]
        output, entry = source["outputs"][link[2]]["name"], target["inputs"][link[4]]["name"]
        inset = SOCKET[self.renderer]
        start = SIZES[source["type"]][self.renderer]["outputs"][output]
        end = SIZES[target["type"]][self.renderer]["inputs"][entry]
        (x, y), (u, v) = source["pos"], target["pos"]
        return (x + source["size"][0] - inset, y + start), (u + inset, v + end)

    def stops(self, number: int) -> list[dict]:
        """The reroutes of a link, from its beginning to its end."""
        stops, place = [], self.last_reroute.get(number)
        while place is not None:
            stops.insert(0, self.reroutes[place])
            place = stops[0].get("parentId")
        return stops

    def direction(self, stop: dict, before: tuple) -> float:
        """The angle at which links go through a reroute: half way between where they come from and where they go."""
        here, ways = stop["pos"], []
        for number in stop["linkIds"]:
            stops = self.stops(number)
            after = stops[stops.index(stop) + 1 :]
            x, y = after[0]["pos"] if after else self.ends(self.links[number])[1]
            ways.append(atan2(y - here[1], x - here[0]))
        arriving = atan2(here[1] - before[1], here[0] - before[0])
        turn = (arriving - sum(ways) / len(ways)) * 0.5
        return arriving - (turn + pi if abs(turn) > pi / 2 else turn)

    def curve(self, link: list, smooth: bool) -> list[tuple[float, float]]:
        """Points along a link. ComfyUI draws corners at reroutes; `smooth` is how it means to draw them."""
        start, end = self.ends(link)
        stops = self.stops(link[0])
        places = [start, *(tuple(stop["pos"]) for stop in stops), end]
        angles = [0.0]
        for before, stop in zip(places, stops):
            angles.append(self.direction(stop, before))
        points = []
        for index, (here, there) in enumerate(pairwise(places)):
            reach = dist(here, there) * 0.25
            first = reach if index == 0 else min(80, reach) * smooth
            last = reach if index == len(stops) else min(80, reach) * smooth
            leaving, arriving = angles[index], angles[index + 1] if index < len(stops) else 0.0
            near = (here[0] + first * cos(leaving), here[1] + first * sin(leaving))
            far = (there[0] - last * cos(arriving), there[1] - last * sin(arriving))
            points += [bezier(here, near, far, there, step / STEPS) for step in range(STEPS + 1)]
        return points


def bezier(a, b, c, d, t: float) -> tuple[float, float]:
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    return tuple(sum(weight * point[axis] for weight, point in zip(weights, (a, b, c, d))) for axis in (0, 1))


def inside(point: tuple, rectangle: tuple, margin: float) -> bool:
    (x, y), (left, top, right, bottom) = point, rectangle
    return left - margin < x < right + margin and top - margin < y < bottom + margin


def apart(a: tuple, b: tuple) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@every_layout
def test_nothing_overlaps(path, renderer):
    layout = Layout(path, renderer)
    nodes = [(node["type"], layout.rectangle(node)) for node in layout.nodes.values()]
    for (a, first), (b, second) in combinations(nodes, 2):
        assert apart(first, second), f"{a} overlaps {b}"
    frames = []
    for group in layout.workflow["groups"]:
        x, y, width, height = group["bounding"]
        frames.append((x, y, x + width, y + height))
    assert all(apart(first, second) for first, second in combinations(frames, 2)), "groups overlap"
    for (kind, node), frame in product(nodes, frames):
        within = frame[0] <= node[0] and frame[1] <= node[1] and node[2] <= frame[2] and node[3] <= frame[3]
        assert within or apart(node, frame), f"{kind} lies across the border of a group"


@every_layout
def test_nodes_are_as_large_as_they_are_drawn(path, renderer):
    layout = Layout(path, renderer)
    for node in layout.nodes.values():
        (x, y), (width, height) = node["pos"], node["size"]
        assert layout.rectangle(node) == (x, y - TITLE_BAR, x + width, y + height), f"{node['type']} will grow"


@every_layout
def test_no_link_runs_behind_a_node(path, renderer):
    layout = Layout(path, renderer)
    faults = []
    for link in layout.links.values():
        source, target = layout.nodes[link[1]], layout.nodes[link[3]]
        name = f"{source['type']}.{source['outputs'][link[2]]['name']} to {target['type']} {target['id']}"
        curve = layout.curve(link, smooth=False) + layout.curve(link, smooth=True)
        for node in layout.nodes.values():
            margin = -SOCKET[renderer] - 2 if node in (source, target) else CLEARANCE
            rectangle = layout.rectangle(node)
            if any(inside(point, rectangle, margin) for point in curve):
                faults.append(f"{name} runs behind {node['type']} {node['id']}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", [path for path in WORKFLOWS if path.stem[0] in "89"], ids=lambda path: path.stem)
def test_what_the_editor_shows_can_be_read_when_its_template_opens(path):
    """ComfyUI shows a whole template, on three quarters of the window (LGraphCanvas, DragAndScale.fitToBounds)."""
    layout = Layout(path, "canvas")
    nodes = [layout.rectangle(node) for node in layout.nodes.values()]
    width, height = (max(node[axis + 2] for node in nodes) - min(node[axis] for node in nodes) for axis in (0, 1))
    assert min(0.75 * 1920 / width, 0.75 * 1080 / height) >= 0.5
