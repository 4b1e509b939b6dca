"""AU → FaceMap: draws a performance as a structured picture of the face."""

from ..auhead_models.face.facemap import STYLES
from ..auhead_models.pipeline import draw_facemaps
from .host import AUSequenceType, FaceType, check_numbers, io, progress, reserve, schema


class FaceMap(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadFaceMap",
            display_name="AU → FaceMap",
            description="Draws a performance on a face as lines or points, one picture for each frame, for any "
            "ControlNet for faces and for AU Diffusion Sampler.",
            search_aliases=["controlnet", "openpose face", "mediapipe face", "landmarks"],
            inputs=[
                FaceType.Input("face", tooltip="The face that performs."),
                AUSequenceType.Input("au", tooltip="The performance; it decides the number of pictures."),
                io.Combo.Input(
                    "style",
                    options=list(STYLES),
                    default="aniportrait",
                    tooltip="Choose openpose or mediapipe for a ControlNet trained on it, aniportrait for AU Diffusion "
                    "Sampler, au_heatmap to see which parts of the face act.",
                ),
                io.Int.Input(
                    "size",
                    default=0,
                    min=0,
                    max=2048,
                    step=8,
                    tooltip="Side of the pictures in pixels; 0 takes the face's. Set it to the size your model draws "
                    "at.",
                ),
            ],
            outputs=[io.Image.Output(display_name="facemap")],
        )

    @classmethod
    def execute(cls, face, au, style: str, size: int) -> io.NodeOutput:
        check_numbers(cls, size=size)
        clip = draw_facemaps(face, au.resample(), style, size or None)
        (pictures,) = reserve("the FaceMaps", (clip.count, clip.height, clip.width, 3))
        report = progress(clip.count)
        for index, picture in enumerate(clip.frames):
            pictures[index] = picture
            report(index + 1, clip.count)
        return io.NodeOutput(pictures)
