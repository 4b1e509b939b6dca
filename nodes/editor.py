"""AU Editor: edits a performance by hand. Its curves are web/auhead.js; what they stand on is sent with every run."""

import hashlib

from ..auhead_models.au import AUSequence
from ..auhead_models.au.edits import apply_edits, parse_edits
from ..auhead_models.editor import performance_payload, sound_payload, write_sound
from ..auhead_models.face.face import Face
from ..auhead_models.face.preview import preview_payload
from ..auhead_models.speech import Audio
from .host import AUSequenceType, FaceType, check_numbers, io, schema, temporary_file, to_audio


class Editor(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadEditor",
            display_name="AU Editor",
            description="Changes a performance by hand, with the face before your eyes: curves to draw, emotions and "
            "gestures to drop, stronger and weaker parts. Run it once to see what you edit.",
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
                    tooltip="The face to show in the editor. Without it a head of nobody acts.",
                ),
                io.Audio.Input(
                    "audio",
                    optional=True,
                    tooltip="The speech, to be heard in the editor. Without au it sets the length of the performance.",
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
                    tooltip="The edits as text in JSON, which the editor writes: File, Edits as text. Empty changes "
                    "nothing; the help of this node has an example.",
                ),
            ],
            outputs=[AUSequenceType.Output(display_name="au")],
        )

    @classmethod
    def execute(cls, seconds: float, edits: str, au=None, face=None, audio=None) -> io.NodeOutput:
        check_numbers(cls, seconds=seconds)
        sound = None if audio is None else to_audio(audio)
        if au is None:
            frames = sound.frames if sound is not None else max(1, round(seconds * 25))
            au = AUSequence.zeros(frames, source="editor")
        edited = apply_edits(au, parse_edits(edits))
        return io.NodeOutput(edited, ui={"auhead_editor": [_shown(au, face, sound)]})


def _shown(au: AUSequence, face: Face | None, sound: Audio | None) -> dict:
    """What the editor in the browser draws beneath its edits."""
    shown = {"performance": performance_payload(au), "portrait": None if face is None else preview_payload(face)}
    if sound is not None:
        name = hashlib.sha1(sound.samples.tobytes() + str(sound.sample_rate).encode()).hexdigest()[:20]
        path, address = temporary_file(f"{name}.flac")
        write_sound(sound, path)
        shown |= {"peaks": sound_payload(sound), "sound": address}
    return shown
