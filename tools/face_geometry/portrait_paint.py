"""What the portrait's surfaces are made of, as formulas of the place on the neutral sculpted head (cm)."""

from dataclasses import dataclass

import numpy as np
from head import Head
from paint import inside_polygon
from scipy.spatial import cKDTree


@dataclass(frozen=True)
class Palette:
    """Linear colours of one head; wrap: how far light wraps around skin, per channel."""

    skin: tuple = (0.60, 0.345, 0.245)
    wrap: tuple = (0.42, 0.2, 0.13)
    lip: tuple = (0.47, 0.165, 0.15)
    blush: tuple = (0.60, 0.24, 0.19)
    under_eye: tuple = (0.46, 0.25, 0.21)
    hair: tuple = (0.026, 0.015, 0.011)
    hair_tip: tuple = (0.075, 0.040, 0.024)
    brow: tuple = (0.055, 0.030, 0.020)
    shirt: tuple = (0.030, 0.075, 0.095)
    iris: tuple = (0.085, 0.12, 0.105)
    iris_inner: tuple = (0.20, 0.145, 0.065)


PALETTES = {
    "fair": Palette(),
    "dark": Palette(
        skin=(0.215, 0.105, 0.062), wrap=(0.30, 0.16, 0.11), lip=(0.20, 0.075, 0.065), blush=(0.22, 0.082, 0.050),
        under_eye=(0.15, 0.070, 0.045), hair=(0.010, 0.008, 0.007), hair_tip=(0.026, 0.019, 0.015),
        brow=(0.014, 0.010, 0.008), shirt=(0.30, 0.105, 0.035), iris=(0.040, 0.022, 0.012),
        iris_inner=(0.085, 0.042, 0.018),
    ),
}  # fmt: skip
# Cheeks, nose and chin: x, y, radius, strength.
FLUSHED = ((4.3, -0.2, 2.2, 0.55), (-4.3, -0.2, 2.2, 0.55), (0, 0.3, 1.1, 0.42), (0, -6.6, 1.3, 0.25))
EYE_WHITE, EYE_CORNER = (0.66, 0.62, 0.59), (0.55, 0.30, 0.26)
IRIS_RADIUS, PUPIL_RADIUS = 0.60, 0.235  # cm
# Where the hair grows, seen from the side: z, y of the outline on the neutral head.
HAIRLINE = (
    (14, 10.3), (8.2, 10.2), (7.0, 9.9), (5.9, 8.6), (5.2, 6.9), (3.7, 5.0), (2.9, 1.6), (1.6, 1.6), (1.6, 3.4),
    (0.6, 4.2), (-1.0, 3.4), (-1.9, 0.5), (-2.6, -3.0), (-9.5, -5.0), (-14, -5.0), (-14, 20), (14, 20),
)  # fmt: skip


@dataclass
class Surface:
    """Material of P pixels."""

    albedo: np.ndarray  # [P, 3] linear
    gloss: np.ndarray  # [P]
    power: np.ndarray  # [P] exponent of the highlight
    wrap: np.ndarray  # [P, 3]
    bump: np.ndarray  # [P, 3] added to the normal
    strand: np.ndarray  # [P, 3] direction of hair, 0 where there is none
    shadow: np.ndarray  # [P] painted darkening
    emission: np.ndarray  # [P, 3] light added at the end (catchlights)

    def bumped(self, normal: np.ndarray) -> np.ndarray:
        out = normal + self.bump
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    def highlight(self, normal: np.ndarray, half: np.ndarray) -> np.ndarray:
        """Blinn's highlight on skin and eyes, a band across the strands (Kajiya) on hair."""
        along = self.strand @ half
        hairy = (self.strand**2).sum(1) > 0.1
        base = np.where(hairy, np.sqrt(np.clip(1 - along**2, 0, 1)), np.clip(normal @ half, 0, 1))
        return base**self.power


def noise(points: np.ndarray, frequency: float, seed: int, waves: int = 20) -> np.ndarray:
    """Smooth noise of about unit variance at points [P, D]."""
    rng = np.random.default_rng(seed)
    k = rng.normal(size=(waves, points.shape[1])) * frequency
    return np.sqrt(2 / waves) * np.sin(points @ k.T + rng.uniform(0, 2 * np.pi, waves)).sum(1)


def smooth(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def signed_distance(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Distance [P] from 2D points to a closed polygon, positive inside."""
    polygon = np.asarray(polygon, float)
    out = np.full(len(points), np.inf)
    for a, b in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        edge = b - a
        t = np.clip((points - a) @ edge / (edge @ edge), 0, 1)
        out = np.minimum(out, np.linalg.norm(points - a - t[:, None] * edge, axis=1))
    return np.where(inside_polygon(points, polygon), out, -out)


def hair_amount(place: np.ndarray) -> np.ndarray:
    """Signed distance (cm) into the hair; the line swings up over the parting."""
    line = place[:, [2, 1]].copy()
    line[:, 1] -= 0.35 * np.exp(-(((place[:, 0] + 3.2) / 1.6) ** 2)) * (place[:, 2] > 3)
    return signed_distance(line, HAIRLINE)


def hair_height(head: Head, place: np.ndarray) -> np.ndarray:
    """How far the hair stands off the skull, cm per vertex; ears, face and neck stay."""
    into = hair_amount(place)
    top = smooth((place[:, 1] - 8.5) / 4.5)
    swept = 0.75 + 0.35 * smooth((place[:, 0] + 3.2) / 3.5) - 0.25 * np.exp(-(((place[:, 0] + 3.2) / 0.7) ** 2))
    height = smooth(into / 2.6) * (0.5 + 1.25 * top * swept) * (1 + 0.10 * noise(place, 0.9, 3))
    skin = np.zeros(len(place), bool)
    skin[head.parts["face"]] = skin[head.parts["head_neck"]] = True
    ear = (np.abs(place[:, 0]) > 6.6) & (place[:, 1] < 4.6) & (place[:, 1] > -2.6) & (np.abs(place[:, 2] - 0.2) < 3.0)
    return height * skin * ~ear


def shirt_amount(place: np.ndarray, step: float = 0.12) -> np.ndarray:
    """1 on the shirt, 0 on the neck, a soft step (cm) between."""
    collar = -11.3 + 0.012 * place[:, 0] ** 2 - 0.16 * np.clip(place[:, 2], -4, 8)
    return smooth((collar - place[:, 1]) / step)


def skin_paint(head: Head, place: np.ndarray, normal: np.ndarray, palette: Palette) -> Surface:
    """Skin with lips, brows, lid line, hair and shirt at places [P, 3] of the neutral head."""
    count = len(place)
    x, y, z = place.T
    albedo = np.tile(np.array(palette.skin), (count, 1))
    albedo *= (1 + 0.035 * noise(place, 0.35, 1) + 0.03 * noise(place, 1.1, 2) + 0.018 * noise(place, 5.0, 4))[:, None]
    albedo[:, 1:] *= (1 - 0.03 * noise(place, 0.7, 5))[:, None]
    for cx, cy, reach, weight in FLUSHED:
        _mix(albedo, weight * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / reach**2) * (z > 4), palette.blush)
    for side in (-1, 1):
        below = np.exp(-(((x - side * 2.9) / 1.3) ** 2) - ((y - 2.3) / 0.5) ** 2) * (z > 7)
        _mix(albedo, 0.35 * below, palette.under_eye)
    _mix(albedo, 0.5 * (np.abs(x) > 7.2) * (np.abs(y - 0.8) < 4), palette.blush)  # ears
    gloss = 0.10 + 0.07 * np.exp(-((x / 2.2) ** 2)) * (z > 6)
    surface = Surface(albedo, gloss, np.full(count, 16.0), np.tile(np.array(palette.wrap), (count, 1)),
                      _gradient(lambda p: 0.0045 * noise(p, 7.0, 6, 30), place), np.zeros((count, 3)), np.ones(count),
                      np.zeros((count, 3)))  # fmt: skip
    _lips(head, place, surface, palette)
    _lid_line(head, place, surface)
    _brows(head, place, surface, palette)
    _mouth_inside(head, place, surface)
    _hair(place, normal, surface, palette)
    _shirt(place, surface, palette)
    return surface


def eye_paint(iris: np.ndarray, eye: np.ndarray, chosen: np.ndarray, surface: Surface, palette: Palette) -> None:
    """Paint one eyeball's pixels (boolean `chosen`, places `eye`) into `surface`: white, iris, pupil, catchlight."""
    flat = (eye - iris)[:, :2]
    radius = np.linalg.norm(flat, axis=1)
    angle = np.arctan2(flat[:, 1], flat[:, 0])
    albedo = np.tile(np.array(EYE_WHITE), (len(eye), 1))
    _mix(albedo, 0.45 * smooth((np.abs(flat[:, 0]) - 0.75) / 0.8), EYE_CORNER)
    fibres = 0.5 + 0.5 * np.clip(noise(np.stack([np.cos(angle), np.sin(angle), radius * 0.15], 1), 9.0, 11, 40), -1, 1)
    inner = smooth((0.44 - radius) / 0.18)[:, None]
    coloured = np.array(palette.iris) * (1 - inner) + np.array(palette.iris_inner) * inner
    coloured = coloured * (0.65 + 0.75 * fibres)[:, None]
    coloured *= (1.0 + 0.9 * smooth((-flat[:, 1] + 0.1) / 0.5))[:, None]  # light gathers below, opposite the window
    coloured *= (1 - 0.75 * smooth((radius - 0.47) / 0.12))[:, None]
    within = smooth((IRIS_RADIUS + 0.03 - radius) / 0.06)[:, None]
    albedo = albedo * (1 - within) + coloured * within
    albedo *= (1 - 0.97 * smooth((PUPIL_RADIUS + 0.02 - radius) / 0.04))[:, None]
    surface.albedo[chosen] = albedo
    surface.gloss[chosen] = 0.0
    surface.wrap[chosen] = (0.3, 0.2, 0.18)
    surface.bump[chosen] = 0
    surface.shadow[chosen] = 0.42 + 0.58 * smooth((eye[:, 1].max() - eye[:, 1]) / 0.42)
    light = np.zeros(len(eye))
    for x, y, reach, strength in ((-0.20, 0.20, 0.125, 0.95), (0.20, -0.20, 0.09, 0.08)):
        light += strength * smooth((reach - np.hypot(flat[:, 0] - x, flat[:, 1] - y)) / 0.05)
    surface.emission[chosen] = light[:, None]


def _lips(head: Head, place: np.ndarray, surface: Surface, palette: Palette) -> None:
    outline = head.neutral[head.landmarks[48:60], :2]
    into = signed_distance(place[:, :2], outline)
    weight = smooth((into + 0.10) / 0.26) * (place[:, 2] > 8.6) * (place[:, 1] > -5.2)
    line = head.neutral[head.landmarks[60:65], :2]
    seam = cKDTree(_dense(line)).query(place[:, :2])[0]
    colour = np.array(palette.lip) * (1 + 0.07 * noise(place * (2.4, 0.4, 1), 2.6, 8))[:, None]
    surface.albedo += (weight * 0.88)[:, None] * (colour - surface.albedo)
    surface.albedo *= (1 - 0.62 * weight * np.exp(-((seam / 0.11) ** 2)))[:, None]
    surface.gloss += 0.10 * weight * (place[:, 1] < -3.5)
    surface.power += 14 * weight
    surface.bump += weight[:, None] * _gradient(lambda p: 0.010 * noise(p * (1, 0.25, 0.25), 7.0, 9), place)


def _lid_line(head: Head, place: np.ndarray, surface: Surface) -> None:
    """A dark line along the edge of the upper lid stands for the lashes; a fainter one below."""
    face = head.parts["face"]
    points = head.neutral[face]
    for side in ("left", "right"):
        away, _ = cKDTree(head.neutral[head.parts[f"eyeball_{side}"]]).query(points)
        blink = head.shapes[f"eyeBlink_{side[0].upper()}"][face, 1].astype(float)
        edge = away < 0.12
        for upper, mine in ((True, edge & (blink < -0.3)), (False, edge & (blink > -0.05))):
            line = points[mine][np.argsort(points[mine, 0])]
            distance, at = cKDTree(_dense(line, 8)).query(place)
            t = at / (8 * (len(line) - 1))
            outwards = t if side == "left" else 1 - t
            if upper:
                weight = np.exp(-((distance / (0.09 + 0.06 * outwards)) ** 2)) * (0.65 + 0.35 * smooth(outwards * 2))
            else:
                weight = 0.35 * np.exp(-((distance / 0.06) ** 2)) * smooth(outwards / 0.4)
            _mix(surface.albedo, weight * 0.95, (0.03, 0.016, 0.012))
            surface.gloss *= 1 - weight


def _brows(head: Head, place: np.ndarray, surface: Surface, palette: Palette) -> None:
    for marks in ((22, 23, 24, 25, 26), (21, 20, 19, 18, 17)):  # inner end first
        line = _dense(_curve(head.neutral[head.landmarks[list(marks)]]))
        line[:, 1] -= 0.12
        away, at = cKDTree(line[:, :2]).query(place[:, :2])
        t = at / len(line)
        height = (place[:, 1] - line[at, 1])
        thick = np.interp(t, (0, 0.12, 0.5, 0.8, 1.0), (0.26, 0.42, 0.40, 0.28, 0.08))
        ends = smooth((0.30 - np.maximum(away - np.abs(height), 0)) / 0.3)
        body = smooth((thick - np.abs(height)) / 0.16) * ends * (place[:, 2] > 5)
        lean = np.stack([t * 26 - height * np.interp(t, (0, 0.4, 1), (2.0, 6.0, 7.0)), height * 0.8], 1)
        hairs = 0.5 + 0.5 * noise(lean, 1.0, 12, 30)
        _mix(surface.albedo, body * (0.80 + 0.14 * hairs) * np.interp(t, (0, 0.15, 1), (0.75, 1, 1)), palette.brow)
        surface.gloss *= 1 - 0.8 * body


def _mouth_inside(head: Head, place: np.ndarray, surface: Surface) -> None:
    """Whatever shows between the lips and deep in the nostrils is dark."""
    x, y, z = place.T
    deep = (z > 2) & (z < 9.4) & (np.abs(x) < 1.2) & (y < -0.6) & (y > -5)
    surface.albedo[deep] *= 0.35
    surface.gloss[deep] = 0


def _hair(place: np.ndarray, normal: np.ndarray, surface: Surface, palette: Palette) -> None:
    into = hair_amount(place)
    strand = _strands(place)
    flow = _flow(place)
    streaks = noise(flow, 1.0, 21, 40)
    edge = into + 0.13 * noise(flow * (1.6, 0.8), 1.0, 22, 30) + 0.06 * noise(place, 0.8, 25)
    weight = smooth((edge + 0.25) / 0.95) * ~_ear(place)
    tip = np.clip(0.35 + 0.33 * streaks, 0, 1)[:, None]
    colour = np.array(palette.hair) + (np.array(palette.hair_tip) - palette.hair) * tip
    surface.albedo += weight[:, None] * (colour - surface.albedo)
    strand = strand - (strand * normal).sum(1, keepdims=True) * normal
    strand /= np.linalg.norm(strand, axis=1, keepdims=True) + 1e-6
    hairy = weight > 0.5
    surface.strand[hairy] = strand[hairy]
    surface.gloss = np.where(hairy, 0.022 * (0.6 + 0.5 * np.clip(streaks + 0.5, 0, 2)), surface.gloss)
    surface.power = np.where(hairy, 38.0, surface.power)
    surface.wrap[hairy] = (0.25, 0.22, 0.2)

    def locks(points: np.ndarray) -> np.ndarray:
        along = _flow(points)
        return 0.05 * noise(along * (0.55, 0.35), 1.0, 23, 30) + 0.018 * noise(along, 1.0, 21, 40)

    surface.bump += weight[:, None] * _gradient(locks, place)


def _flow(place: np.ndarray) -> np.ndarray:
    """Coordinates of the hair [P, 2]: fast across the strands, slow along them."""
    x, y, z = place.T
    side = smooth((np.abs(x) - 5.0) / 2.5)
    across = (1 - side) * (x + 0.35 * z * np.sign(x + 3.2) * 0.6 + 0.3 * noise(place, 0.35, 24)) + side * (z + 0.25 * y)
    along = (1 - side) * (z + y) + side * y
    return np.stack([across * 9.0, along * 0.4], 1)


def _strands(place: np.ndarray) -> np.ndarray:
    """Direction of growth: back over the top, down the sides."""
    side = smooth((np.abs(place[:, 0]) - 5.0) / 2.5)[:, None]
    top = np.stack([0.3 * np.sign(place[:, 0] + 3.2), 0.5 * np.ones(len(place)), -0.8 * np.ones(len(place))], 1)
    return (1 - side) * top + side * np.array([0, -0.9, -0.35])


def _ear(place: np.ndarray) -> np.ndarray:
    x, y, z = place.T
    return (np.abs(x) > 7.05) & (y < 4.3) & (y > -2.8) & (np.abs(z + 0.2) < 2.4)


def _shirt(place: np.ndarray, surface: Surface, palette: Palette) -> None:
    weight = shirt_amount(place)
    x, y, z = place.T
    knit = 1 + 0.05 * np.sin(y * 38) * np.sin(x * 30)
    _mix(surface.albedo, weight, palette.shirt)
    surface.albedo *= np.where(weight > 0.5, knit, 1)[:, None]
    surface.gloss *= 1 - 0.85 * weight
    surface.wrap += weight[:, None] * ((0.1, 0.1, 0.1) - surface.wrap)
    surface.bump *= (1 - weight)[:, None]


def _gradient(height, place: np.ndarray, step: float = 0.02) -> np.ndarray:
    """Minus the gradient of a height function at places: what it adds to the normal (in the head's axes)."""
    here = height(place)
    return -np.stack([(height(place + step * axis) - here) / step for axis in np.eye(3)], 1)


def _mix(colour: np.ndarray, weight: np.ndarray, target: tuple) -> None:
    colour += np.asarray(weight, float)[:, None] * (np.array(target) - colour)


def _dense(points: np.ndarray, steps: int = 40) -> np.ndarray:
    t = np.linspace(0, 1, steps)[:, None]
    return np.concatenate([a + (b - a) * t for a, b in zip(points[:-1], points[1:], strict=True)])


def _curve(points: np.ndarray, steps: int = 12) -> np.ndarray:
    """Catmull-Rom through the points."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps)[:, None]
    out = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate(out)
