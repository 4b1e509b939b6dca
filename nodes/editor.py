"""AU Editor: edits a performance by hand."""

from ..auhead_models.au import AUSequence
from ..auhead_models.au.edits import apply_edits, parse_edits
from .host import AUSequenceType, FaceType, check_numbers, io, schema, to_audio


class Editor(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadEditor",
            display_name="AU Editor",
            description="Changes a performance by hand: key frames, stronger and weaker parts, presets and emotions "
            "over time.",
            search_aliases=["curves", "keyframes", "expression editor", "action units"],
            is_output_node=True,
            inputs=[
                AUSequenceType.Input(
                    "au",
                    optional=True,
                    tooltip="The performance to edit. Leave it unconnected to build one from the portrait's own face.",
                ),
                FaceType.Input(
                    "face",
                    optional=True,
                    tooltip="For the curve editor of a later version, which will show this face; does nothing now.",
                ),
                io.Audio.Input(
                    "audio", optional=True, tooltip="The speech. Without au it sets the length of the performance."
                ),
                io.Float.Input(
                    "seconds",
                    default=4.0,
                    min=0.04,
                    max=3600.0,
                    step=0.1,
                    tooltip="Length in seconds when neither au nor audio is connected.",
                ),
                io.String.Input(
                    "edits",
                    default="",
                    multiline=True,
                    tooltip="The edits as text in JSON; the help of this node has an example. Leave it empty to change "
                    "nothing; copy it to use the same edits elsewhere.",
                ),
            ],
            outputs=[AUSequenceType.Output(display_name="au")],
        )

    @classmethod
    def execute(cls, seconds: float, edits: str, au=None, face=None, audio=None) -> io.NodeOutput:
        check_numbers(cls, seconds=seconds)
        if au is None:
            frames = to_audio(audio).frames if audio is not None else max(1, round(seconds * 25))
            au = AUSequence.zeros(frames, source="editor")
        return io.NodeOutput(apply_edits(au, parse_edits(edits)))
