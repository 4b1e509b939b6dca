"""Speech → Expression: listens to speech and writes the performance."""

import numpy as np

from ..auhead_models.alm.listen import Performance, Wishes, listen
from ..auhead_models.au import AUSequence
from ..auhead_models.au.emotions import EMOTIONS
from ..auhead_models.au.formats import parse_emotion_script
from ..auhead_models.speech import Audio, Heard, SpeechOptions, hear, speech_to_au, to_speech
from ..auhead_models.threads import half_the_threads
from .host import ALMType, AUSequenceType, io, one_of, progress, schema, stop_if_cancelled, to_audio

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
                    tooltip="An audio-language model from Load AUHead, which names the emotion and writes the "
                    "expression. Leave it unconnected to choose the emotion yourself.",
                ),
                io.Combo.Input(
                    "emotion",
                    options=[AUTO, *EMOTIONS],
                    default=AUTO,
                    tooltip="The emotion of the whole recording. auto is what the audio-language model hears, and "
                    "neutral when it is unsure or none is connected; choose one to decide yourself.",
                ),
                io.Combo.Input(
                    "level",
                    options=list(LEVELS),
                    default=AUTO,
                    tooltip="How strongly the emotion is felt: 1 a hint, 2 clear, 3 as strong as it gets. auto is what "
                    "the audio-language model hears, and 2 when none is connected.",
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
                    tooltip="How freely the audio-language model plays: 0 the likeliest expression, 1 another take for "
                    "every seed. Raise it for variety; does nothing when none is connected.",
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
                    tooltip="What is said, in English. Guides the lips where the package pocketsphinx is installed; "
                    "leave it unconnected otherwise.",
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
            transcript=transcript or "",
        )
        sound = to_audio(audio)
        stop_if_cancelled()
        heard = None
        if alm is not None and not spans:
            wishes = Wishes(
                emotion=None if emotion == AUTO else emotion,
                level=None if level == AUTO else int(level),
                temperature=temperature,
                seed=seed,
            )
            heard = _listen(alm, sound, wishes)
        report = progress(1)
        ears = hear(to_speech(sound), sound.frames, progress=report)
        performance = speech_to_au(sound, options, seed, heard.expression if heard else None, report, ears)
        emotions = performance.spans if heard else options.emotions
        return io.NodeOutput(
            performance,
            ", ".join(dict.fromkeys(span.emotion for span in emotions)),
            " ".join(
                [
                    _describe(performance, options, heard, alm.name if heard else "", emotion == AUTO),
                    *_remarks(sound, ears, heard),
                ]
            ),
        )


def _listen(alm, sound: Audio, wishes: Wishes) -> Performance:
    """What the connected model hears, on the device that ComfyUI chose."""
    backend, held = alm.opened
    held.place(backend.network, memory=backend.memory)
    with half_the_threads():
        return listen(backend, sound, wishes, progress(1))


def _describe(
    performance: AUSequence, options: SpeechOptions, heard: Performance | None, model: str, asked: bool
) -> str:
    """asked: whether the emotion was left to the model."""
    length = f"{performance.seconds:.1f} s, {len(performance)} frames at {performance.fps:g} fps"
    if heard is None:
        told = ", then ".join(f"{span.emotion} (level {span.level})" for span in options.emotions) + "."
    else:
        told = f"{model} {'hears' if asked else 'plays'} {heard.thought}."
        if asked and not heard.remark:
            sure = int(np.argmax(heard.emotions))
            played = any(span.emotion == EMOTIONS[sure] for span in heard.expression.spans)
            doubt = "" if played else ", too unsure to be played"
            told += f" Likeliest over all: {EMOTIONS[sure]}, {heard.emotions[sure]:.0%}{doubt}."
        if not heard.wrote_units:
            told += " It knows no AU tokens: the face follows the emotion's prototype and the voice."
    return f"{length}; {told}"


def _remarks(sound: Audio, ears: Heard, heard: Performance | None) -> list[str]:
    """What a user should know about the recording, in sentences."""
    found = []
    if sound.silent:
        found.append("The recording is silent.")
    elif not ears.speaks:
        found.append("No speech is heard in the recording.")
    if heard is not None and heard.remark:
        found.append(heard.remark)
    elif sound.clipped:
        found.append("The recording is clipped.")
    return found
