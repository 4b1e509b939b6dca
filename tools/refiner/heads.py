"""People for training pairs: the sculpted head with random shape, skin, hair, eyes, light and camera, drawn per pixel.

Everything is painted by formulas on the neutral head; there is no texture. Teeth, tongue and lids are the head's own,
so an open mouth and a closed eye show what a stretched picture cannot. Needs numba.

    sculpture = Sculpture(ICT_FACE_MODEL.npz, CORRESPONDENCES.npz)
    person = Person(sculpture, seed)
    picture, points = person.render({"jawOpen": 0.5}, gaze=(0.1, 0.0))     # [S, S, 3] float32 RGB, [478, 3] pixels
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter, zoom
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "face_geometry"))
from head import Head, normals, turn  # noqa: E402
from portrait_paint import signed_distance, smooth  # noqa: E402
from shade import ATTRIBUTES, draw, visible_share  # noqa: E402

SUPERSAMPLING = 2
LID_THICKNESS = 0.2  # cm by which an eyeball may stand out of half-closed lids without being seen
# Linear skin albedo from light to dark; a person lies between two of them.
SKINS = ((0.78, 0.53, 0.42), (0.66, 0.41, 0.30), (0.56, 0.33, 0.22), (0.44, 0.245, 0.155), (0.28, 0.15, 0.095),
         (0.14, 0.072, 0.046), (0.075, 0.04, 0.028))  # fmt: skip
HAIRS = ((0.012, 0.009, 0.008), (0.03, 0.017, 0.011), (0.09, 0.045, 0.022), (0.28, 0.16, 0.07), (0.30, 0.29, 0.28),
         (0.16, 0.05, 0.02))  # fmt: skip
IRISES = ((0.085, 0.045, 0.022), (0.03, 0.016, 0.010), (0.10, 0.15, 0.20), (0.10, 0.13, 0.065), (0.16, 0.10, 0.04))
# Cheeks, nose, chin: x, y, reach (cm), strength.
FLUSHED = ((4.3, -0.2, 2.2, 0.6), (-4.3, -0.2, 2.2, 0.6), (0, 0.3, 1.1, 0.5), (0, -6.6, 1.3, 0.3))
TEETH, GUM, TONGUE, SOCKET = (0.72, 0.64, 0.50), (0.52, 0.20, 0.18), (0.50, 0.19, 0.17), (0.40, 0.12, 0.10)


class Sculpture:
    """The head with everything that does not depend on the person: weights of what is painted where, face points."""

    def __init__(self, head_file: Path, correspondences: Path):
        self.head = head = Head(head_file)
        marks = np.load(correspondences)
        self.mark_triangles, self.mark_weights = marks["triangles"], marks["barycentric"]
        place = self.place = head.neutral.astype(np.float32)
        self.triangles = head.triangles.astype(np.int32)
        self.shapes = {name: shape.astype(np.float32) for name, shape in head.shapes.items()}
        self.identities = head.identities.astype(np.float32)
        count = len(place)
        self.is_skin = np.zeros(count, bool)
        self.is_skin[head.parts["face"]] = self.is_skin[head.parts["head_neck"]] = True
        self.is_eye = np.zeros(count, np.float32)
        for side, sign in (("left", 1), ("right", -1)):
            self.is_eye[head.parts[f"eyeball_{side}"]] = sign
        self.part = {name: np.zeros(count, bool) for name in ("teeth", "gums_tongue", "mouth_socket")}
        for name, mask in self.part.items():
            mask[head.parts[name]] = True
        x, y, z = place.T
        outline = head.neutral[head.landmarks[48:60], :2]
        into = signed_distance(place[:, :2], outline)
        face = np.arange(count) < head.parts["face"].stop
        self.lip = (smooth((into + 0.10) / 0.24) * (z > 8.6) * (y > -5.2) * face).astype(np.float32)
        self.mucosa = ((into > 0) * (z > 5) * (z <= 8.9) * face).astype(np.float32)
        self.lashes = self._lashes()
        self.brow, self.brow_along = self._brows()
        self.tongue = self._tongue()
        drawn = np.unique(self.triangles)  # without the corneas, which lie in front of the irises
        self.eyeball = {side: drawn[self.is_eye[drawn] == sign] for side, sign in (("left", 1), ("right", -1))}
        self.pole = {side: self._pole(ball) for side, ball in self.eyeball.items()}

    def _pole(self, ball: np.ndarray) -> int:
        """The vertex in the middle of an iris."""
        x, y, z = (self.place[ball] - sphere_centre(self.place[ball])).T
        return ball[np.where(z > 0, np.hypot(x, y), np.inf).argmin()]

    def _lashes(self) -> np.ndarray:
        """How much of the dark line along the lid edges each vertex carries; the upper one is broader."""
        head, place = self.head, self.place
        face = head.parts["face"]
        out = np.zeros(len(place), np.float32)
        for side in ("left", "right"):
            away, _ = cKDTree(head.neutral[head.parts[f"eyeball_{side}"]]).query(head.neutral[face])
            blink = head.shapes[f"eyeBlink_{side[0].upper()}"][face, 1].astype(float)
            edge = away < 0.12
            for upper, mine in ((1.0, edge & (blink < -0.3)), (0.45, edge & (blink > -0.05))):
                near, _ = cKDTree(head.neutral[face][mine]).query(head.neutral[face])
                width = 0.11 if upper == 1 else 0.07
                out[face] = np.maximum(out[face], upper * np.exp(-((near / width) ** 2)))
        return out

    def _brows(self) -> tuple[np.ndarray, np.ndarray]:
        """Cover of the brows 0..1 and the way along them (cm)."""
        head, place = self.head, self.place
        cover, along = np.zeros(len(place), np.float32), np.zeros(len(place), np.float32)
        for marks in ((22, 23, 24, 25, 26), (21, 20, 19, 18, 17)):
            line = head.neutral[head.landmarks[list(marks)]]
            t = np.linspace(0, 4, 161)
            line = np.stack([np.interp(t, range(5), line[:, k]) for k in range(3)], 1)
            line[:, 1] -= 0.12
            away, at = cKDTree(line[:, :2]).query(place[:, :2])
            t = at / len(line)
            height = np.abs(place[:, 1] - line[at, 1])
            thick = np.interp(t, (0, 0.12, 0.5, 0.8, 1.0), (0.26, 0.42, 0.40, 0.28, 0.08))
            ends = smooth((0.30 - np.maximum(away - height, 0)) / 0.3)
            body = smooth((thick - height) / 0.18) * ends * (place[:, 2] > 5) * self.is_skin
            along = np.where(body > cover, t * 5, along)
            cover = np.maximum(cover, body)
        return cover.astype(np.float32), along.astype(np.float32)

    def _tongue(self) -> np.ndarray:
        """1 on the tongue, falling to 0 at its root and on the gums."""
        x, y, z = self.place.T
        drop = self.shapes["jawOpen"][:, 1]
        inside = 1 - ((x / 1.9) ** 2 + (np.minimum(z - 6.2, 0) / 6.0) ** 2 + (np.maximum(z - 6.2, 0) / 2.9) ** 2)
        return (smooth(inside / 0.25) * smooth(-drop / 1.0) * (y > -4.6) * self.part["gums_tongue"]).astype(np.float32)

    def points(self, vertices: np.ndarray) -> np.ndarray:
        """The 468 face points [468, C] of any vertex attribute [V, C]."""
        return (vertices[self.mark_triangles] * self.mark_weights[..., None]).sum(1)


@dataclass
class Light:
    """Directions in camera axes, colours linear."""

    key: np.ndarray
    key_colour: np.ndarray
    fill: np.ndarray
    fill_colour: np.ndarray
    sky: np.ndarray
    ground: np.ndarray
    spread: float


class Person:
    """One person in one place: who it is, under which light, seen by which camera. All from the seed."""

    def __init__(self, sculpture: Sculpture, seed: int, size: int = 512):
        self.sculpture, self.size, self.seed = sculpture, size, seed
        self.rng = rng = np.random.default_rng(seed)
        s = sculpture
        weights = rng.normal(size=100).astype(np.float32) * rng.uniform(0.6, 0.95)
        self.shape = s.place + np.tensordot(weights, s.identities, 1)
        self._paint(rng)
        self._hair(rng)
        self.light = self._choose_light(rng)
        yaw, pitch, roll = rng.normal(size=3) * (0.15, 0.08, 0.05)
        self.rotation = turn(np.clip(yaw, -0.35, 0.35), np.clip(pitch, -0.2, 0.2), roll).astype(np.float32)
        self.distance = rng.uniform(50, 160)
        self.span = rng.uniform(24, 33)
        self.shift = rng.normal(size=2) * 0.4 + (0, 1.0)
        self.gaze_at_rest = rng.normal(size=2) * (0.08, 0.05)
        self.ground = _background(rng, size)
        self.exposure = rng.uniform(0.8, 1.25)
        self.shoulder = rng.uniform(0.15, 0.4)
        self.gamma = rng.uniform(0.92, 1.08)
        self.white = 1 + rng.normal(size=3) * 0.04
        self.softness = rng.uniform(0.35, 0.85)  # pixels of the finished picture

    def _paint(self, rng: np.random.Generator) -> None:
        s = self.sculpture
        x, y, z = s.place.T
        count = len(s.place)
        at = np.clip(rng.beta(1.1, 1.4) * (len(SKINS) - 1), 0, len(SKINS) - 1.001)
        skin = np.array(SKINS)[int(at)] ** (1 - at % 1) * np.array(SKINS)[int(at) + 1] ** (at % 1)
        skin = skin * (1 + rng.normal(size=3) * 0.05)
        dark = 1 - skin.mean() / 0.6
        albedo = np.tile(skin, (count, 1))
        blush = skin * np.array([1.02, 0.72, 0.74])
        for cx, cy, reach, weight in FLUSHED:
            near = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / reach**2) * (z > 4)
            mix(albedo, rng.uniform(0, 1.3) * weight * near, blush)
        for side in (-1, 1):
            under = np.exp(-(((x - side * 2.9) / 1.3) ** 2) - ((y - 2.3) / 0.5) ** 2) * (z > 7)
            mix(albedo, rng.uniform(0.1, 0.6) * under, skin * np.array([0.80, 0.70, 0.72]))
            lid = np.exp(-(((x - side * 3.2) / 1.6) ** 2) - ((y - 4.3) / 0.45) ** 2) * (z > 6)
            mix(albedo, rng.uniform(0, 0.5) * lid, skin * np.array([0.85, 0.74, 0.72]))
        lip = skin * np.array([rng.uniform(0.72, 0.95), rng.uniform(0.42, 0.68), rng.uniform(0.45, 0.75)])
        if rng.random() < 0.25:  # lipstick
            lip = np.array([0.45, 0.06, 0.08]) * rng.uniform(0.5, 1.3) * (1 + rng.normal(size=3) * 0.2).clip(0.5, 1.6)
        mix(albedo, s.lip * rng.uniform(0.7, 0.95), lip)
        mix(albedo, s.mucosa, np.array([0.42, 0.13, 0.12]) * rng.uniform(0.6, 1.1))
        self.hair_colour = np.array(HAIRS)[rng.integers(len(HAIRS))] * rng.uniform(0.7, 1.3)
        mix(albedo, s.lashes * rng.uniform(0.55, 0.97), np.array([0.02, 0.013, 0.010]))
        gums = rng.uniform(0.7, 1.2) * (1 - 0.35 * dark * rng.random())
        albedo[s.part["gums_tongue"]] = np.array(GUM) * gums
        mix(albedo, s.tongue, np.array(TONGUE) * rng.uniform(0.75, 1.25) * (1 + rng.normal(size=3) * 0.06))
        albedo[s.part["mouth_socket"]] = np.array(SOCKET) * rng.uniform(0.5, 1.1)
        yellow = rng.random()
        teeth = (
            np.array(TEETH)
            * np.array([1, 1 + 0.06 - 0.08 * yellow, 1 + 0.25 - 0.45 * yellow])
            * rng.uniform(0.75, 1.15)
        )
        albedo[s.part["teeth"]] = teeth
        self.albedo = albedo.astype(np.float32)
        self.iris = np.array(IRISES)[rng.integers(len(IRISES))] * rng.uniform(0.7, 1.4)
        self.iris_radius, self.pupil = rng.uniform(0.55, 0.62), rng.uniform(0.18, 0.30)
        self.eye_white = np.array([0.66, 0.62, 0.59]) * rng.uniform(0.75, 1.05) * (1 + rng.normal(size=3) * 0.02)

        oily = rng.uniform(0.5, 2.2)
        gloss = np.full(count, 0.055 * oily) + 0.05 * oily * np.exp(-((x / 2.2) ** 2)) * (z > 6)
        power = np.full(count, rng.uniform(10, 26))
        wet = rng.uniform(0.2, 1.0)
        gloss += s.lip * 0.12 * wet
        power += s.lip * 20
        for part, shine, sharp in (("teeth", 0.30, 90), ("gums_tongue", 0.22, 60), ("mouth_socket", 0.05, 30)):
            gloss[s.part[part]] = shine * rng.uniform(0.4, 1.2)
            power[s.part[part]] = sharp
        eye = s.is_eye != 0
        gloss[eye], power[eye] = 0.5 * rng.uniform(0.4, 1.0), 260
        self.gloss, self.power = gloss.astype(np.float32), power.astype(np.float32)
        wrap = np.tile(np.array([0.42, 0.20, 0.13]) * (1 - 0.4 * dark), (count, 1))
        wrap[s.part["teeth"]] = 0.35
        wrap[s.part["gums_tongue"]] = (0.5, 0.25, 0.2)
        wrap[eye] = 0.25
        self.wrap = wrap.astype(np.float32)

        beard = np.zeros(count)
        if rng.random() < 0.30:
            jaw = smooth((-y - 1.6 - rng.uniform(0, 1)) / 1.6) * smooth((z - 0.5) / 2.5) * (y > -9.5)
            jaw *= 1 - 0.9 * smooth((s.place[:, 1] + 5.0) / 1.0) * (np.abs(x) < 2.8) * (rng.random() < 0.3)
            beard = jaw * (1 - s.lip) * (1 - s.mucosa) * s.is_skin * rng.uniform(0.25, 1.0)
        self.beard = beard.astype(np.float32)
        self.brow = (s.brow * rng.uniform(0.45, 0.98)).astype(np.float32)
        # Strengths of the noises: blotches, freckles, pores, wrinkles of the lips, stubble; and where they are read.
        freckles = rng.uniform(0, 0.10) * (rng.random() < 0.5)
        strengths = [rng.uniform(0.02, 0.09), freckles, rng.uniform(0.02, 0.08)]
        strengths += [rng.uniform(0.05, 0.16), rng.uniform(0.004, 0.02), rng.uniform(0.3, 0.8)]
        self.noise = np.array(strengths, np.float32)
        self.offset = rng.uniform(0, 64, 3).astype(np.float32)

    def _hair(self, rng: np.random.Generator) -> None:
        s = self.sculpture
        x, y, z = s.place.T
        line = rng.normal(6.6, 0.6) - rng.uniform(0, 0.035) * x**2
        top = np.clip((y - line) / 0.6, 0, 1) * (y > 4.9)
        low = -9 if rng.random() < 0.4 else 0
        side = np.clip(-z + 2.0 - 0.15 * np.abs(x), 0, 1) * (y > low)
        ear = (np.abs(x) > 7.05) & (y < 4.3) & (y > -2.8) & (np.abs(z + 0.2) < 2.4)
        inside = (np.abs(x) < 5.5) & (y < 3) & (z > -4)  # the back of the mouth is part of the face
        hair = np.maximum(top, side) * s.is_skin * ~ear * ~inside * (rng.random() < 0.88)
        self.hair = hair.astype(np.float32)
        self.puff = (hair * rng.uniform(0.1, 1.5)).astype(np.float32)
        cloth = np.clip((-y - 11.5 + rng.normal() * 0.7) / 0.3, 0, 1) * s.is_skin
        mix(self.albedo, cloth, rng.random(3) ** 2 * 0.7)
        self.gloss *= 1 - 0.9 * cloth
        self.gloss *= 1 - 0.6 * hair
        self.albedo += hair[:, None] * (self.hair_colour.astype(np.float32) - self.albedo)

    def _choose_light(self, rng: np.random.Generator) -> Light:
        key = np.array([rng.normal() * 0.6, rng.uniform(-0.1, 0.9), 1.0])
        fill = np.array([-np.sign(key[0]) * rng.uniform(0.2, 1.2), rng.uniform(-0.3, 0.4), 0.8])
        warm = rng.normal() * 0.08
        tint = lambda w: np.array([1 + w, 1.0, 1 - w])  # noqa: E731
        strength = rng.uniform(0.55, 1.25)
        ambient = rng.uniform(0.25, 0.75)
        return Light(
            key / np.linalg.norm(key), strength * tint(warm), fill / np.linalg.norm(fill),
            rng.uniform(0.05, 0.4) * tint(rng.normal() * 0.06), ambient * tint(-warm * 0.6),
            ambient * rng.uniform(0.3, 0.8) * tint(0.08), rng.uniform(0.1, 0.5),
        )  # fmt: skip

    def vertices(self, expression: dict[str, float], gaze: tuple[float, float], tongue: float = 0.0) -> np.ndarray:
        """Vertices [V, 3] in the head's cm, without hair. gaze: radians to the subject's left and up; tongue: 0..1."""
        s = self.sculpture
        out = self.shape.copy()
        for name, weight in expression.items():
            out += np.float32(weight) * s.shapes[name]
        if tongue:
            lift = s.tongue * np.clip((s.place[:, 2] - 3) / 5, 0, 1) ** 1.5
            out += (lift * tongue)[:, None] * np.array([0, 0.95, 0.35], np.float32)
        ball = turn(gaze[0], gaze[1]).astype(np.float32)
        for side in ("left", "right"):
            eye = s.head.parts[f"eyeball_{side}"]
            centre = sphere_centre(out[s.eyeball[side]])
            out[eye] = (out[eye] - centre) @ ball.T + centre
        return out

    def project(self, vertices: np.ndarray) -> np.ndarray:
        """Pixels x, y and depth (cm from the camera) [V, 3]."""
        seen = vertices @ self.rotation.T
        depth = self.distance - seen[:, 2]
        focal = self.size / self.span * self.distance
        half = self.size / 2
        x = half + (seen[:, 0] + self.shift[0]) / depth * focal
        y = half - (seen[:, 1] + self.shift[1]) / depth * focal
        return np.stack([x, y, depth], 1)

    def points(self, vertices: np.ndarray, gaze: tuple[float, float]) -> np.ndarray:
        """The 478 face points [478, 3] in pixels; depth grows away from the camera, in pixels too."""
        s = self.sculpture
        marks = [s.points(vertices)]
        for side in ("right", "left"):  # 468-472, 473-477
            across, up = turn(gaze[0], gaze[1])[:, :2].T
            middle = vertices[s.pole[side]]
            rim = [middle + self.iris_radius * way for way in (across, up, -across, -up)]
            marks.append(np.stack([middle, *rim]))
        out = self.project(np.concatenate(marks))
        out[:, 2] = (out[:, 2] - self.distance) * self.size / self.span
        return out

    def render(
        self,
        expression: dict[str, float],
        gaze: tuple[float, float] = (0.0, 0.0),
        tongue: float = 0.0,
        face_only: bool = False,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Picture [S, S, 3] float32 0..1 and the true face points [478, 3]. face_only: black around the face."""
        s, rng = self.sculpture, np.random.default_rng(self.seed + 1)  # the same rays in every picture of the person
        gaze = (gaze[0] + self.gaze_at_rest[0], gaze[1] + self.gaze_at_rest[1])
        bare = self.vertices(expression, gaze, tongue)
        points = self.points(bare, gaze)
        normal = normals(bare, s.triangles).astype(np.float32)
        shell = bare + normal * self.puff[:, None]
        seen = np.ascontiguousarray(shell @ self.rotation.T, np.float32)
        facing = np.ascontiguousarray(normals(shell, s.triangles) @ self.rotation.T, np.float32)
        key_seen = visible_share(seen, s.triangles, _disc(self.light.key, self.light.spread, 8, rng), facing, False)
        sky_seen = visible_share(seen, s.triangles, _sky(28, rng), facing, True)

        screen = self.project(shell)
        screen[:, :2] *= SUPERSAMPLING
        screen[s.is_eye != 0, 2] += LID_THICKNESS
        attributes = np.concatenate(
            [facing, s.place, self.albedo, self.gloss[:, None], self.power[:, None], self.wrap, key_seen[:, None],
             sky_seen[:, None], self.brow[:, None], self.beard[:, None], self.hair[:, None], s.lip[:, None],
             s.is_eye[:, None], s.brow_along[:, None], s.is_skin[:, None].astype(np.float32)], 1,
        ).astype(np.float32)  # fmt: skip
        assert attributes.shape[1] == ATTRIBUTES
        light = np.stack([self.light.key, self.light.key_colour, self.light.fill, self.light.fill_colour,
                          self.light.sky, self.light.ground]).astype(np.float32)  # fmt: skip
        poles = [s.place[s.pole[side], :2] for side in ("left", "right")]
        eyes = np.concatenate([*poles, [self.iris_radius, self.pupil], self.iris, self.eye_white]).astype(np.float32)
        rows, columns = slice(0, self.size), slice(0, self.size)
        if face_only:
            low, high = points[:, :2].min(0) - 12, points[:, :2].max(0) + 12
            (left, top), (right, bottom) = np.clip([low, high], 0, self.size).astype(int)
            rows, columns = slice(top, bottom), slice(left, right)
        n = SUPERSAMPLING
        canvas = self.ground[rows.start * n : rows.stop * n, columns.start * n : columns.stop * n].copy()
        screen[:, :2] -= np.array([columns.start, rows.start]) * n
        draw(screen.astype(np.float32), s.triangles, attributes, light, eyes, self.hair_colour.astype(np.float32),
             self.noise, self.offset, noise_volume(), canvas)  # fmt: skip
        picture = np.zeros((self.size, self.size, 3), np.float32)
        picture[rows, columns] = self._develop(canvas)
        return picture, points

    def _develop(self, linear: np.ndarray) -> np.ndarray:
        """Linear light at the supersampled size to a picture: lens, tone curve."""
        n = SUPERSAMPLING
        linear = gaussian_filter(linear, (self.softness * n * 0.5,) * 2 + (0,), truncate=2.5)
        height, width = (side // n for side in linear.shape[:2])
        linear = linear.reshape(height, n, width, n, 3).mean((1, 3)) * (self.exposure * self.white).astype(np.float32)
        toned = 1.25 * linear / (1 + np.float32(self.shoulder) * linear)
        return np.clip(toned, 0, 1) ** np.float32(self.gamma / 2.2)


def mix(colour: np.ndarray, weight: np.ndarray, target: np.ndarray) -> None:
    """Blend rows of `colour` towards `target`, in place."""
    colour += np.clip(np.asarray(weight), 0, 1)[:, None] * (np.asarray(target) - colour)


def sphere_centre(points: np.ndarray) -> np.ndarray:
    """The middle of the sphere that comes nearest to points [N, 3]."""
    return np.linalg.lstsq(np.c_[2 * points, np.ones(len(points))], (points**2).sum(1), rcond=None)[0][:3]


_volume = []


def noise_volume() -> np.ndarray:
    """A cube of smooth noise [64, 64, 64] of unit variance that repeats without seams."""
    if not _volume:
        cube = gaussian_filter(np.random.default_rng(5).normal(size=(64, 64, 64)), 0.8, mode="wrap")
        _volume.append((cube / cube.std()).astype(np.float32))
    return _volume[0]


def _background(rng: np.random.Generator, size: int) -> np.ndarray:
    """A blurred room, linear [S·n, S·n, 3]."""
    big = size * SUPERSAMPLING
    base = rng.random() ** 2 * 0.7 * (1 + rng.normal(size=3) * 0.25)
    picture = np.zeros((64, 64, 3), np.float32) + base.astype(np.float32)
    for cells, strength in ((3, 0.30), (7, 0.15), (16, 0.06)):
        patch = rng.normal(size=(cells, cells, 1)) + 0.4 * rng.normal(size=(cells, cells, 3))
        patch *= strength * base * rng.random()
        picture += zoom(patch, (64 / cells, 64 / cells, 1), order=1, grid_mode=True, mode="nearest")[:64, :64]
    picture = torch.from_numpy(picture.clip(0.005, 1.2)).movedim(-1, 0)[None]
    picture = F.interpolate(picture, (big, big), mode="bilinear")[0].movedim(0, -1)
    return np.ascontiguousarray(picture.numpy())


def _disc(axis: np.ndarray, spread: float, rays: int, rng: np.random.Generator) -> np.ndarray:
    out = axis + rng.normal(size=(rays, 3)) * spread / 2
    return (out / np.linalg.norm(out, axis=1, keepdims=True)).astype(np.float32)


def _sky(rays: int, rng: np.random.Generator) -> np.ndarray:
    """Directions over the half sphere in front of the camera and a little behind."""
    steps = np.arange(rays) + 0.5
    depth, around = 1 - 1.25 * steps / rays, np.pi * (1 + 5**0.5) * steps + rng.uniform(0, 6)
    flat = np.sqrt(1 - depth**2)
    return np.stack([flat * np.cos(around), flat * np.sin(around), depth], 1).astype(np.float32)
