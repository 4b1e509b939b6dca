"""Action Units from landmarks: the way back from a mesh to the numbers that made it.

    displacement from the person's neutral mesh ≈ Σ unit · field + small turn, shift and scale

Extras that have a field are unknowns too, so that a raised cheek is not read as a smile. Eyes are read from the lid
gap and the irises, which say more about them than least squares.

The landmark model's own errors (`detector_errors` of the geometry file: a nod that looks like a dropped chin) are
unknowns with a known spread, so the fit trusts what the errors cannot imitate (generalised least squares).

For one still nobody knows the neutral face. There the people of the sculpted head model (`identities` of the geometry
file) are unknowns as well: what a person's shape may explain is not taken for an expression.

Jaw thrust cannot be seen from the front: it and tongue_out are always 0.
"""

from functools import lru_cache
from pathlib import Path

import torch
from safetensors import safe_open

from ..au.sequence import AUSequence
from ..au.space import EXTRA_INDEX, EXTRAS, UNIT_INDEX, UNITS
from ..errors import AUHeadError
from .basis import field_names, fit_basis
from .canonical import GEOMETRY_FILE, NECK, Pose, face_width, fit_pose, head_angles, load_geometry
from .curves import smoothstep
from .deform import EYE_RADIUS, GAZE_DOWN, GAZE_SIDE, GAZE_UP
from .least_squares import FieldSolver, rigid_motions
from .topology import EYES, FACE_OVAL, LOWER_LIP, MESH_POINTS, POINTS, UPPER_LIP, Eye

NEUTRAL_CHOICES = ("auto", "first frame")
BOUND = 1.2  # a person may do more than the mean head's 1.0; the answer is cut to 1
DEPTH_WEIGHT = 0.35  # depth is the network's guess: worth this much of a centimetre in the picture
NOISE = 0.03  # cm² (weighted) that remain unexplained; errors and shapes of one standard deviation cost this much
CALM_SHARE, CALM_FEWEST = 0.2, 3  # of the frames that make the neutral mesh of a video, and how many at least
CALM_SPREAD = 0.25  # of the way from the calmest frames to the median one; what is livelier is not one of them
OWN_COUNTS = 2.0  # an expression that a still shows by itself counts this much more than a difference between frames
_FROWNS = ("brow_lower_left", "brow_lower_right", "lip_corner_down_left", "lip_corner_down_right")

# Lids in the unposed mesh, relative to their opening when neutral.
SHUT = 0.12  # the landmarks of a closed eye still stand this far apart
IRIS_RESPONSE = (0.5, 0.3)  # part of an iris's way, sideways and up, that the landmark model follows on renders
BLIND = 0.4  # below it the iris is hidden and the gaze is carried over from neighbouring frames
# Eye corners say where an iris stands sideways. Up and down they are pulled along by brows and lids: there they count
# this much, and the head the rest.
CORNERS = (1.0, 0.5)
# A glance down takes the upper lid along, and what stands up in a narrowed eye is mostly the lower lid's doing.
WIDENED, NARROWED = (1.0, 1.15), (0.5, 0.85)  # openings between which a glance down, or up, is (not) believed
UNSURE = 0.2  # gaze_y that unmoved eyes show by mistake; answers of this size are halved

# Landmark models follow an expression only part of the way, each unit its own part (the gains in
# benchmarks/results/estimate_sculpted.md). For the units that are read reliably (r > .75) a video's answers are turned
# up by gain ** -0.7; the others would mostly turn up their false alarms.
_TURNED_UP = {
    "upper_lid_raise_left": 1.2, "upper_lid_raise_right": 1.2, "brow_lower_left": 1.7, "brow_lower_right": 1.7,
    "brow_raise_left": 1.7, "brow_raise_right": 1.7, "lip_corner_raise_left": 1.25, "lip_corner_raise_right": 1.25,
    "lip_pucker": 1.3,
}  # fmt: skip

# One still: how much of what is found is believed.
OWN_DEAD_ZONE = 0.15
OWN_OPEN_EYE = 0.19  # lid gap by eye width below which an eye counts as closing; narrow eyes stay above
OWN_SHUT_EYE = 0.05
OWN_UNITS = (  # wide eyes and low brows are not among them: more often they are the shape of a face
    "brow_raise_left", "brow_raise_right", "jaw_open", "lip_corner_raise_left", "lip_corner_raise_right",
    "upper_lip_raise", "lower_lip_depress", "lip_pucker",
)  # fmt: skip
_GAP_UNITS = ("jaw_open", "upper_lip_raise", "lower_lip_depress")  # these part the lips

_CLOSURES = ("eye_closure_left", "eye_closure_right")
_RAISES = ("upper_lid_raise_left", "upper_lid_raise_right")
_GAZE_LIDS = ("lids_gaze_left", "lids_gaze_right", "lids_gaze_up", "lids_gaze_down")
_FROM_LIDS = (*_CLOSURES, *_GAZE_LIDS)


def estimate_own(mesh: torch.Tensor) -> torch.Tensor:
    """The expression that a portrait shows by itself: units [24] in 0..1.

    mesh: [478, 3], landmarks without the pose (canonical cm). Conservative: small amounts count as the person's shape
    and give exactly 0; only units that a still can show are answered.
    """
    meshes = mesh.detach().cpu().float()[None]
    return _own(meshes, _without_neutral(meshes))[0]


def _own(meshes: torch.Tensor, found: dict[str, torch.Tensor]) -> torch.Tensor:
    """What is believed [T, 24] of the amounts found in meshes [T, 478, 3]."""
    # Lips that touch are not opened by anything.
    fields = load_geometry().fields
    possible = sum(found[name] * float(_lip_gap(fields[name])) for name in _GAP_UNITS)
    share = (_lip_gap(meshes).clamp(min=0) / possible.clamp(min=1e-6)).clamp(max=1)
    own = meshes.new_zeros(len(meshes), len(UNITS))
    for name in OWN_UNITS:
        amount = found[name] * share if name in _GAP_UNITS else found[name]
        own[:, UNIT_INDEX[name]] = (amount - OWN_DEAD_ZONE).clamp(min=0) / (1 - OWN_DEAD_ZONE)
    for name, eye in zip(_CLOSURES, EYES, strict=True):
        ratio = _lid_gap(meshes, eye) / (meshes[:, eye.outer] - meshes[:, eye.inner]).norm(dim=-1)
        own[:, UNIT_INDEX[name]] = (OWN_OPEN_EYE - ratio) / (OWN_OPEN_EYE - OWN_SHUT_EYE)
    return own.clamp(0, 1)


def _without_neutral(meshes: torch.Tensor) -> dict[str, torch.Tensor]:
    """Amounts [T] of units and extras in meshes [T, 478, 3] of people whose neutral face is not known."""
    geometry = load_geometry()
    names = [name for name in field_names() if name not in (*_CLOSURES, *_GAZE_LIDS, "jaw_thrust", "lips_together")]
    fields = torch.stack([geometry.fields[name] for name in names])
    shapes = torch.cat([_directions("detector_errors"), _directions("identities")])
    found = _solver(fields, geometry.positions, shapes)(meshes[:, :MESH_POINTS] - geometry.positions)
    return dict(zip(names, found.unbind(-1), strict=True))


class ExpressionReader:
    """Reads units and extras of one person from unposed meshes.

    neutral: the mesh [478, 3] (canonical cm) that counts as 0; lowest: below 0 to see, too, where a face shows less
    than this neutral.
    """

    def __init__(self, neutral: torch.Tensor, lowest: float = 0.0):
        self._lowest = lowest
        self.neutral = neutral.cpu().float()
        names = field_names()
        self._fields = dict(zip(names, fit_basis(self.neutral), strict=True))
        self._solved = [name for name in names if name not in (*_FROM_LIDS, "jaw_thrust")]
        fields = torch.stack([self._fields[name] for name in self._solved])
        self._solver = _solver(fields, self.neutral[:MESH_POINTS], _directions("detector_errors"), lowest)

    def __call__(self, meshes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """meshes [T, 478, 3] -> units [T, 24] from `lowest` to 1, and extras [T, 10] in their legal ranges."""
        units, extra = meshes.new_zeros(len(meshes), len(UNITS)), meshes.new_zeros(len(meshes), len(EXTRAS))
        gaze = self._gaze(meshes)
        x, y = gaze.unbind(-1)
        # Irises are scaled up, noise and all: the lids take from them only what was really seen.
        seen_x, seen_y = x * IRIS_RESPONSE[0], y * IRIS_RESPONSE[1]
        known = torch.stack([seen_x, -seen_x, seen_y, -seen_y], -1).clamp(min=0)
        amounts = dict(zip(_GAZE_LIDS, known.unbind(-1), strict=True))
        for name, eye in zip(_CLOSURES, EYES, strict=True):
            amounts[name] = self._closure(meshes, eye, amounts)
        explained = sum(amount[:, None, None] * self._fields[name] for name, amount in amounts.items())
        solved = self._solver(meshes[:, :MESH_POINTS] - self.neutral[:MESH_POINTS] - explained)
        amounts |= dict(zip(self._solved, solved.unbind(-1), strict=True))
        for name, eye in zip(_RAISES, EYES, strict=True):  # wide eyes: both the skin and the gap must say so
            wider = (_lid_gap(meshes, eye) - _lid_gap(self.neutral, eye)) / _lid_gap(self._fields[name], eye)
            amounts[name] = (amounts[name].clamp(min=0) * wider.clamp(0, BOUND)).sqrt()
        for name, index in UNIT_INDEX.items():
            units[:, index] = amounts.get(name, units[:, index])
        for name, index in EXTRA_INDEX.items():
            extra[:, index] = amounts.get(name, extra[:, index])
        # The field answers jaw_open 1.0; the extra is the part of the opening that the lips close again.
        jaw = units[:, UNIT_INDEX["jaw_open"]]
        together = extra[:, EXTRA_INDEX["lips_together"]] / jaw.clamp(min=0.1)
        extra[:, EXTRA_INDEX["lips_together"]] = together * (jaw > 0.1)
        extra.clamp_(0, 1)
        extra[:, EXTRA_INDEX["gaze_x"]], extra[:, EXTRA_INDEX["gaze_y"]] = x, y
        return units.clamp(self._lowest, 1), extra

    def _gaze(self, meshes: torch.Tensor) -> torch.Tensor:
        """Where the eyes look [T, 2], -1..1, from the irises; carried over while the lids are shut."""
        gaze, opening = [], []
        for eye in EYES:
            shift = _iris_place(meshes, eye) - _iris_place(self.neutral, eye)
            angle = (shift / (EYE_RADIUS * shift.new_tensor(IRIS_RESPONSE))).clamp(-1, 1).asin()
            up = torch.where(angle[:, 1] > 0, angle[:, 1] / GAZE_UP, angle[:, 1] / GAZE_DOWN)
            gaze.append(torch.stack([angle[:, 0] / GAZE_SIDE, up], -1))
            opening.append(_lid_gap(meshes, eye) / _lid_gap(self.neutral, eye).clamp(min=0.05))
        gaze, opening = torch.stack(gaze), torch.stack(opening)
        seen = opening > BLIND
        count = seen.sum(0).clamp(min=1)
        x, y = ((gaze * seen[..., None]).sum(0) / count[:, None]).unbind(-1)
        both = torch.stack([x, _believed(y, (opening * seen).sum(0) / count)], -1)
        return _carry_over(both, seen.any(0)).clamp(-1, 1)

    def _closure(self, meshes: torch.Tensor, eye: Eye, gaze: dict[str, torch.Tensor]) -> torch.Tensor:
        """How far an eye is closed [T]: the part of the lid gap that is missing and that the gaze does not explain."""
        neutral = _lid_gap(self.neutral, eye)
        expected = neutral + sum(gaze[name] * _lid_gap(self._fields[name], eye) for name in _GAZE_LIDS)
        opening = _lid_gap(meshes, eye) / expected.clamp(min=0.4 * float(neutral))
        return ((1 - opening) / (1 - SHUT)).clamp(0, 1)


def estimate_sequence(points: torch.Tensor, fps: float, neutral: str = "auto") -> AUSequence:
    """A performance from the landmarks of a video.

    points: [T, 478, 3], image pixels with depth; frames without a face are NaN and repeat their neighbours. neutral:
    the frame whose face counts as neutral, "first frame", or "auto": the calmest frames, a fifth of them at most, less
    the expression that even these show by themselves (`estimate_own`). Head motion is relative to that frame. Raises
    AUHeadError on other shapes, on other choices and where no frame holds a face.
    """
    if neutral not in NEUTRAL_CHOICES:
        raise AUHeadError(f'The neutral frame is "{neutral}"; use one of: {", ".join(NEUTRAL_CHOICES)}.')
    points = torch.as_tensor(points).detach().cpu().float()
    if points.ndim != 3 or points.shape[1:] != (POINTS, 3):
        raise AUHeadError(f"The landmarks of a video have shape {list(points.shape)}; give [frames, {POINTS}, 3].")
    seen = points.isfinite().all(-1).all(-1)
    if not seen.any():
        raise AUHeadError("No frame of the video holds a face; use a video in which the face can be seen.")
    points = _carry_over(torch.nan_to_num(points), seen)

    pose = fit_pose(points)
    meshes = pose.unproject(points)
    turned = _away_from_median(head_angles(pose.rotation), seen)
    if neutral == "first frame":
        calm = torch.nonzero(seen)[:1, 0]
    else:
        calm = _calm_frames(meshes, turned, seen)
    rest = meshes[calm].mean(0)
    # Once the person is known, the head's pose no longer depends on what the face does.
    pose = fit_pose(points, rest[:MESH_POINTS])
    meshes = pose.unproject(points)
    rest = meshes[calm].mean(0)
    if neutral == "auto":
        rest = _without_own(rest)
    units, extra = ExpressionReader(rest)(meshes)
    units = (units * units.new_tensor([_TURNED_UP.get(unit.id, 1.0) for unit in UNITS])).clamp(0, 1)
    middle = calm[turned[calm].argmin()]
    motion = _head_motion(pose, int(middle), face_width(points[middle]))
    return AUSequence(units.numpy(), extra.numpy(), motion.numpy(), fps=fps, source="video")


def _away_from_median(angles: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """How far the head is turned from where it mostly is, [T] radians."""
    return (angles - angles[seen].median(0).values).norm(dim=-1)


def _calm_frames(meshes: torch.Tensor, turned: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Frames with the least expression and turn: by what each shows by itself, then also by what sets it apart.

    The face that is seen most is no measure of calm: it may be a smile held for most of the clip.
    """
    candidates = torch.nonzero(seen)[:, 0]
    count = max(CALM_FEWEST, round(CALM_SHARE * len(candidates)))
    openness = torch.stack([_lid_gap(meshes[candidates], eye) for eye in EYES]).mean(0)
    found = _without_neutral(meshes[candidates])
    frown = sum(found[name] for name in _FROWNS)  # in part the person's shape, but that is the same in all frames
    alone = OWN_COUNTS * (_own(meshes[candidates], found).sum(1) + frown) + 3 * turned[candidates]
    # A mouth that stands open half of the time is not neutral, even if the median frame has it.
    alone += 2 * _lip_gap(meshes[candidates]).clamp(min=0) - openness / openness.median().clamp(min=1e-3)
    activity = alone
    for _ in range(2):
        order = activity.argsort()
        lively = activity[order[:CALM_FEWEST]].mean().lerp(activity.median(), CALM_SPREAD)
        few = max(CALM_FEWEST, int((activity[order[:count]] <= lively).sum()))
        calm = candidates[order[:few]]
        units, extra = ExpressionReader(meshes[calm].mean(0), lowest=-1.0)(meshes[candidates])
        activity = alone + units.sum(1) + extra.abs().sum(1)  # less of a unit, which has one side, is calmer
    return calm


def _without_own(mesh: torch.Tensor) -> torch.Tensor:
    """The mesh [478, 3] without the expression that it shows by itself; eyes stay as wide as they are."""
    own = dict(zip(UNIT_INDEX, estimate_own(mesh).tolist(), strict=True))
    out = mesh.clone()
    for name, field in zip(field_names(), fit_basis(mesh), strict=True):
        if name in OWN_UNITS:
            out[:MESH_POINTS] -= own[name] * field
    return out


def _head_motion(pose: Pose, base: int, width: float) -> torch.Tensor:
    """Pose numbers [T, 6] that `move_head` turns back into these poses, from frame `base`; width of the face."""
    rotation, scale = pose.rotation[base], pose.scale[base]
    angles = head_angles(rotation.T @ pose.rotation)
    zoom = (pose.scale / scale).log()
    kept = scale * (rotation @ NECK) - pose.scale[:, None] * (pose.rotation @ NECK)
    shift = (pose.translation - pose.translation[base] - kept) / width
    return torch.cat([angles, shift[:, :1], -shift[:, 1:2], zoom[:, None]], -1)


def _lid_gap(mesh: torch.Tensor, eye: Eye) -> torch.Tensor:
    """Height of the lid gap [...] over the middle of an eye, for meshes or fields [..., P, 3]."""
    return (mesh[..., list(eye.upper[1:6]), 1] - mesh[..., list(eye.lower[1:6]), 1]).mean(-1)


def _lip_gap(mesh: torch.Tensor) -> torch.Tensor:
    """Height of the mouth opening [...] in the middle of the lips, for meshes or fields [..., P, 3]."""
    return (mesh[..., list(UPPER_LIP[3][4:7]), 1] - mesh[..., list(LOWER_LIP[3][4:7]), 1]).mean(-1)


def _iris_place(mesh: torch.Tensor, eye: Eye) -> torch.Tensor:
    """Iris centre relative to the eye's place in the head [..., 2]."""
    middle = (mesh[..., eye.outer, :2] + mesh[..., eye.inner, :2]) / 2
    return mesh[..., eye.iris, :2] - middle.new_tensor(CORNERS) * middle


def _believed(gaze_y: torch.Tensor, opening: torch.Tensor) -> torch.Tensor:
    """How much of gaze_y [T] is believed of eyes that stand open by `opening` [T] of their neutral gap."""
    down, up = 1 - smoothstep(opening, *WIDENED), smoothstep(opening, *NARROWED)
    gaze_y = gaze_y * torch.where(gaze_y < 0, down, up)
    return gaze_y**3 / (gaze_y**2 + UNSURE**2)


def _carry_over(values: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Give the frames [T, ...] that were not seen the value of the nearest frame that was; zeros if there is none."""
    if not seen.any():
        return torch.zeros_like(values)
    known = torch.nonzero(seen)[:, 0]
    frames = torch.arange(len(values), device=values.device)
    after = torch.searchsorted(known, frames).clamp(max=len(known) - 1)
    before = (after - 1).clamp(min=0)
    earlier_is_nearer = frames - known[before] <= known[after] - frames
    return values[known[torch.where(earlier_is_nearer, before, after)]]


def _solver(fields: torch.Tensor, mesh: torch.Tensor, directions: torch.Tensor, lowest: float = 0.0) -> FieldSolver:
    """Solver on a mesh [468, 3] that explains away rigid motion and directions [K, 468, 3] of known spread."""
    moves = rigid_motions(mesh)
    prior = torch.cat([torch.zeros(len(moves)), torch.full((len(directions),), NOISE)])
    return FieldSolver(fields, torch.cat([moves, directions]), prior, point_weights(), BOUND, lowest)


@lru_cache(maxsize=4)
@torch.inference_mode(False)  # what is kept must serve callers with and without gradients
def _directions(name: str, path: Path = GEOMETRY_FILE) -> torch.Tensor:
    """`identities` or `detector_errors` of the geometry file, [K, 468, 3] cm at one standard deviation."""
    with safe_open(path, "pt") as file:
        return file.get_tensor(name).float()


def point_weights() -> torch.Tensor:
    """How much each point counts, [468, 3]: lips, brows and lids more, the sliding outline and depth less."""
    weight = torch.ones(MESH_POINTS)
    weight[list(FACE_OVAL)] = 0.4
    weight[[k for lip in (UPPER_LIP, LOWER_LIP) for ring in lip for k in ring]] = 2.0
    for eye in EYES:
        weight[list(eye.brow_upper + eye.brow_lower)] = 2.0
        weight[[*eye.upper, *eye.lower, eye.outer, eye.inner]] = 3.0
    return weight[:, None] * torch.tensor([1.0, 1.0, DEPTH_WEIGHT**2])
