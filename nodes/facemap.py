"""AU → FaceMap: draws a performance as a structured picture of the face."""

import torch

from ..auhead_models.face.facemap import STYLES
from ..auhead_models.pipeline import draw_facemaps
from .host import AUSequenceType, FaceType, frames_tensor, io, progress, schema


class FaceMap(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadFaceMap",
            display_name="AU → FaceMap",
            description="Draws a performance on a face as lines, one picture a frame: the condition of the AU sampler, "
            "and of any ControlNet for faces.",
            search_aliases=["controlnet", "openpose face", "mediapipe face", "landmarks"],
            inputs=[
                FaceType.Input("face", tooltip="The face that performs."),
                AUSequenceType.Input("au", tooltip="The performance."),
                io.Combo.Input(
                    "style",
                    options=list(STYLES),
                    default="aniportrait",
                    tooltip="aniportrait for the AU sampler; mediapipe and openpose for ControlNets; au_heatmap to see "
                    "which muscles act.",
                ),
                io.Int.Input(
                    "size",
                    default=0,
                    min=0,
                    max=2048,
                    step=8,
                    tooltip="Side of the picture in pixels; 0 takes the face's. Change it to fit another model.",
                ),
            ],
            outputs=[io.Image.Output(display_name="facemap")],
        )

    @classmethod
    @torch.inference_mode()
    def execute(cls, face, au, style: str, size: int) -> io.NodeOutput:
        clip = draw_facemaps(face, au.resample(), style, size or None)
        pictures = frames_tensor(clip.count, clip.height, clip.width, 3, "the FaceMaps")
        report = progress(clip.count)
        for index, picture in enumerate(clip.frames):
            pictures[index] = picture
            report(index + 1, clip.count)
        return io.NodeOutput(pictures)
