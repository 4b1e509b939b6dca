"""A portrait made ready to perform: found, cropped, measured.

What is expensive about a still is settled here once; everything that draws (FaceMap, warp, sampler) starts from the
resulting `Face`.
"""

import logging
import math
from dataclasses import dataclass, replace

import torch

from ..errors import AUHeadError
from .canonical import Pose, face_width, fit_pose, head_angles, load_geometry
from .crop import CROP_SCALE, extract_crop, limit_side, square_crop, transform_points, whole_pixel_crop
from .deform import EYE_CLOSURES, OPENABLE
from .detector import Detection, detect_faces
from .estimate import estimate_own
from .follow import LOWEST_CONFIDENCE
from .glasses import glasses_seen
from .landmarks import find_landmarks
from .raster import rasterize
from .surround import Surround
from .topology import MESH_POINTS, POINTS

logger = logging.getLogger(__name__)

FACE_ORDERS = ("large-small", "small-large", "left-right", "right-left", "top-bottom", "bottom-top")
PROFILE_YAW = math.radians(55)  # beyond it half of the face is hidden
DEFAULT_SIZE = 512
SMALLEST_FACE, SMALL_FACE = 20, 80  # width in image pixels: nothing to work with; blurred when enlarged


@dataclass(frozen=True, eq=False)
class Face:
    """One face of one still. Colours are RGB 0..1, float32.

    image [H, W, 3] · alpha [H, W] or None · crop [S, S, 3], the square in which everything is drawn · crop_alpha
    [S, S] or None · crop_matrix [2, 3], crop pixels to image pixels · landmarks [478, 3], crop pixels with depth ·
    pose, canonical cm to crop pixels · mesh [478, 3], the landmarks without the pose, canonical cm · own [24], the
    expression the portrait shows by itself, 0..1 · relax 0..1, how much of it is taken away · mask [S, S], 1 where the
    head may change · glasses 0..1, how surely the portrait wears some.
    """

    image: torch.Tensor
    alpha: torch.Tensor | None
    crop: torch.Tensor
    crop_alpha: torch.Tensor | None
    crop_matrix: torch.Tensor
    landmarks: torch.Tensor
    pose: Pose
    mesh: torch.Tensor
    own: torch.Tensor
    relax: float
    mask: torch.Tensor
    glasses: float = 0.0

    @property
    def size(self) -> int:
        """Side of the crop in pixels."""
        return self.crop.shape[0]

    @property
    def width(self) -> float:
        """Width of the face in crop pixels, the unit of head shifts."""
        return face_width(self.landmarks)

    def resized(self, size: int) -> "Face":
        """The same face in a crop of `size` pixels a side, cut from the picture again."""
        if size == self.size:
            return self
        factor = size / self.size
        matrix = self.crop_matrix.clone()
        matrix[:, :2] /= factor
        landmarks = self.landmarks * factor
        pose = Pose(self.pose.scale * factor, self.pose.rotation, self.pose.translation * factor)
        return replace(
            self,
            crop=extract_crop(self.image, matrix, size),
            crop_alpha=None if self.alpha is None else extract_crop(self.alpha, matrix, size),
            crop_matrix=matrix,
            landmarks=landmarks,
            pose=pose,
            mask=_head_mask(landmarks, pose, size),
        )

    def in_picture(self, max_side: int) -> "Face":
        """The same face in its picture made smaller to max_side, with a crop that is pasted back pixel for pixel.

        The frames of a face with another size are resampled when they are pasted, which softens the face.
        """
        height, width = self.image.shape[:2]
        matrix, size = whole_pixel_crop((height, width), self.crop_matrix, self.size, max_side)
        points = transform_points(self.landmarks, self.crop_matrix) * min(1.0, max_side / max(height, width))
        image, alpha = limit_side(self.image, max_side), self.alpha
        alpha = None if alpha is None else limit_side(alpha, max_side)
        landmarks = transform_points(points, matrix, inverse=True)
        pose = fit_pose(landmarks)
        return replace(
            self,
            image=image,
            alpha=alpha,
            crop=extract_crop(image, matrix, size),
            crop_alpha=None if alpha is None else extract_crop(alpha, matrix, size),
            crop_matrix=matrix,
            landmarks=landmarks,
            pose=pose,
            mesh=pose.unproject(landmarks),
            mask=_head_mask(landmarks, pose, size),
        )

    def with_relax(self, relax: float) -> "Face":
        """The same face with another part (0..1) of its own expression taken away."""
        return replace(self, relax=_checked_relax(relax))


def find_face(
    image: torch.Tensor,
    face_index: int = 0,
    face_order: str = "large-small",
    crop_scale: float = CROP_SCALE,
    size: int = DEFAULT_SIZE,
    threshold: float = 0.5,
    relax: float = 0.0,
) -> Face:
    """Find a face in a picture and measure it.

    image: [H, W, C] or [1, H, W, C], C = 1, 3 or 4 (with alpha), 0..1. face_index: which face, counted from 0 in
    `face_order` (one of FACE_ORDERS). crop_scale: side of the square around the face in face sizes. size: side of the
    crop in pixels. threshold: how sure (0..1) the detector must be. Raises AUHeadError when the picture holds no such
    face, or one seen in profile.
    """
    image, alpha = _checked_picture(image)
    detections = detect_faces(image, threshold)
    detection = _choose(detections, face_index, face_order, image.shape)
    found = find_landmarks(image, detection, refine=2)
    if found.confidence < LOWEST_CONFIDENCE:
        raise AUHeadError(
            "What looked like a face in the portrait does not hold up on a closer look "
            f"(confidence {found.confidence:.2f}); use a clearer picture of a face."
        )
    return face_from_landmarks(image, found.points, alpha, crop_scale, size, relax)


def face_from_landmarks(
    image: torch.Tensor,
    points: torch.Tensor,
    alpha: torch.Tensor | None = None,
    crop_scale: float = CROP_SCALE,
    size: int = DEFAULT_SIZE,
    relax: float = 0.0,
) -> Face:
    """A face whose landmarks are known: points [478, 3], image pixels with depth; the rest as in `find_face`."""
    if points.shape != (POINTS, 3) or not bool(points.isfinite().all()):
        raise AUHeadError(f"The face landmarks have shape {list(points.shape)}; give [{POINTS}, 3] finite numbers.")
    width = face_width(points)
    if width < SMALLEST_FACE:
        raise AUHeadError(f"The face in the portrait is {width:.0f} pixels wide; use a picture in which it is larger.")
    if width < SMALL_FACE:
        logger.warning("The face in the portrait is only %.0f pixels wide; the result will look soft.", width)
    yaw = float(head_angles(fit_pose(points.float()).rotation)[0])
    if abs(yaw) > PROFILE_YAW:
        raise AUHeadError(
            f"The face in the portrait is turned {math.degrees(abs(yaw)):.0f} degrees away; "
            "use a picture that shows both eyes."
        )
    matrix = square_crop(points, tuple(image.shape[:2]), crop_scale, size)
    landmarks = transform_points(points.float(), matrix, inverse=True).clone()
    pose = fit_pose(landmarks)
    mesh = pose.unproject(landmarks)
    crop = extract_crop(image, matrix, size)
    own = estimate_own(mesh)
    if float(own[list(EYE_CLOSURES)].max()) > OPENABLE:
        logger.warning("The portrait's eyes are closed; they stay closed.")
    return Face(
        image=image,
        alpha=alpha,
        crop=crop,
        crop_alpha=None if alpha is None else extract_crop(alpha, matrix, size),
        crop_matrix=matrix,
        landmarks=landmarks,
        pose=pose,
        mesh=mesh,
        own=own,
        relax=_checked_relax(relax),
        mask=_head_mask(landmarks, pose, size),
        glasses=glasses_seen(image, points.float(), float(pose.scale * matrix[0, 0])),
    )


def _checked_picture(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
    """RGB [H, W, 3] and alpha [H, W] or None."""
    if image.dim() == 4:
        if image.shape[0] != 1:
            raise AUHeadError(f"The portrait is a batch of {image.shape[0]} pictures; give one picture.")
        image = image[0]
    if image.dim() != 3 or image.shape[-1] not in (1, 3, 4) or 0 in image.shape:
        raise AUHeadError(f"The portrait has shape {list(image.shape)}; give [height, width, 3 or 4 channels].")
    image = image.detach().float().cpu()
    if not bool(image.isfinite().all()):
        raise AUHeadError("The portrait holds values that are not numbers; save or decode it again.")
    image = image.clamp(0, 1)
    if image.shape[-1] == 1:
        return image.expand(-1, -1, 3).contiguous(), None
    if image.shape[-1] == 4:
        return image[..., :3].contiguous(), image[..., 3].contiguous()
    return image, None


def _checked_relax(relax: float) -> float:
    if not 0 <= relax <= 1:
        raise AUHeadError(f"relax is {relax}; use 0 (keep the portrait's own expression) to 1 (take it away).")
    return float(relax)


def _choose(detections: list[Detection], index: int, order: str, shape: torch.Size) -> Detection:
    if order not in FACE_ORDERS:
        raise AUHeadError(f'The order of faces is "{order}"; use one of: {", ".join(FACE_ORDERS)}.')
    if not detections:
        raise AUHeadError(
            f"No face was found in the portrait ({shape[1]} x {shape[0]} pixels); use a picture with a clearly visible "
            "face seen from the front, or lower the detection threshold."
        )
    if not 0 <= index < len(detections):
        raise AUHeadError(
            f"Face {index} was asked for, but the portrait shows {len(detections)}; faces are counted from 0."
        )

    def key(face: Detection) -> float:
        x0, y0, x1, y1 = (float(edge) for edge in face.box)
        measure = {"large": -(x1 - x0) * (y1 - y0), "left": x0 + x1, "top": y0 + y1}
        measure.update(small=-measure["large"], right=-measure["left"], bottom=-measure["top"])
        return measure[order.split("-")[0]]

    return sorted(detections, key=key)[index]


def _head_mask(landmarks: torch.Tensor, pose: Pose, size: int) -> torch.Tensor:
    """1 wherever the face or the rings around it reach, [S, S]."""
    surround = Surround(landmarks, pose, size)
    points = torch.cat([landmarks[:MESH_POINTS, :2], surround.points])
    triangles = torch.cat([surround.triangles, load_geometry().triangles])
    covered = rasterize(points[None], triangles, points.new_ones(1, len(points), 1), size, size)[1][0]
    return _filled(covered).float()


def _filled(mask: torch.Tensor) -> torch.Tensor:
    """Without the holes of eyes and mouth: everything between the first and last pixel of each row."""
    return mask.cummax(1).values.logical_and(mask.flip(1).cummax(1).values.flip(1))
