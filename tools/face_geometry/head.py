"""The sculpted head: ICT Face Model Light (MIT, (c) 2020 USC Institute for Creative Technologies), repacked as .npz.

Vertices in centimetres, +x the subject's left, +y up, +z out of the face. A head is
neutral + sum(w * expressions) + sum(w * identities); identity weights of about N(0, 1) give plausible people.
"""

from pathlib import Path

import numpy as np

HIDDEN = ("M_LacrimalFluid", "M_EyeBlend", "M_EyeOcclusion", "M_EyeLashes")  # cards and fluids need alpha
CORNEA = ("M_ScleraLeft", "M_ScleraRight")  # this mesh covers the iris: left out, the iris mesh holds the white too
CORNER, UPPER_MID, LOWER_MID = 48, 51, 57  # Multi-PIE marks of the mouth


class Head:
    """Vertices, shapes and triangles (face, neck, mouth, eyeballs) of the sculpted head."""

    def __init__(self, path: Path):
        data = np.load(path)
        self.neutral = data["neutral"].astype(np.float64)
        self.shapes = dict(zip(map(str, data["expression_names"]), data["expressions"], strict=True))
        self.identities = data["identities"]
        self.landmarks = data["landmarks68"]
        ranges = zip(data["part_names"], data["part_ranges"], strict=True)
        self.parts = {str(name): slice(first, last + 1) for name, (first, last) in ranges}
        materials = [str(m) for m in data["materials"]]
        drawn = ~np.isin(data["face_material"], [materials.index(m) for m in HIDDEN + CORNEA])
        quads, material = data["faces"][drawn], data["face_material"][drawn]
        four = quads[:, 3] >= 0
        self.triangles = np.concatenate([quads[:, :3], quads[four][:, [0, 2, 3]]]).astype(np.int64)
        material = np.concatenate([material, material[four]])
        self.material = np.array(materials)[material]
        self.is_face = (self.triangles < self.parts["face"].stop).all(1)

    def vertices(self, expression: dict[str, float] | None = None, identity: np.ndarray | None = None) -> np.ndarray:
        """Vertices [V, 3] of a person (identity weights [100]) with an expression (name -> weight)."""
        out = self.neutral.copy()
        for name, weight in (expression or {}).items():
            out += weight * self.shapes[name].astype(np.float64)
        if identity is not None:
            out += np.tensordot(identity.astype(np.float32), self.identities.astype(np.float32), 1)
        return out


def turn(yaw: float, pitch: float, roll: float = 0.0) -> np.ndarray:
    """Rotation [3, 3]: yaw to the subject's left, pitch up, roll to the own left shoulder (radians)."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    about_z = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Unit vertex normals [V, 3], weighted by area."""
    a, b, c = vertices[triangles].transpose(1, 0, 2)
    flat = np.cross(b - a, c - a)
    out = np.zeros_like(vertices)
    for axis in range(3):
        for corner in range(3):
            out[:, axis] += np.bincount(triangles[:, corner], flat[:, axis], len(out))
    return out / (np.linalg.norm(out, axis=1, keepdims=True) + 1e-9)


def project(vertices: np.ndarray, rotation: np.ndarray, size: int, distance: float = 75.0, span: float = 30.0,
            centre: tuple[float, float, float] = (0.0, -1.0, 0.0)) -> np.ndarray:
    """Pinhole camera: columns image x, image y (pixels, y down) and depth; `span` cm fill the picture at `centre`."""
    seen = (vertices - centre) @ rotation.T
    depth = distance - seen[:, 2]
    focal = size / span * distance
    return np.stack([size / 2 + seen[:, 0] / depth * focal, size / 2 - seen[:, 1] / depth * focal, depth], 1)


def rasterise(points: np.ndarray, triangles: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Nearest front-facing triangle of each pixel: index [S, S] (-1 = none), perspective barycentrics [S, S, 3]."""
    winner = np.full(size * size, -1)
    nearest = np.zeros(size * size)
    weights = np.zeros((size * size, 3))
    chunk = 20000
    for start in range(0, len(triangles), chunk):
        corners = points[triangles[start : start + chunk]]
        pixel, index, bary, inverse = _covered(corners, size)
        closer = inverse > nearest[pixel]
        pixel, index, bary, inverse = pixel[closer], index[closer], bary[closer], inverse[closer]
        order = np.argsort(inverse, kind="stable")  # the last write to a pixel is the nearest
        pixel, index, bary, inverse = pixel[order], index[order], bary[order], inverse[order]
        winner[pixel], nearest[pixel], weights[pixel] = index + start, inverse, bary
    return winner.reshape(size, size), weights.reshape(size, size, 3)


def _covered(corners: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All (pixel, triangle) pairs with the pixel centre inside: flat pixel, triangle, barycentrics, 1 / depth."""
    xy, depth = corners[..., :2], corners[..., 2]
    e1, e2 = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    det = e1[:, 0] * e2[:, 1] - e2[:, 0] * e1[:, 1]
    low = np.clip(np.ceil(xy.min(1) - 0.5), 0, size).astype(int)
    high = np.clip(np.floor(xy.max(1) - 0.5), -1, size - 1).astype(int)
    extent = np.maximum(high - low + 1, 0)
    keep = np.nonzero((det < -1e-12) & (extent.prod(1) > 0))[0]  # image y points down: front faces are negative
    count = extent[keep].prod(1)
    index = np.repeat(keep, count)
    local = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    x, y = low[index, 0] + local % extent[index, 0], low[index, 1] + local // extent[index, 0]
    px, py = x + 0.5 - xy[index, 0, 0], y + 0.5 - xy[index, 0, 1]
    u = (px * e2[index, 1] - e2[index, 0] * py) / det[index]
    v = (e1[index, 0] * py - px * e1[index, 1]) / det[index]
    inside = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1 + 1e-6)
    index, u, v, pixel = index[inside], u[inside], v[inside], (y * size + x)[inside]
    bary = np.stack([1 - u - v, u, v], 1) / depth[index]
    inverse = bary.sum(1)
    return pixel, index, bary / inverse[:, None], inverse


def blend(attribute: np.ndarray, triangles: np.ndarray, index: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Interpolate a vertex attribute [V, C] at covered pixels (triangle index [P], weights [P, 3]) -> [P, C]."""
    return (attribute[triangles[index]] * weights[..., None]).sum(1)
