"""Paste Back: puts the frames of a face back into the picture that it was cut from."""

import torch

from ..auhead_models.errors import AUHeadError
from ..auhead_models.face.crop import paste_back, paste_mask
from ..auhead_models.face.face import Face
from ..auhead_models.face.likeness import SAME, likeness
from .host import FaceType, check_numbers, io, progress, reserve, schema


class PasteBack(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadPasteBack",
            display_name="Paste Back",
            description="Puts rendered frames back into the whole picture, without a seam.",
            search_aliases=["composite", "uncrop", "stitch"],
            inputs=[
                io.Image.Input(
                    "image",
                    tooltip="The picture the face was found in, or as many of its size as there are frames.",
                ),
                io.Image.Input(
                    "frames",
                    tooltip="The rendered frames of the face, square as they come; they may have been enlarged.",
                ),
                FaceType.Input("face", tooltip="The face that the frames show; it knows where they belong."),
                io.Float.Input(
                    "feather",
                    default=16.0,
                    min=0.0,
                    max=128.0,
                    step=1.0,
                    tooltip="Softness of the border in pixels of the frames. Raise it when you see an edge.",
                ),
                io.Int.Input(
                    "max_side",
                    default=1280,
                    min=64,
                    max=8192,
                    step=8,
                    tooltip="Longest side of the result in pixels. Lower it when memory runs out: 10 s at 1280 x 1280 "
                    "take 4.6 GB.",
                ),
            ],
            outputs=[io.Image.Output(display_name="frames"), io.Mask.Output(display_name="mask")],
        )

    @classmethod
    def execute(cls, image, frames, face, feather: float, max_side: int) -> io.NodeOutput:
        check_numbers(cls, feather=feather, max_side=max_side)
        count, size = len(frames), tuple(image.shape[1:3])
        _check(image, frames, face)
        face = face.resized(frames.shape[1])
        mask = paste_mask(size, face.crop_matrix, face.mask, feather, max_side)
        (pictures,) = reserve("the whole pictures", (count, *mask.shape, image.shape[-1]))
        report = progress(count)
        pasted = paste_back(image.cpu(), frames, face.crop_matrix, face.mask, feather, max_side)
        for index, picture in enumerate(pasted):
            pictures[index] = picture
            report(index + 1, count)
        return io.NodeOutput(pictures, mask[None])


def _check(image: torch.Tensor, frames: torch.Tensor, face: Face) -> None:
    if frames.shape[1] != frames.shape[2] or not len(frames):
        raise AUHeadError(
            f"The input frames are {len(frames)} pictures of {frames.shape[2]} x {frames.shape[1]} pixels; connect the "
            "square frames of a renderer, before anything crops them."
        )
    if len(image) not in (1, len(frames)):
        raise AUHeadError(
            f"The input image holds {len(image)} pictures and the input frames {len(frames)}; give one picture, or as "
            "many as there are frames."
        )
    if image.shape[1:3] != face.image.shape[:2]:
        raise AUHeadError(
            f"The input image is {image.shape[2]} x {image.shape[1]} pixels, but the face was found in a picture of "
            f"{face.image.shape[1]} x {face.image.shape[0]}; connect that picture, or others of its size."
        )
    if len(image) == 1 and likeness(image[0], face) < SAME:  # several pictures may show a face that moves
        raise AUHeadError(
            "The input image is not the picture in which the input face was found; connect the same picture to image "
            "here and to Face from Portrait."
        )
