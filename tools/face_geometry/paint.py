"""Albedo of the sculpted head by vertex, and a plain Lambert picture of it that face detectors read well."""

import numpy as np
from head import CORNER, LOWER_MID, UPPER_MID, Head, blend, normals, project, rasterise, turn
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

SKIN, GUMS, TEETH, WHITE = (205, 160, 140), (150, 70, 70), (235, 230, 215), (238, 236, 232)
LIP, BROW, LID, IRIS, PUPIL = (178, 100, 98), (75, 52, 42), (50, 36, 32), (80, 55, 40), (12, 10, 10)
IRIS_RADIUS, PUPIL_RADIUS = 0.6, 0.24
BROWS = (range(17, 22), range(22, 27))  # Multi-PIE marks


def albedo(head: Head) -> np.ndarray:
    """RGB 0..255 of every vertex [V, 3]: skin, lips, brows, dark lid margins, iris and pupil, teeth, gums."""
    colour = np.tile(np.array(SKIN, float), (len(head.neutral), 1))
    colour[head.parts["gums_tongue"]] = GUMS
    colour[head.parts["mouth_socket"]] = GUMS
    colour[head.parts["teeth"]] = TEETH
    face = head.parts["face"]
    points = head.neutral[face]
    for side in ("left", "right"):
        _mix(colour[face], _lid_margin(head, side) * 0.8, LID)
        eye = head.parts[f"eyeball_{side}"]
        colour[eye] = eye_colour(head.neutral[eye])
    colour[face][lip_vertices(head)] = LIP
    for marks in BROWS:
        line = _polyline(head.neutral[head.landmarks[list(marks)]])
        distance, nearest = cKDTree(line).query(points)
        height = points[:, 1] - line[nearest, 1]
        across = np.clip((0.42 - abs(height + 0.08)) / 0.15, 0, 1)
        _mix(colour[face], across * np.clip((0.55 - distance) / 0.1, 0, 1), BROW)
    return colour


def eye_colour(points: np.ndarray) -> np.ndarray:
    """White, iris and pupil of one eyeball [N, 3] by the distance from its axis."""
    centre = points.mean(0)
    radius = np.linalg.norm((points - centre)[:, :2], axis=1)
    front = points[:, 2] > centre[2]
    colour = np.tile(np.array(WHITE, float), (len(points), 1))
    colour[(radius < IRIS_RADIUS) & front] = IRIS
    colour[radius < PUPIL_RADIUS] = PUPIL  # through the pupil one sees the back of the ball
    return colour


def lip_vertices(head: Head) -> np.ndarray:
    """Boolean mask over the face part: inside the outer lip line, on the front of the mouth."""
    points = head.neutral[head.parts["face"]]
    marks = head.neutral[head.landmarks]
    front = (points[:, 2] > marks[CORNER, 2] - 1.2) & (points[:, 2] > marks[[UPPER_MID, LOWER_MID], 2].mean() - 1.6)
    return inside_polygon(points[:, :2], marks[48:60, :2]) & front


def inside_polygon(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Even-odd test for points [N, 2] in a closed polygon [M, 2]."""
    x, y = points[:, :1], points[:, 1:]
    (x0, y0), (x1, y1) = polygon.T, np.roll(polygon, -1, 0).T
    crosses = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    return (crosses & (x < at)).sum(1) % 2 == 1


def picture(head: Head, vertices: np.ndarray, colour: np.ndarray, yaw: float = 0.0, pitch: float = 0.0, size: int = 512,
            light: tuple = (0.3, 0.4, 0.85)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lambert render: RGB uint8 [S, S, 3], triangle index [S, S] (-1 = ground), barycentrics [S, S, 3]."""
    rotation = turn(yaw, pitch)
    index, weights = rasterise(project(vertices, rotation, size), head.triangles, size)
    hit = index >= 0
    direction = np.array(light) / np.linalg.norm(light)
    shade = 0.35 + 0.65 * np.clip(normals(vertices, head.triangles) @ rotation.T @ direction, 0, 1)
    image = np.full((size, size, 3), (120.0, 140.0, 160.0))
    image[hit] = blend(colour * shade[:, None], head.triangles, index[hit], weights[hit])
    return gaussian_filter(image, (0.6, 0.6, 0)).clip(0, 255).astype(np.uint8), index, weights


def _polyline(points: np.ndarray, steps: int = 20) -> np.ndarray:
    t = np.linspace(0, 1, steps)[:, None]
    return np.concatenate([a + (b - a) * t for a, b in zip(points[:-1], points[1:], strict=True)])


def _lid_margin(head: Head, side: str) -> np.ndarray:
    """1 at the margin of the upper lid, falling to 0 over 0.22 cm, for the face part."""
    face = head.parts["face"]
    marks = head.neutral[head.landmarks[36:42] if side == "right" else head.landmarks[42:48]]
    distance, _ = cKDTree(_polyline(marks[:4])).query(head.neutral[face])
    closes = head.shapes[f"eyeBlink_{side[0].upper()}"][face, 1] < -0.15
    return np.clip(1 - distance / 0.22, 0, 1) * closes


def _mix(colour: np.ndarray, weight: np.ndarray, target: tuple) -> None:
    """Blend rows of `colour` towards `target` in place."""
    colour += weight[:, None] * (np.array(target, float) - colour)
