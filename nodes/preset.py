"""AU Preset: a ready-made performance."""

from ..auhead_models.au import presets
from .host import AUSequenceType, io, schema


class Preset(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadPreset",
            display_name="AU Preset",
            description="A ready-made performance: an emotion, a wink, a nod, idling. Mix it into another with AU Mix.",
            search_aliases=["expression", "emotion", "wink", "idle"],
            inputs=[
                io.Combo.Input(
                    "preset",
                    options=list(presets.PRESETS),
                    default="happy",
                    tooltip="What the face does. idle keeps a silent portrait alive.",
                ),
                io.Int.Input(
                    "level", default=2, min=1, max=3, tooltip="How strong: 1 a hint, 2 clear, 3 as strong as it gets."
                ),
                io.Float.Input(
                    "seconds",
                    default=2.0,
                    min=0.04,
                    max=600.0,
                    step=0.1,
                    tooltip="How long it lasts in seconds, fades included.",
                ),
                io.Float.Input(
                    "fade_in",
                    default=0.3,
                    min=0.0,
                    max=60.0,
                    step=0.05,
                    tooltip="Seconds from the portrait's own face to the expression. Raise it when it comes too "
                    "suddenly.",
                ),
                io.Float.Input(
                    "fade_out",
                    default=0.3,
                    min=0.0,
                    max=60.0,
                    step=0.05,
                    tooltip="Seconds back to the portrait's own face. 0 ends in the expression.",
                ),
                io.Boolean.Input(
                    "loop",
                    default=False,
                    tooltip="Switch on for a clip that repeats: its end meets its beginning and nothing fades.",
                ),
            ],
            outputs=[AUSequenceType.Output(display_name="au")],
        )

    @classmethod
    def execute(
        cls, preset: str, level: int, seconds: float, fade_in: float, fade_out: float, loop: bool
    ) -> io.NodeOutput:
        return io.NodeOutput(presets.preset(preset, level, seconds, fade_in=fade_in, fade_out=fade_out, loop=loop))
