"""Paste Back: puts the frames of a face back into the picture that it was cut from."""

import torch

from ..auhead_models.errors import AUHeadError
from ..auhead_models.face.crop import paste_back, paste_mask
from .host import FaceType, frames_tensor, io, progress, schema


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
                    tooltip="The picture the face was found in, or as many pictures as there are frames.",
                ),
                io.Image.Input("frames", tooltip="The rendered frames of the face."),
                FaceType.Input("face", tooltip="The face that the frames show; it knows where they belong."),
                io.Float.Input(
                    "feather",
                    default=16.0,
                    min=0.0,
                    max=128.0,
                    step=1.0,
                    tooltip="Softness of the border in pixels of the crop. Raise it when you see an edge.",
                ),
                io.Int.Input(
                    "max_side",
                    default=1280,
                    min=64,
                    max=8192,
                    step=8,
                    tooltip="Longest side of the result. Memory: 10 s at 1280 x 1280 are 5 GB.",
                ),
            ],
            outputs=[io.Image.Output(display_name="frames"), io.Mask.Output(display_name="mask")],
        )

    @classmethod
    @torch.inference_mode()
    def execute(cls, image, frames, face, feather: float, max_side: int) -> io.NodeOutput:
        if frames.shape[1] != frames.shape[2]:
            raise AUHeadError(
                f"The input frames are {frames.shape[2]} x {frames.shape[1]} pixels; connect the square frames of a "
                "renderer, before anything crops them."
            )
        face = face.resized(frames.shape[1])
        count, size = len(frames), tuple(image.shape[1:3])
        mask = paste_mask(size, face.crop_matrix, face.mask, feather, max_side)
        pictures = frames_tensor(count, *mask.shape, min(image.shape[-1], 4), "the whole pictures")
        report = progress(count)
        pasted = paste_back(
            image if len(image) > 1 else image[0], frames, face.crop_matrix, face.mask, feather, max_side
        )
        for index, picture in enumerate(pasted):
            pictures[index] = picture
            report(index + 1, count)
        return io.NodeOutput(pictures, mask[None])
