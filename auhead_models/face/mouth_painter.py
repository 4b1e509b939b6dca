"""Paints what shows between the lips: the parametric mouth, toned and lit like the portrait, behind its lips.

A portrait with closed lips shows nothing of its own, so everything between the parting lips is painted. A portrait with
an open mouth keeps its own teeth, fixed to the skull; the parametric mouth continues them in the same tone.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F

from ..au.space import EXTRA_INDEX, UNIT_INDEX
from .canonical import Pose, load_geometry
from .curves import catmull_rom, smoothstep, strip_triangles
from .deform import Deformed
from .folds import LIGHT
from .mouth import IVORY, LOWER, UPPER, build_mouth, fit_mouth
from .normals import vertex_normals
from .own_mouth import find_own_mouth
from .raster import rasterize
from .remap import pixel_centres, sample_pixels, window
from .skin import skin_colour, skin_saturation
from .topology import LOWER_LIP, UPPER_LIP

STEPS = 4  # samples of a lip between two landmarks
SUPERSAMPLE = 2
JAW_SIDE, JAW_FORWARD = 0.35, 0.5  # cm that the lower jaw moves at lower lip slide and at jaw thrust of 1
TONGUE_REACH = 1.3  # cm in front of the lower lip at tongue_out = 1
DARKEST_DEPTH = 4.2  # cm behind the lips where hardly any light arrives
LIP_SHADOW = 0.45  # cm over which the upper lip's shadow on the teeth fades
SLIVER = 0.16  # cm; less of the lower teeth over the lip looks like chips
CORNER_SHADOW = 0.55  # how dark the teeth are in the corners of the mouth
LOWER_EDGE = 0.12  # cm that the lower teeth show above the lower lip of a portrait with an open mouth
LOWER_LIGHT = 0.92  # the lower teeth stand in the shade of the upper ones


class MouthPainter:
    """The mouth of one portrait.

    crop [3, S, S], points [478, 3] crop pixels with depth, mesh [478, 3] canonical cm, pose of the portrait.
    """

    def __init__(self, crop: torch.Tensor, points: torch.Tensor, mesh: torch.Tensor, pose: Pose):
        self._crop = crop[None]
        self._pose = pose
        self._upper, self._lower = list(UPPER_LIP[3]), list(LOWER_LIP[3])
        self._neutral = mesh
        self._gap = self._opening(mesh[None])[0]
        self.open = float(smoothstep(self._gap[5], 0.2, 0.4))  # 0: closed lips in the portrait, 1: an open mouth
        skin = skin_colour(crop, points)
        own = find_own_mouth(crop, points, mesh, skin)
        self.own_upper, self.own_rest = own.upper[None, None], (own.opening - own.upper)[None, None]

        fit = fit_mouth(mesh.cpu())
        if self.open > 0 and own.teeth is not None:
            fit = replace(fit, edge=min(fit.edge, own.edge))
        self.fit = fit
        model = build_mouth(fit)
        self._vertices, self._triangles = model.vertices.to(crop), model.triangles.to(crop.device)
        self._part, self._follows, self._tip = model.part.to(crop.device), model.follows.to(crop), model.tip.to(crop)
        self.saturation = skin_saturation(skin)
        self.tone = _tone(skin, self.saturation)
        if own.teeth is not None:
            self.tone = torch.lerp(self.tone, own.teeth / torch.tensor(IVORY).to(crop), self.open)
        colour = _desaturate(model.colour.to(crop), self.saturation) * self.tone
        light = lit(self._vertices, self._triangles)
        light = light / light[self._front_teeth()].mean() * torch.where(self._part == LOWER, LOWER_LIGHT, 1.0)
        self._colour = colour * light[:, None]
        self._lips_front = float(mesh[LOWER_LIP[1][5], 2])
        hinge = load_geometry().jaw_hinge
        self._hinge = torch.tensor([0.0, float(hinge[0]), float(hinge[1])]).to(crop)
        self.jaw_at_rest = self.open * self._own_jaw_turn(mesh)

    def paint(self, frames: torch.Tensor, face: Deformed) -> None:
        """Paint between the lips of frames [T, 3, S, S], in place."""
        opening = self._opening(face.mesh)
        parted = (opening - self._gap * (1 - self.open)).clamp(min=0)  # [T, 11] cm that shows the inside
        lips = self._upper + self._lower
        moved = (face.mesh[:, lips] - self._neutral[lips]).norm(dim=-1).amax(-1)
        changed = torch.maximum((opening - self._gap).amax(-1), self.open * moved)
        strength = smoothstep(changed, 0.015, 0.06)
        active = (strength > 0).nonzero()[:, 0]
        points = face.points[active]
        place = window(points[:, lips, :2], 0.9 * float(self._pose.scale), *frames.shape[-2:]) if len(active) else None
        if place is None:
            return
        left, top, right, bottom = place
        shown = (parted / opening.clamp(min=1e-3)).clamp(0, 1)[active]
        pose = face.pose.frames(active)

        vertices, over = self._pose_mouth(face, active)
        shade = self._shade(vertices, face.mesh[active], opening[active])
        inside, mask = self._render(pose.project(vertices), shade, over, points, shown, place)
        if self.open > 0:
            inside = self._keep_own(inside, face, active, pose, place)
        below = frames[active, :, top:bottom, left:right]
        opacity = mask * strength[active][:, None, None, None]
        frames[active, :, top:bottom, left:right] = torch.lerp(below, inside, opacity)

    def _front_teeth(self) -> torch.Tensor:
        """Which vertices belong to the upper incisors, [V]; tones are theirs."""
        near = (self._vertices[:, 0] - self._neutral[self._upper + self._lower, 0].mean()).abs() < 1.0
        low = self._vertices[:, 1] < self._neutral[self._upper[5], 1] + 0.3
        return (self._part == UPPER) & near & low

    def _own_jaw_turn(self, mesh: torch.Tensor) -> float:
        """Radians that the portrait's jaw is open: so far that the lower teeth do not stand above the lower lip."""
        lower = self._vertices[self._part == LOWER]
        edge = lower[lower[:, 1].argmax()]
        above = edge[1] - (mesh[self._lower[5], 1] + LOWER_EDGE)
        return float((above / (edge[2] - self._hinge[2])).clamp(0, 0.4))

    def _opening(self, mesh: torch.Tensor) -> torch.Tensor:
        """Distance of the lips' edges at eleven places, [T, 11] cm."""
        return (mesh[:, self._upper, 1] - mesh[:, self._lower, 1]).clamp(min=0)

    def _pose_mouth(self, face: Deformed, active: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Vertices [T, V, 3] with jaw and tongue moved, and how far [T, V] each reaches out in front of the lips."""
        change, extra = face.change[active], face.extra[active]
        angle = (self.jaw_at_rest + face.jaw_turn[active])[:, None] * self._follows
        lever = self._vertices - self._hinge
        y = lever[:, 1] * angle.cos() - lever[:, 2] * angle.sin()
        z = lever[:, 1] * angle.sin() + lever[:, 2] * angle.cos()
        side = change[:, UNIT_INDEX["lower_lip_slide_left"]] - change[:, UNIT_INDEX["lower_lip_slide_right"]]
        x = lever[:, 0] + JAW_SIDE * side[:, None] * self._follows
        z = z + JAW_FORWARD * change[:, UNIT_INDEX["jaw_thrust"]][:, None] * self._follows
        moved = torch.stack([x, y, z], -1) + self._hinge
        moved[..., 1] += self._hide_slivers(moved, face.mesh[active])

        out = extra[:, EXTRA_INDEX["tongue_out"]].clamp(0, 1)[:, None] * self._tip
        lip = face.mesh[active][:, self._lower[5], 1][:, None]
        tip = moved[:, self._tip == 1].mean(1)
        reach = moved[..., 2] + (self._lips_front + TONGUE_REACH - tip[:, 2:]) * out
        beyond = (reach - self._lips_front).clamp(min=0)
        lift = (lip + 0.35 - tip[:, 1:2]).clamp(-0.5, 1.5) * (2 * out).clamp(max=1)
        moved = torch.stack([moved[..., 0], moved[..., 1] + lift - 0.35 * beyond**1.6, reach], -1)
        return moved, smoothstep(beyond, 0.0, 0.15) * (out > 0)

    def _hide_slivers(self, vertices: torch.Tensor, mesh: torch.Tensor) -> torch.Tensor:
        """How far (cm, <= 0) each vertex goes down [T, V] so that the lower teeth show as a row or not at all."""
        lower = self._part == LOWER
        above = vertices[:, lower, 1] - _lip_height(mesh[:, self._lower], vertices[:, lower, 0])
        seen = above.masked_fill((vertices[:, lower, 0] - mesh[:, self._lower[5], :1]).abs() > 1.0, -1).amax(-1)
        return -SLIVER * (1 - smoothstep(seen, 0.5 * SLIVER, 1.5 * SLIVER))[:, None] * lower

    def _shade(self, vertices: torch.Tensor, mesh: torch.Tensor, opening: torch.Tensor) -> torch.Tensor:
        """Light that reaches each vertex, [T, V]: less with depth, under the upper lip, and in a narrow opening."""
        # Behind the lips as the jaw was at rest: a lower jaw that swings back takes its lip along.
        forward = (vertices[..., 2] - self._vertices[:, 2]).clamp(min=0)
        depth = (self._lips_front - self._vertices[:, 2] - forward).clamp(min=0)
        by_depth = 0.12 + 0.88 * (1 - ((depth - 1.0) / DARKEST_DEPTH).clamp(0, 1)) ** 1.5
        edge = _lip_height(mesh[:, self._upper], vertices[..., 0])
        under = 0.84 + 0.16 * smoothstep(edge - vertices[..., 1], -0.05, LIP_SHADOW)
        wide = 0.92 + 0.08 * (opening[:, 5:6] / 0.8).clamp(0, 1)
        lips = mesh[:, self._upper, 0]
        corner = (vertices[..., 0] - lips.mean(-1, keepdim=True)).abs() / (lips[:, -1:] - lips[:, :1]) * 2
        sides = 1 - CORNER_SHADOW * smoothstep(corner, 0.45, 1.0)
        in_front = smoothstep(-depth + 0.4, 0.0, 0.4)  # a tongue out of the mouth is in full light
        return torch.lerp(by_depth * under * wide * sides, torch.ones_like(depth), in_front)

    def _render(self, projected, shade, over, points, shown, place) -> tuple[torch.Tensor, torch.Tensor]:
        """The inside [T, 3, h, w] and where it shows [T, 1, h, w], both smoothed by supersampling."""
        left, top, right, bottom = place
        height, width = (bottom - top) * SUPERSAMPLE, (right - left) * SUPERSAMPLE
        corner = projected.new_tensor([left, top])
        farness = projected[:, self._triangles, 2].mean(-1)
        order = farness.argsort(-1, descending=True)  # far ones first, near ones over them
        triangles = self._triangles[order]
        attributes = torch.cat([self._colour * shade[..., None], over[..., None]], -1)
        layer, drawn = rasterize((projected[..., :2] - corner) * SUPERSAMPLE, triangles, attributes, height, width)
        colour = layer[..., :3]

        upper, lower = points[:, self._upper, :2], points[:, self._lower, :2]
        middle = (upper + lower) / 2
        upper, lower = (middle + (lip - middle) * shown[..., None] for lip in (upper, lower))
        outline = torch.stack([catmull_rom(upper, STEPS), catmull_rom(lower, STEPS)], 1)
        columns = outline.shape[2]
        hole = rasterize(
            (outline.flatten(1, 2) - corner) * SUPERSAMPLE,
            strip_triangles(2, columns).to(outline.device),
            outline.new_ones(1, 2 * columns, 1),
            height,
            width,
        )[0]
        mask = torch.maximum(hole, layer[..., 3:] * drawn[..., None])
        both = torch.cat([colour, mask], -1).permute(0, 3, 1, 2)
        both = F.avg_pool2d(both, SUPERSAMPLE)
        both = (both + F.avg_pool2d(both, 3, 1, 1, count_include_pad=False)) / 2  # as soft as a photograph
        return both[:, :3], both[:, 3:]

    def _keep_own(self, inside, face: Deformed, active, pose: Pose, place) -> torch.Tensor:
        """Lay the portrait's own teeth over the painted mouth. They stay on the skull, whatever the lips do."""
        plane = self._vertices.new_tensor([[0, 0, 0], [1, 0, 0], [0, 1, 0]]) + self._vertices.new_tensor([0, -4.2, 5.0])
        here, there = pose.project(plane)[..., :2], self._pose.project(plane)[..., :2]
        basis = torch.stack([here[:, 1] - here[:, 0], here[:, 2] - here[:, 0]], -1)
        still = torch.stack([there[1] - there[0], there[2] - there[0]], -1)
        back = still @ torch.linalg.inv(basis)  # [T, 2, 2]: frame pixels to portrait pixels
        offset = pixel_centres(*place, like=inside) - here[:, None, None, 0]
        places = torch.einsum("tij,thwj->thwi", back, offset) + there[0]
        own = sample_pixels(torch.cat([self._crop, self.own_upper, self.own_rest], 1), places)
        jaw = (self._opening(face.mesh[active])[:, 5] - self._gap[5]).abs()
        rest = 1 - smoothstep(jaw, 0.04, 0.35)[:, None, None, None]
        opacity = (own[:, 3:4] + own[:, 4:5] * rest).clamp(0, 1) * self.open
        return torch.lerp(inside, own[:, :3], opacity)


def _lip_height(lip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The y of a lip [T, 11, 3] at places x [T, V], canonical cm."""
    first, last = lip[:, :1, 0], lip[:, -1:, 0]
    at = ((x - first) / (last - first) * 10).clamp(0, 9.999)  # the eleven points are about evenly spaced
    index = at.long()
    y = lip[..., 1]
    return torch.lerp(y.gather(1, index), y.gather(1, index + 1), at - index)


def _tone(skin: torch.Tensor, saturation: torch.Tensor) -> torch.Tensor:
    """How to multiply colours seen under white light [3] so that they suit the skin of the portrait."""
    brightness = (0.30 + 0.66 * skin.mean()).clamp(0.25, 0.9)
    cast = skin / skin.new_tensor([0.80, 0.63, 0.55])
    cast = 1 + 0.35 * (cast / cast.mean() - 1)
    return brightness * torch.lerp(torch.ones_like(cast), cast, saturation)


def _desaturate(colour: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    return torch.lerp(colour.mean(-1, keepdim=True).expand_as(colour), colour, keep)


def lit(vertices: torch.Tensor, triangles: torch.Tensor) -> torch.Tensor:
    """Diffuse light [V] on a still mesh."""
    normal = vertex_normals(vertices, triangles)
    normal = normal * torch.where(normal[:, 2:] < 0, -1, 1)  # what is seen faces the viewer
    return 0.5 + 0.55 * (normal @ LIGHT.to(vertices)).clamp(min=0)
