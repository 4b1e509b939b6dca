"""Face from Portrait: finds a face, cuts the square around it, measures it."""

import torch

from ..auhead_models.errors import AUHeadError
from ..auhead_models.face.face import FACE_ORDERS, Face, face_from_landmarks, find_face
from .host import FaceType, LandmarksType, check_numbers, io, one_image, schema, to_landmarks


class FaceFromPortrait(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadFace",
            display_name="Face from Portrait",
            description="Finds a face in a picture, cuts the square around it and measures it for the other nodes.",
            search_aliases=["face detection", "landmarks", "crop face", "talking head"],
            inputs=[
                io.Image.Input(
                    "image",
                    tooltip="One picture with a face seen from the front; a calm face with closed lips works best.",
                ),
                LandmarksType.Input(
                    "landmarks",
                    optional=True,
                    tooltip="Connect ComfyUI's Detect Face Landmarks when a face is not found without it. Its faces "
                    "are counted as they come; face_order and threshold do nothing then.",
                ),
                io.Int.Input(
                    "face_index",
                    default=0,
                    min=0,
                    max=99,
                    tooltip="Which face, 0 being the first in face_order. Change it for pictures of several people.",
                ),
                io.Combo.Input(
                    "face_order",
                    options=list(FACE_ORDERS),
                    default=FACE_ORDERS[0],
                    tooltip="How faces are counted. Choose left-right to pick one person of a row.",
                ),
                io.Float.Input(
                    "crop_scale",
                    default=2.2,
                    min=1.2,
                    max=4.0,
                    step=0.05,
                    tooltip="How many faces wide the square is. Raise it for big hair or much head motion, lower it "
                    "for a closer view.",
                ),
                io.Int.Input(
                    "size",
                    default=512,
                    min=128,
                    max=2048,
                    step=8,
                    tooltip="Side of the square in pixels. Raise it when the square is larger than that in the "
                    "picture; the result is sharper and slower then.",
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
                    tooltip="How much of the portrait's own expression is taken away. Raise it when the portrait "
                    "smiles already.",
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
        cls,
        image,
        face_index: int,
        face_order: str,
        crop_scale: float,
        size: int,
        threshold: float,
        relax: float,
        landmarks=None,
    ) -> io.NodeOutput:
        check_numbers(cls, crop_scale=crop_scale, size=size, threshold=threshold, relax=relax)
        picture = one_image(image, "image")
        if landmarks is None:
            face = find_face(picture, face_index, face_order, crop_scale, size, threshold, relax)
        else:
            points = _chosen(to_landmarks(landmarks, image, "image")[0], face_index)
            face = _from_landmarks(picture, points, crop_scale, size, relax)
        return io.NodeOutput(face, face.crop[None], face.mask[None])


def _chosen(faces: list[torch.Tensor], index: int) -> torch.Tensor:
    if not faces:
        raise AUHeadError("The input landmarks hold no face; make them from a picture with one, or leave them out.")
    if index >= len(faces):
        raise AUHeadError(f"Face {index} was asked for, but the input landmarks hold {len(faces)}; count from 0.")
    return faces[index]


def _from_landmarks(picture: torch.Tensor, points: torch.Tensor, crop_scale: float, size: int, relax: float) -> Face:
    picture = picture.float().cpu().clamp(0, 1)
    rgb, alpha = (picture[..., :3].contiguous(), picture[..., 3]) if picture.shape[-1] == 4 else (picture, None)
    return face_from_landmarks(rgb, points, alpha, crop_scale, size, relax)
