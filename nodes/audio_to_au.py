"""Speech → Expression: listens to speech and writes the performance."""

from ..auhead_models.au.emotions import EMOTIONS
from ..auhead_models.au.formats import parse_emotion_script
from ..auhead_models.speech import SpeechOptions, speech_to_au
from .host import ALMType, AUSequenceType, io, schema, stop_if_cancelled, to_audio

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
            description="Turns speech into Action Unit curves: emotion, lips, blinks, gaze and head motion.",
            search_aliases=["audio to AU", "lip sync", "talking head", "action units", "emotion"],
            inputs=[
                io.Audio.Input("audio", tooltip="One recording of speech, of any rate and number of channels."),
                ALMType.Input(
                    "alm",
                    optional=True,
                    tooltip="The audio-language model that hears the emotion. Without it the emotion is the one you "
                    "choose.",
                ),
                io.Combo.Input(
                    "emotion",
                    options=[AUTO, *EMOTIONS],
                    default=AUTO,
                    tooltip="The emotion of the whole recording. auto asks the audio-language model; without one "
                    "it is neutral.",
                ),
                io.Combo.Input(
                    "level",
                    options=list(LEVELS),
                    default=AUTO,
                    tooltip="How strongly the emotion is felt: 1 a hint, 2 clear, 3 as strong as it gets. auto is 2 "
                    "without an audio-language model.",
                ),
                _strength("expression", "Strength of the emotion's curves. Lower it for calm, raise it for theatre."),
                _strength("articulation", "How far the mouth moves. Raise it for clear speech, lower it for mumbling."),
                _strength("blinks", "How often the eyes blink; 0 never."),
                _strength("gaze", "How much the eyes wander; 0 looks straight ahead."),
                _strength("head_motion", "How much the head moves; 0 keeps it still."),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=2**53 - 1,
                    control_after_generate=True,
                    tooltip="Another number gives other blinks, glances and head motion.",
                ),
                io.Float.Input(
                    "temperature",
                    default=0.0,
                    min=0.0,
                    max=2.0,
                    step=0.05,
                    tooltip="How freely the audio-language model writes; 0 always writes the likeliest. Without one it "
                    "does nothing.",
                ),
                io.String.Input(
                    "emotion_script",
                    optional=True,
                    force_input=True,
                    tooltip='Emotions in time, one a line: "0.0 happy 2" is happy from 0 s on at level 2. Overrides '
                    "emotion.",
                ),
                io.String.Input(
                    "transcript",
                    optional=True,
                    force_input=True,
                    tooltip="What is said. The audio-language model reads it along; without one it does nothing.",
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
            level=2 if level == AUTO else int(level),
            spans=spans,
            expression=expression,
            articulation=articulation,
            blinks=blinks,
            gaze=gaze,
            head_motion=head_motion,
        )
        stop_if_cancelled()
        performance = speech_to_au(to_audio(audio), options, seed)
        heard = ", ".join(dict.fromkeys(span.emotion for span in options.emotions))
        return io.NodeOutput(performance, heard, _describe(performance, options))


def _describe(performance, options: SpeechOptions) -> str:
    emotions = ", then ".join(f"{span.emotion} (level {span.level})" for span in options.emotions)
    return f"{performance.seconds:.1f} s, {len(performance)} frames at {performance.fps:g} fps; {emotions}."
