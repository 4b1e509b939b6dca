"""AU Diffusion Sampler: the portrait performs, drawn by a video diffusion model with AU disentanglement guidance."""

from ..auhead_models.diffusion.guidance import AU_REGIONS
from ..auhead_models.diffusion.running import check_facemaps, check_settings
from ..auhead_models.diffusion.schedulers import SCHEDULERS
from ..auhead_models.hearing import hear
from ..auhead_models.threads import half_the_threads
from .host import (
    AUSequenceType,
    FaceType,
    ModelType,
    check_numbers,
    io,
    one_of,
    progress,
    reserve,
    schema,
    stop_if_cancelled,
    to_audio,
)


class Sampler(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadSampler",
            display_name="AU Diffusion Sampler",
            description="Draws the performance with a diffusion model. AU guidance trades the strength of the "
            "expression against picture quality.",
            search_aliases=["talking head", "diffusion", "aniportrait", "guidance"],
            inputs=[
                ModelType.Input(
                    "model",
                    tooltip="The diffusion model of Load AUHead. It is loaded when this node runs and kept for the "
                    "next run.",
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
                    tooltip="The speech. Models that auhead train diffusion has taught to listen hear it; tiny and "
                    "sd15 do not.",
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
                    default=0,
                    min=0,
                    max=100,
                    tooltip="More steps are finer and slower; 0 takes what suits the model (tiny 1, sd15 20). Lower it "
                    "for previews.",
                ),
                io.Combo.Input(
                    "scheduler",
                    options=list(SCHEDULERS),
                    default="ddim",
                    tooltip="How the steps are spaced. Leave it unless you compare.",
                ),
                io.Float.Input(
                    "guidance",
                    default=0.0,
                    min=0.0,
                    max=20.0,
                    step=0.1,
                    tooltip="How closely the result follows the portrait; 0 takes what suits the model (sd15 3.5). "
                    "Lower it when colours look burnt; 1 is fastest and best for tiny.",
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
                    options=list(AU_REGIONS),
                    default="all",
                    tooltip="Where au_guidance acts. Change it to raise only the brows, say.",
                ),
                io.Float.Input(
                    "guidance_start",
                    default=0.1,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="When guidance begins: 0 with the first step, 0.5 half-way. Raise it when the motion is "
                    "stiff.",
                ),
                io.Float.Input(
                    "guidance_end",
                    default=0.6,
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
                io.Float.Input(
                    "guidance_rescale",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    optional=True,
                    tooltip="Takes back the contrast that guidance adds. Raise it to 0.7 when pictures look "
                    "overexposed.",
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
        guidance_rescale: float | None = None,
    ) -> io.NodeOutput:
        rescale = guidance_rescale or 0.0
        check_numbers(
            cls, seed=seed, steps=steps, guidance=guidance, au_guidance=au_guidance, guidance_start=guidance_start,
            guidance_end=guidance_end, window=window, overlap=overlap, guidance_rescale=rescale,
        )  # fmt: skip
        one_of(au_region, AU_REGIONS, "au_region")
        one_of(scheduler, SCHEDULERS, "scheduler")
        asked = {
            "steps": steps, "guidance": guidance, "au_scale": au_guidance, "region": au_region,
            "start": guidance_start, "end": guidance_end, "rescale": rescale, "seed": seed, "scheduler": scheduler,
            "window": window, "overlap": overlap,
        }  # fmt: skip
        check_settings(**asked)  # before weights are read
        au = au.resample()
        count = len(au)
        check_facemaps(facemap, count)
        sound = None if audio is None else to_audio(audio)
        shape = (count, face.size, face.size)
        frames, masks = reserve("frames and masks", (*shape, 3), shape)

        opened, held = model.opened
        from ..auhead_models.diffusion import catalogue  # imported once a model could be opened

        settings = catalogue.make_settings(opened, **asked)
        renderer = catalogue.make_renderer(opened, face, settings, held.device, held.place)
        with half_the_threads():
            heard = hear(catalogue.listens_to(opened), sound, count)
            drawn = renderer.render(au, progress(1), facemap, heard)
            for index, (frame, mask) in enumerate(drawn):
                frames[index], masks[index] = frame, mask
                stop_if_cancelled()  # decoding takes time, too, and reports no steps
        return io.NodeOutput(frames, masks, au.fps)
