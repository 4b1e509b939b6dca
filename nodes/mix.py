"""AU Mix: one performance out of two."""

from ..auhead_models.au.sequence import MIX_MODES
from ..auhead_models.au.space import REGIONS
from .host import AUSequenceType, check_numbers, io, one_of, schema

EVERYWHERE = "all"
FACE_PARTS = {
    EVERYWHERE: None,
    "upper face": ("eyes", "brows", "gaze"),
    "lower face": ("mouth", "jaw", "cheeks", "nose"),
}


class Mix(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadMix",
            display_name="AU Mix",
            description="Puts one performance into another, for the whole face or a part of it.",
            search_aliases=["blend expression", "combine", "layer"],
            inputs=[
                AUSequenceType.Input("a", tooltip="The performance to change."),
                AUSequenceType.Input("b", tooltip="The performance to put into it."),
                io.Float.Input(
                    "weight",
                    default=1.0,
                    min=0.0,
                    max=2.0,
                    step=0.05,
                    tooltip="How much of b arrives. Lower it for a trace of b; 0 leaves a as it is.",
                ),
                io.Combo.Input(
                    "region",
                    options=[*FACE_PARTS, *REGIONS],
                    default=EVERYWHERE,
                    tooltip="Which part of the face b may change. Choose upper face to keep the lips of a, lower face "
                    "its eyes.",
                ),
                io.Combo.Input(
                    "mode",
                    options=list(MIX_MODES),
                    default="blend",
                    tooltip="blend goes from a to b by weight; add puts b on top, for small gestures; max keeps the "
                    "stronger, for blinks; replace takes b alone.",
                ),
                io.Float.Input(
                    "start",
                    default=0.0,
                    min=0.0,
                    max=3600.0,
                    step=0.04,
                    tooltip="Seconds into a at which b begins. The result grows when b ends later.",
                ),
            ],
            outputs=[AUSequenceType.Output(display_name="au")],
        )

    @classmethod
    def execute(cls, a, b, weight: float, region: str, mode: str, start: float) -> io.NodeOutput:
        check_numbers(cls, weight=weight, start=start)
        part = one_of(region, (*FACE_PARTS, *REGIONS), "region")
        return io.NodeOutput(a.mix(b, weight, FACE_PARTS.get(part, part), mode, start))
