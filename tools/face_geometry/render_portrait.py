"""Render a demo portrait: a stylised head of nobody, 512 x 512, RGBA.

auhead_models/assets/head.png, and head_2.png with --seed 11 --palette dark.

    python tools/face_geometry/render_portrait.py ICT_FACE_MODEL.npz [-o OUT.png] [--size 512] [--seed 2]
        [--palette fair]

The shape is the sculpted head with random identity weights, neutral, lips closed. Everything on it (skin, lips, brows,
irises, hair, shirt, light) is painted by formulas on the neutral head; there is no texture. Alpha is the head, colour
is already laid over the backdrop, so the picture is whole with and without alpha. Needs numpy, scipy and pillow.
"""

import argparse
from pathlib import Path

import numpy as np
from head import Head, blend, normals, project, rasterise, turn
from PIL import Image
from portrait_paint import PALETTES, Palette, Surface, eye_paint, hair_height, shirt_amount, skin_paint
from scipy.ndimage import gaussian_filter, map_coordinates

SPAN, CENTRE, DISTANCE = 30.0, (0.0, 2.1, 2.0), 95.0  # cm seen, what the camera looks at, its distance
YAW, PITCH = 0.05, 0.0
KEY, FILL, RIM = (-0.55, 0.5, 0.8), (0.8, 0.1, 0.7), (0.75, 0.55, -0.6)  # directions to the lights, camera axes
KEY_COLOUR, FILL_COLOUR, RIM_COLOUR = (1.28, 1.18, 1.06), (0.26, 0.29, 0.35), (0.5, 0.57, 0.7)
SKY, GROUND = (0.30, 0.32, 0.36), (0.20, 0.165, 0.145)
BACKDROP = ((0.36, 0.41, 0.46), (0.14, 0.17, 0.21))  # linear: centre, corners
SUPERSAMPLING = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("head", type=Path)
    default = Path(__file__).parents[2] / "auhead_models/assets/head.png"
    parser.add_argument("-o", "--output", type=Path, default=default)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--palette", choices=PALETTES, default="fair")
    arguments = parser.parse_args()
    palette = PALETTES[arguments.palette]
    render(Head(arguments.head), arguments.size, arguments.seed, palette).save(arguments.output, optimize=True)


def render(head: Head, size: int, seed: int, palette: Palette) -> Image.Image:
    """The portrait as an RGBA picture."""
    rng = np.random.default_rng(seed)
    vertices = head.vertices(identity=rng.normal(size=100) * 0.55)
    skull = head.neutral.copy()
    vertices = vertices + normals(vertices, head.triangles) * hair_height(head, skull)[:, None]
    vertices = vertices + normals(vertices, head.triangles) * (shirt_amount(skull, 1.5) * 0.6)[:, None]
    rotation = turn(YAW, PITCH)
    big = size * SUPERSAMPLING
    index, weights = rasterise(project(vertices, rotation, big, DISTANCE, SPAN, CENTRE), head.triangles, big)
    hit = index >= 0
    index, weights = index[hit], weights[hit]

    seen = vertices @ rotation.T
    vertex_normals = normals(vertices, head.triangles) @ rotation.T
    light = np.concatenate([_visibility(head, seen, KEY, 0.3, 24, rng), _sky(head, seen, vertex_normals, rng)], 1)
    of = lambda attribute: blend(attribute, head.triangles, index, weights)  # noqa: E731
    normal, light, place, eye = of(vertex_normals), of(light), of(skull), _eye_side(head)[head.triangles[index, 0]]
    surface = skin_paint(head, place, normal, palette)
    posed = of(vertices)
    for side, sign in (("left", 1), ("right", -1)):
        eye_paint(_iris_centre(head, vertices, side), posed[eye == sign], eye == sign, surface, palette)
    colour = _shade(surface, normal, light)

    image = _backdrop(big)
    image[hit] = colour
    alpha = hit.astype(float)
    shrink = lambda a: a.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING, -1).mean((1, 3))  # noqa: E731
    image, alpha = shrink(_tone(image)), shrink(alpha)
    image += rng.normal(size=(size, size, 1)) * 0.004  # a trace of grain hides the 8-bit steps of the backdrop
    rgba = np.concatenate([image.clip(0, 1), alpha], 2)
    return Image.fromarray((rgba * 255 + 0.5).astype(np.uint8), "RGBA")


def _shade(surface: Surface, normal: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Linear colour [P, 3] under key, fill, rim and sky; light = soft visibility of the key, openness to the sky."""
    normal = surface.bumped(normal)
    key_seen, sky = light[:, :1], light[:, 1:]
    out = np.zeros_like(normal)
    for direction, colour, seen in ((KEY, KEY_COLOUR, key_seen), (FILL, FILL_COLOUR, sky), (RIM, RIM_COLOUR, sky)):
        axis = np.array(direction) / np.linalg.norm(direction)
        facing = (normal @ axis)[:, None]
        wrapped = np.clip((facing + surface.wrap) / (1 + surface.wrap), 0, 1)
        # Light that enters skin at a shadow's edge leaves it red.
        through = seen ** (1 - 0.55 * surface.wrap)
        half = axis + (0, 0, 1)
        half /= np.linalg.norm(half)
        gloss = surface.gloss[:, None] * surface.highlight(normal, half)[:, None] * np.clip(facing * 4, 0, 1)
        out += np.array(colour) * (surface.albedo * wrapped * through + gloss * seen)
    up = 0.5 + 0.5 * normal[:, 1:2]
    out += surface.albedo * sky * (np.array(GROUND) + (np.array(SKY) - GROUND) * up)
    edge = np.clip(1 - normal[:, 2:], 0, 1) ** 4
    return out * surface.shadow[:, None] + 0.05 * edge * sky * np.array(SKY) + surface.emission


def _visibility(head: Head, seen: np.ndarray, direction: tuple, spread: float, rays: int, rng: np.random.Generator):
    """Share [V, 1] of a disc-shaped light that each vertex sees."""
    axes = np.array(direction) / np.linalg.norm(direction) + rng.normal(size=(rays, 3)) * spread / 2
    total = sum(_lit(head, seen, a / np.linalg.norm(a)) for a in axes)
    return (total / rays)[:, None]


def _sky(head: Head, seen: np.ndarray, normal: np.ndarray, rng: np.random.Generator, rays: int = 96) -> np.ndarray:
    """Openness [V, 1] of each vertex to a uniform sky, cosine weighted (ambient occlusion)."""
    total, weight = np.zeros(len(seen)), np.full(len(seen), 1e-6)
    steps = np.arange(rays) + 0.5
    height, turnaround = 1 - 2 * steps / rays, np.pi * (1 + 5**0.5) * steps + rng.uniform()
    flat = np.sqrt(1 - height**2)
    for axis in np.stack([flat * np.cos(turnaround), height, flat * np.sin(turnaround)], 1):
        cosine = np.clip(normal @ axis, 0, 1)
        total += cosine * _lit(head, seen, axis)
        weight += cosine
    return (total / weight)[:, None]


def _lit(head: Head, seen: np.ndarray, axis: np.ndarray, size: int = 256, bias: float = 0.12) -> np.ndarray:
    """1 where the vertex is the first thing that parallel light from `axis` meets (a shadow map, filtered)."""
    side = np.cross(axis, (0.0, 1.0, 0.001))
    side /= np.linalg.norm(side)
    frame = np.stack([side, np.cross(side, axis), axis])
    local = (seen - seen.mean(0)) @ frame.T
    scale = size / (np.abs(local[:, :2]).max() * 2.05)
    points = np.stack([size / 2 + local[:, 0] * scale, size / 2 + local[:, 1] * scale, 100 - local[:, 2]], 1)
    if np.linalg.det(frame) > 0:  # keep front faces negative in pixel axes
        points[:, 1] = size - points[:, 1]
    index, weights = rasterise(points, head.triangles, size)
    depth = np.full((size, size), 1e3)
    hit = index >= 0
    depth[hit] = blend(points[:, 2:], head.triangles, index[hit], weights[hit])[:, 0]
    near = map_coordinates(depth, [points[:, 1] - 0.5, points[:, 0] - 0.5], order=0, mode="nearest")
    return np.clip(1 - (points[:, 2] - near - bias) / 0.15, 0, 1)


def _eye_side(head: Head) -> np.ndarray:
    """+1 on the left eyeball's vertices, -1 on the right's, else 0."""
    out = np.zeros(len(head.neutral), int)
    out[head.parts["eyeball_left"]], out[head.parts["eyeball_right"]] = 1, -1
    return out


def _iris_centre(head: Head, vertices: np.ndarray, side: str) -> np.ndarray:
    """Where the gaze leaves the posed eyeball [3]: mean of the vertices around its front pole."""
    ball = head.parts[f"eyeball_{side}"]
    neutral = head.neutral[ball]
    pole = np.linalg.norm((neutral - neutral.mean(0))[:, :2], axis=1) < 0.5
    return vertices[ball][pole & (neutral[:, 2] > neutral[:, 2].mean())].mean(0)


def _backdrop(size: int) -> np.ndarray:
    """A calm wall: bright behind the head, darker to the corners."""
    y, x = np.mgrid[:size, :size] / size
    weight = np.exp(-(((x - 0.46) / 0.55) ** 2 + ((y - 0.42) / 0.6) ** 2))[..., None]
    near, far = map(np.array, BACKDROP)
    return gaussian_filter(far + (near - far) * weight, (2, 2, 0))


def _tone(linear: np.ndarray) -> np.ndarray:
    """Linear light to display values with a soft shoulder."""
    shoulder = 1.25 * linear / (1 + 0.28 * linear)
    return np.clip(shoulder, 0, 1) ** (1 / 2.2)


if __name__ == "__main__":
    main()
