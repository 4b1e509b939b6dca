"""AU Diffusion Sampler: the portrait performs, drawn by a video diffusion model with AU disentanglement guidance."""

from .host import AUSequenceType, FaceType, ModelType, io, schema

SCHEDULERS = ("ddim", "dpm++ 2m", "unipc", "euler")
REGIONS = ("all", "upper face", "lower face", "mouth", "eyes", "brows")


class Sampler(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadSampler",
            display_name="AU Diffusion Sampler",
            description="Draws the performance with a video diffusion model. This version brings none and runs none "
            "yet; AU Warp Render draws the same performance now.",
            search_aliases=["talking head", "diffusion", "aniportrait", "guidance"],
            inputs=[
                ModelType.Input(
                    "model",
                    tooltip="The diffusion model of Load AUHead. This version runs none yet; AU Warp Render has the "
                    "same outputs and needs none.",
                ),
                FaceType.Input("face", tooltip="The face that performs."),
                AUSequenceType.Input("au", tooltip="The performance; it decides the number of frames."),
                io.Image.Input(
                    "facemap",
                    optional=True,
                    tooltip="FaceMaps of your own, one for each frame. Leave it unconnected to have them drawn from "
                    "au.",
                ),
                io.Audio.Input(
                    "audio",
                    optional=True,
                    tooltip="The speech, for diffusion models that listen to it. Others do not need it.",
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=2**53 - 1,
                    control_after_generate=True,
                    tooltip="Another number gives other details of the same performance. Change it when a result comes "
                    "out badly.",
                ),
                io.Int.Input(
                    "steps",
                    default=20,
                    min=1,
                    max=100,
                    tooltip="More steps are finer and slower. Lower it for previews.",
                ),
                io.Combo.Input(
                    "scheduler",
                    options=list(SCHEDULERS),
                    default=SCHEDULERS[0],
                    tooltip="How the steps are spaced. Leave it unless you compare.",
                ),
                io.Float.Input(
                    "guidance",
                    default=3.5,
                    min=1.0,
                    max=20.0,
                    step=0.1,
                    tooltip="How closely the result follows portrait and performance. Lower it when colours look "
                    "burnt; 1 is fastest.",
                ),
                io.Float.Input(
                    "au_guidance",
                    default=1.0,
                    min=0.0,
                    max=4.0,
                    step=0.05,
                    tooltip="How strongly the model draws the expression: 0 is neutral, 1 as performed. Raise it when "
                    "the face is too tame; too much costs picture quality.",
                ),
                io.Combo.Input(
                    "au_region",
                    options=list(REGIONS),
                    default="all",
                    tooltip="Where au_guidance acts. Change it to raise only the brows, say.",
                ),
                io.Float.Input(
                    "guidance_start",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="When guidance begins: 0 with the first step, 0.5 half-way. Raise it when the motion is "
                    "stiff.",
                ),
                io.Float.Input(
                    "guidance_end",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="When guidance ends: 1 with the last step, 0.5 half-way. Lower it to save time.",
                ),
                io.Int.Input(
                    "window", default=16, min=1, max=32, tooltip="Frames drawn together. Lower it when memory runs out."
                ),
                io.Int.Input(
                    "overlap",
                    default=4,
                    min=0,
                    max=16,
                    tooltip="Frames that one window shares with the next. Raise it when the video jumps.",
                ),
            ],
            outputs=[
                io.Image.Output(display_name="frames"),
                io.Mask.Output(display_name="mask"),
                io.Float.Output(display_name="fps"),
            ],
        )

    @classmethod
    def execute(
        cls,
        model,
        face,
        au,
        seed: int,
        steps: int,
        scheduler: str,
        guidance: float,
        au_guidance: float,
        au_region: str,
        guidance_start: float,
        guidance_end: float,
        window: int,
        overlap: int,
        facemap=None,
        audio=None,
    ) -> io.NodeOutput:
        raise model.missing("render with AU Warp Render instead")
