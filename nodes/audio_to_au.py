"""Speech → Expression: listens to speech and writes the performance."""

from ..auhead_models.au import AUSequence
from ..auhead_models.au.emotions import EMOTIONS
from ..auhead_models.au.formats import parse_emotion_script
from ..auhead_models.speech import SpeechOptions, speech_to_au
from .host import ALMType, AUSequenceType, io, one_of, schema, stop_if_cancelled, to_audio

AUTO = "auto"
LEVELS = (AUTO, "1", "2", "3")


def _strength(name: str, tooltip: str) -> io.Float.Input:
    return io.Float.Input(name, default=1.0, min=0.0, max=2.0, step=0.05, tooltip=tooltip)


class AudioToAU(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadAudioToAU",
            display_name="Speech → Expression (AU, ALM)",
            description="Turns speech into a performance: curves of Action Units for emotion, lips, blinks, gaze and "
            "head motion.",
            search_aliases=["audio to AU", "lip sync", "talking head", "action units", "emotion"],
            inputs=[
                io.Audio.Input("audio", tooltip="A recording of speech, of any rate and number of channels."),
                ALMType.Input(
                    "alm",
                    optional=True,
                    tooltip="An audio-language model that hears the emotion. This version runs none yet: leave it "
                    "unconnected and choose the emotion yourself.",
                ),
                io.Combo.Input(
                    "emotion",
                    options=[AUTO, *EMOTIONS],
                    default=AUTO,
                    tooltip="The emotion of the whole recording. Choose one: auto is neutral as long as no "
                    "audio-language model listens.",
                ),
                io.Combo.Input(
                    "level",
                    options=list(LEVELS),
                    default=AUTO,
                    tooltip="How strongly the emotion is felt: 1 a hint, 2 clear, 3 as strong as it gets. auto is 2 as "
                    "long as no audio-language model listens.",
                ),
                _strength(
                    "expression",
                    "Strength of the emotion in the face. Lower it for a calm speaker, raise it for theatre; 0 leaves "
                    "only speech.",
                ),
                _strength(
                    "articulation",
                    "How far the mouth moves. Raise it when the lips look lazy, lower it when they move too "
                    "much; 0 keeps them still.",
                ),
                _strength(
                    "blinks", "How often the eyes blink. Lower it when blinks distract; 0 is never, 2 twice as often."
                ),
                _strength(
                    "gaze",
                    "How much the eyes wander. Lower it for a speaker who looks into the camera; 0 looks straight "
                    "ahead.",
                ),
                _strength(
                    "head_motion",
                    "How much the head moves. Lower it when the background bends along; 0 keeps it still.",
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=2**53 - 1,
                    control_after_generate=True,
                    tooltip="Another number gives other blinks, glances and head motion. Fix it to keep a take while "
                    "you change the rest.",
                ),
                io.Float.Input(
                    "temperature",
                    default=0.0,
                    min=0.0,
                    max=2.0,
                    step=0.05,
                    tooltip="How freely an audio-language model interprets the speech. Does nothing in this version; "
                    "leave it at 0.",
                ),
                io.String.Input(
                    "emotion_script",
                    optional=True,
                    force_input=True,
                    tooltip='Emotions in time, one a line, for speech whose emotion changes: "0.0 happy 2" is happy at '
                    "level 2 from 0 s on. Overrides emotion and level.",
                ),
                io.String.Input(
                    "transcript",
                    optional=True,
                    force_input=True,
                    tooltip="What is said, for an audio-language model to read along. Does nothing in this version; "
                    "leave it unconnected.",
                ),
            ],
            outputs=[
                AUSequenceType.Output(display_name="au"),
                io.String.Output(display_name="emotion"),
                io.String.Output(display_name="description"),
            ],
        )

    @classmethod
    def execute(
        cls,
        audio,
        emotion,
        level,
        expression,
        articulation,
        blinks,
        gaze,
        head_motion,
        seed,
        temperature,
        alm=None,
        emotion_script=None,
        transcript=None,
    ) -> io.NodeOutput:
        if alm is not None:
            raise alm.missing("leave the input alm unconnected and choose the emotion yourself")
        spans = (
            parse_emotion_script(emotion_script, "the input emotion_script") if (emotion_script or "").strip() else ()
        )
        options = SpeechOptions(
            emotion="neutral" if emotion == AUTO else emotion,
            level=2 if one_of(level, LEVELS, "level") == AUTO else int(level),
            spans=spans,
            expression=expression,
            articulation=articulation,
            blinks=blinks,
            gaze=gaze,
            head_motion=head_motion,
        )
        sound = to_audio(audio)
        stop_if_cancelled()
        performance = speech_to_au(sound, options, seed)
        heard = ", ".join(dict.fromkeys(span.emotion for span in options.emotions))
        return io.NodeOutput(performance, heard, _describe(performance, options, sound.silent))


def _describe(performance: AUSequence, options: SpeechOptions, silent: bool) -> str:
    emotions = ", then ".join(f"{span.emotion} (level {span.level})" for span in options.emotions)
    length = f"{performance.seconds:.1f} s, {len(performance)} frames at {performance.fps:g} fps"
    return f"{length}; {emotions}." + (" The recording is silent." if silent else "")
