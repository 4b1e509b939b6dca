"""Face from Portrait: finds a face, cuts the square around it, measures it."""

import torch

from ..auhead_models.errors import AUHeadError
from ..auhead_models.face.face import FACE_ORDERS, Face, face_from_landmarks, find_face
from .host import FaceType, LandmarksType, io, one_image, schema


class FaceFromPortrait(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadFace",
            display_name="Face from Portrait",
            description="Finds a face in a picture and prepares it for every other AUHead node.",
            search_aliases=["face detection", "landmarks", "crop face", "talking head"],
            inputs=[
                io.Image.Input(
                    "image", tooltip="One picture with a face seen from the front; calm, closed lips are best."
                ),
                LandmarksType.Input(
                    "landmarks",
                    optional=True,
                    tooltip="Landmarks of ComfyUI's own face landmarker, if you prefer them to ours.",
                ),
                io.Int.Input(
                    "face_index", default=0, min=0, max=99, tooltip="Which face, 0 being the first in face_order."
                ),
                io.Combo.Input(
                    "face_order",
                    options=list(FACE_ORDERS),
                    default=FACE_ORDERS[0],
                    tooltip="How faces are counted. Change it to pick one of several people.",
                ),
                io.Float.Input(
                    "crop_scale",
                    default=2.2,
                    min=1.2,
                    max=4.0,
                    step=0.05,
                    tooltip="Side of the square in face sizes. Raise it for big hair or much head motion; lower it for "
                    "a closer view.",
                ),
                io.Int.Input(
                    "size",
                    default=512,
                    min=128,
                    max=2048,
                    step=8,
                    tooltip="Side of the square in pixels. Higher is sharper for large portraits, and slower.",
                ),
                io.Float.Input(
                    "threshold",
                    default=0.5,
                    min=0.05,
                    max=0.99,
                    step=0.01,
                    tooltip="How sure the detector must be. Lower it when a drawn or partly hidden face is not found.",
                ),
                io.Float.Input(
                    "relax",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="Takes the portrait's own expression away. Raise it when the portrait smiles already.",
                ),
            ],
            outputs=[
                FaceType.Output(display_name="face"),
                io.Image.Output(display_name="crop"),
                io.Mask.Output(display_name="mask"),
            ],
        )

    @classmethod
    def execute(
        cls, image, face_index, face_order, crop_scale, size, threshold, relax, landmarks=None
    ) -> io.NodeOutput:
        picture = one_image(image, "image")
        if landmarks is None:
            face = find_face(picture, face_index, face_order, crop_scale, size, threshold, relax)
        else:
            face = _from_core(picture, landmarks, face_index, crop_scale, size, relax)
        return io.NodeOutput(face, face.crop[None], face.mask[None])


def _from_core(picture: torch.Tensor, landmarks: dict, index: int, crop_scale: float, size: int, relax: float) -> Face:
    """A face from the first frame of ComfyUI's FACE_LANDMARKS."""
    faces = core_frames(landmarks)[0]
    if not faces:
        raise AUHeadError("The input landmarks hold no face; connect the picture they were made from, or none.")
    if index >= len(faces):
        raise AUHeadError(f"Face {index} was asked for, but the input landmarks hold {len(faces)}; count from 0.")
    rgb, alpha = (picture[..., :3], picture[..., 3]) if picture.shape[-1] == 4 else (picture, None)
    return face_from_landmarks(rgb.float(), core_points(faces[index]), alpha, crop_scale, size, relax)


def core_frames(landmarks: dict) -> list[list[dict]]:
    """The faces of each frame of ComfyUI's FACE_LANDMARKS. Raises AUHeadError for a structure we do not know."""
    try:
        frames = [list(faces) for faces in landmarks["frames"]]
    except (KeyError, TypeError) as error:
        raise AUHeadError("The input landmarks are not those of ComfyUI's face landmarker.") from error
    if not frames:
        raise AUHeadError("The input landmarks hold no frame.")
    return frames


def core_points(face: dict) -> torch.Tensor:
    """Landmarks [478, 3] in image pixels with depth, from a face of ComfyUI's FACE_LANDMARKS.

    Its depth is in pixels of the network's own view; the scale from there to the image is that of the other two axes.
    """
    try:
        flat = torch.as_tensor(face["landmarks_xy"]).float()
        view = torch.as_tensor(face["landmarks_3d"]).float()
    except (KeyError, TypeError, ValueError) as error:
        raise AUHeadError("The input landmarks are not those of ComfyUI's face landmarker.") from error
    scale = (flat - flat.mean(0)).norm() / (view[:, :2] - view[:, :2].mean(0)).norm().clamp(min=1e-6)
    return torch.cat([flat, view[:, 2:] * scale], -1)
