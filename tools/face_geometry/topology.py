"""Triangles of the 468-point mesh from mediapipe's published list of tessellation edges.

`FACEMESH_TESSELATION` (mediapipe 0.10.21, face_mesh_connections.py, Apache-2.0) is written as triples of edges; each
triple closes one of 852 triangles. The mouth and the two eyes are holes. The file is parsed, not imported, so that no
mediapipe installation is needed.
"""

import ast
from collections import defaultdict
from pathlib import Path

import numpy as np


def read_triangles(connections_file: Path) -> np.ndarray:
    """Vertex triples [852, 3] in the file's order, winding as it comes."""
    for node in ast.parse(Path(connections_file).read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FACEMESH_TESSELATION":
            edges = ast.literal_eval(node.value.args[0])
            break
    else:
        raise ValueError(f"{connections_file} has no FACEMESH_TESSELATION")
    triangles = []
    for first, second, third in zip(edges[0::3], edges[1::3], edges[2::3], strict=True):
        corners = dict.fromkeys(first + second + third)
        if len(corners) != 3:
            raise ValueError(f"edges {first} {second} {third} do not close a triangle")
        triangles.append(tuple(corners))
    return np.array(triangles)


def orient(triangles: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Give all triangles one winding, so that (b - a) x (c - a) points out of the face (+z on the whole)."""
    by_edge = defaultdict(list)
    for index, corners in enumerate(triangles):
        for a, b in zip(corners, np.roll(corners, -1), strict=True):
            by_edge[frozenset((int(a), int(b)))].append(index)
    out = triangles.copy()
    seen = np.zeros(len(out), bool)
    for start in range(len(out)):
        if seen[start]:
            continue
        seen[start], queue, part = True, [start], []
        while queue:
            current = queue.pop()
            part.append(current)
            for a, b in zip(out[current], np.roll(out[current], -1), strict=True):
                for other in by_edge[frozenset((int(a), int(b)))]:
                    if seen[other]:
                        continue
                    if (int(a), int(b)) in zip(out[other].tolist(), np.roll(out[other], -1).tolist(), strict=True):
                        out[other] = out[other][::-1]
                    seen[other] = True
                    queue.append(other)
        a, b, c = points[out[part]].transpose(1, 0, 2)
        if np.cross(b - a, c - a)[:, 2].sum() < 0:
            out[part] = out[part][:, ::-1]
    return out
