"""AU Warp Render: the portrait performs, drawn by a geometric warp; no graphics card, no download."""

import torch

from ..auhead_models.face.warp import WarpRenderer
from .host import AUSequenceType, FaceType, frames_tensor, io, progress, schema


class Warp(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadWarp",
            display_name="AU Warp Render (no GPU)",
            description="Lets the portrait itself perform: a warp with painted eyes, lids, teeth, tongue. Fast on any "
            "machine.",
            search_aliases=["animate portrait", "talking head", "live portrait", "lip sync"],
            inputs=[
                FaceType.Input("face", tooltip="The face that performs."),
                AUSequenceType.Input("au", tooltip="The performance; it decides the number of frames."),
                io.Int.Input(
                    "size",
                    default=0,
                    min=0,
                    max=2048,
                    step=8,
                    tooltip="Side of the frames in pixels; 0 takes the face's. Change it for a quick preview.",
                ),
            ],
            outputs=[
                io.Image.Output(display_name="frames"),
                io.Mask.Output(display_name="mask"),
                io.Float.Output(display_name="fps"),
            ],
        )

    @classmethod
    @torch.inference_mode()
    def execute(cls, face, au, size: int) -> io.NodeOutput:
        au = au.resample()
        face = face.resized(size) if size else face
        count = len(au)
        frames = frames_tensor(count, face.size, face.size, 4, "frames and masks")
        for index, (frame, mask) in enumerate(WarpRenderer(face).render(au, progress(count))):
            frames[index, ..., :3], frames[index, ..., 3] = frame, mask
        return io.NodeOutput(frames[..., :3], frames[..., 3], float(au.fps))
